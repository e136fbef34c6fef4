"""The labels that were given by eye to pictures of the research data (``labels/``, see its README)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

LABELS = Path(__file__).parents[1] / "labels"
Part = Literal["test", "dev"]
State = Literal["open", "half", "closed"]
Batch = Literal["first", "second"]  # of the research data, see its README
BATCHES: tuple[Batch, ...] = ("first", "second")
FOLDERS = {"clips": "more/clips"}  # of a source, where it is not called the same
_SECOND = "more/"
_CLIP_SOURCES = ("videos", "clips")
CLIP_FOLDERS = tuple(FOLDERS.get(source, source) for source in _CLIP_SOURCES)


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A picture of the research data. file: below its folder.  frame: of a clip, counted from 0; -1: a still."""

    file: str
    frame: int = -1


@dataclass(frozen=True, slots=True)
class Burst:
    """Pictures of one person of which readers chose. where: the clip or the person.

    choose, never: indices into spots; what at least two readers call the best, all about equally good, and what at
    least two call good for nothing.  readers: what each of them chose and refused, by itself.
    """

    name: str
    where: str
    spots: tuple[Spot, ...]
    choose: frozenset[int]
    never: frozenset[int]
    readers: tuple[tuple[frozenset[int], frozenset[int]], ...] = ()

    @property
    def batch(self) -> Batch:
        """The batch of the research data that its pictures belong to."""
        return "second" if self.spots[0].file.startswith(_SECOND) else "first"

    def __post_init__(self) -> None:
        """Raise ValueError if nothing is chosen, if all is, or if a picture is both."""
        if not self.choose or len(self.choose) == len(self.spots) or self.choose & self.never:
            raise ValueError(f"burst {self.name} has no choice, or one that contradicts itself")


@dataclass(frozen=True, slots=True)
class Eyes:
    """The state of the subject's left and right eye in one picture. what: the kind of case, in words."""

    spot: Spot
    left: State
    right: State
    what: str


def bursts(part: Part) -> list[Burst]:
    """Return the labelled bursts for testing, or those to tune on."""
    read: dict[str, list[dict[str, str]]] = {}
    for row in label_rows("burst_readers.csv"):
        read.setdefault(row["burst"], []).append(row)
    found = []
    for row in label_rows("bursts.csv"):
        names = row["frames"].split()
        if row["set"] != part:
            continue
        clip = row["source"] in _CLIP_SOURCES
        spots = tuple(_spot(row["source"], row["file"], n) if clip else _spot(row["source"], n) for n in names)
        (chosen, refused), *readers = (_choice(names, one) for one in (row, *read[row["burst"]]))
        found.append(
            Burst(row["burst"], row["file"] if clip else row["person"], spots, chosen, refused, tuple(readers))
        )
    return found


def _choice(names: list[str], row: dict[str, str]) -> tuple[frozenset[int], frozenset[int]]:
    """Return what a row chooses and refuses, as indices into names."""
    return frozenset(map(names.index, row["choose"].split())), frozenset(map(names.index, row["never"].split()))


def eyes(part: Part) -> list[Eyes]:
    """Return the pictures whose eyes are labelled."""
    states: dict[str, State] = {"open": "open", "half": "half", "closed": "closed"}
    return [
        Eyes(_spot(row["source"], row["file"], row["frame"]), states[row["left"]], states[row["right"]], row["what"])
        for row in label_rows("eyes.csv")
        if row["set"] == part
    ]


def _spot(source: str, file: str, frame: str = "") -> Spot:
    return Spot(f"{FOLDERS.get(source, source)}/{file}", int(frame or -1))


def label_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of labels."""
    with (LABELS / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def labelled_spots() -> set[Spot]:
    """Return all pictures with a label of a burst or of eyes."""
    parts: tuple[Part, ...] = ("test", "dev")
    chosen = {spot for part in parts for burst in bursts(part) for spot in burst.spots}
    return chosen | {one.spot for part in parts for one in eyes(part)}
