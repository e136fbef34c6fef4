"""What a person says of each picture: on the page, in lists, by the stars and rejects that stand in files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from livecam.best.choices.choice import Choice, Choices, Flag, Source
from livecam.best.choices.chosen_photos import locate
from livecam.best.ranking.human_choice import HumanMarks

Key = tuple[str, int | None]  # a photo's absolute path, None; or a clip's, and the frame's time in milliseconds


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one picture.

    flag: whether it is wanted; by_person: as a person says.  stars: by a person.  time_s: when it was said, as far as
    the file tells where it stands, seconds since 1970; None: unknown.
    """

    flag: Flag = Flag.NEITHER
    by_person: bool = False
    stars: int = 0
    time_s: float | None = None

    @property
    def anything(self) -> bool:
        """Whether a person has said anything."""
        return self.by_person or self.stars > 0


def key_of(path: Path, t_ms: float | None = None) -> Key:
    """Return what a picture is known by within a run."""
    return os.path.abspath(path), None if t_ms is None else round(t_ms)  # noqa: PTH100  links stay what they are


def said_in(choices: Choices, folders: Sequence[Path] = ()) -> tuple[dict[Key, Said], list[str]]:
    """Return what a page's choices or a list say of each photo that is there, and a line for each that is gone.

    What nothing is said of is among them: it was there to be chosen. folders: where photos may be by now.
    """
    located, failures = locate(choices, folders)
    time_s = _written_s(choices.file)
    return {key_of(path, choice.t_ms): _said(choice, time_s) for choice, path in located}, failures


def _said(choice: Choice, time_s: float) -> Said:
    """What a choice says; where nothing is said, nothing was said at any time."""
    said = Said(choice.flag, choice.by_person, choice.stars)
    return replace(said, time_s=time_s) if said.anything else said


def said_by(marks: HumanMarks) -> dict[Key, Said]:
    """Return what a person's stars and rejects in files say; livecam's own are none."""
    said: dict[Key, Said] = {}
    for path, found in marks.of.items():
        rating = marks.rating_of(path)
        if rating:
            flag = Flag.REJECT if rating < 0 else Flag.NEITHER
            time_s = max(map(_written_s, (place.path for place in found.places)), default=None)
            said[key_of(path)] = Said(flag, by_person=rating < 0, stars=max(rating, 0), time_s=time_s)
    return said


def _written_s(path: Path) -> float:
    """When a file was written last, seconds since 1970; 0 if it is gone."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def source_of(choices: Choices) -> str:
    """Return a lesson's word for where it was made."""
    return {Source.PAGE: "page", Source.KEEPERS: "page", Source.RATINGS: "ratings"}[choices.source]
