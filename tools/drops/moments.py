"""Where a watcher is killed: at any moment, or within the writing of a mark, of its page, or of its state."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self


class What(StrEnum):
    """What it is at."""

    ANYTHING = "anything"
    MARKS = "marks"
    PAGE = "page"
    STATE = "state"


class Step(StrEnum):
    """How far a file is: all is written under another name, which it keeps, or it has its own by now."""

    BEFORE = "before its name"
    AFTER = "after its name"


_MOST = {What.MARKS: 5, What.PAGE: 1, What.STATE: 4}  # files until the one; a page is written once all is quiet


@dataclass(frozen=True, slots=True)
class Moment:
    """number: of the files of this kind that a watcher writes, from 1."""

    what: What
    step: Step = Step.BEFORE
    number: int = 1

    def __str__(self) -> str:
        return f"{self.what}/{self.step}/{self.number}"

    @classmethod
    def of(cls, text: str) -> Self:
        """Undo ``str``."""
        what, step, number = text.split("/")
        return cls(What(what), Step(step), int(number))


def draw_moments(count: int, chance: random.Random, only: What | None = None) -> list[Moment]:
    """Return so many moments; with four or more each kind is among them."""
    kinds: list[What] = []
    while len(kinds) < count:
        kinds += [only] if only is not None else chance.sample(list(What), len(What))
    return [Moment(what, chance.choice(list(Step)), chance.randint(1, _MOST.get(what, 1))) for what in kinds[:count]]


def kind_of(place: Path) -> What | None:
    """What a watcher writes at place; None if it is nothing of these."""
    if place.suffix == ".xmp":
        return What.MARKS
    if place.suffix == ".html":
        return What.PAGE
    return What.STATE if place.suffix == ".json" and place.parent.name == "watch" else None


class Killer:
    """Hears of all that this process does with files (PEP 578), and ends it without a word when the moment has come."""

    def __init__(self, moment: Moment) -> None:
        self._moment, self._written, self._named = moment, 0, False

    def __call__(self, event: str, arguments: Sequence[object]) -> None:
        """See ``sys.addaudithook``."""
        if event == "os.kill":  # its own
            return
        if self._named:  # the first that is done once the file has its name
            os.kill(os.getpid(), signal.SIGKILL)
        if event not in {"os.rename", "os.link"} or kind_of(Path(os.fsdecode(arguments[1]))) != self._moment.what:  # type: ignore[arg-type]
            return
        self._written += 1
        if self._written == self._moment.number:
            if self._moment.step is Step.BEFORE:
                os.kill(os.getpid(), signal.SIGKILL)
            self._named = True


def arm(moment: Moment) -> None:
    """From now on this process ends at that moment."""
    sys.addaudithook(Killer(moment))
