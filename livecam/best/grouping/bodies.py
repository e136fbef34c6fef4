"""Which photos one camera took: two phones of one model name no serial number, but count their files apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from livecam.best.records.frame import FrameRecord


@dataclass(frozen=True, slots=True)
class BodySettings:
    """Set by hand."""

    # Files that a camera may have counted between two photos of one burst: some are deleted, some are raw files.
    max_numbers_between: int = 50


_SETTINGS = BodySettings()
# IMG_0042, and its edit IMG_E0042; more digits are a time.
_COUNTER = re.compile(r"^(|.*?[^\dE]|.*?[^\d_]E)E?(\d{3,5})$")
_CARD_FOLDER = re.compile(r"^\d{3}\w{5}$")  # 100CANON, then 101CANON: one camera fills one after the other


def bodies(records: Sequence[FrameRecord], indices: Sequence[int]) -> list[list[int]]:
    """Part indices, of records of one make, model and serial number in the order of time, by the camera."""
    parts: list[list[int]] = []
    place: dict[int, int] = {}  # in the order of time
    for i in indices:
        place[i] = len(place)
        fitting = [part for part in parts if same_body(records[part[-1]], records[i])]
        if fitting:  # what bears no number goes on with what was taken last
            min(fitting, key=lambda p: (_numbers_between(records[p[-1]], records[i]), -place[p[-1]])).append(i)
        else:
            parts.append([i])
    return parts


def same_body(record: FrameRecord, other: FrameRecord) -> bool:
    """Whether one camera may have taken two photos that name the same make, model and serial number, if any."""
    if record.camera != other.camera:
        return False
    if record.exposure.serial:
        return True
    if _other_lens(record, other) or _other_folder(record.path, other.path):
        return False
    here, there = _counter(record.path), _counter(other.path)
    if here is None or there is None:
        return True
    return here[0] == there[0] and _numbers_between(record, other) <= _SETTINGS.max_numbers_between


def _other_lens(record: FrameRecord, other: FrameRecord) -> bool:
    """Nobody changes a lens within a burst; a phone only turns to the next: "iPhone 15 Pro back triple camera …"."""
    lenses = record.exposure.lens, other.exposure.lens
    return all(lenses) and lenses[0] != lenses[1] and not all("camera" in lens.lower() for lens in lenses)


def _other_folder(path: Path | None, other: Path | None) -> bool:
    """Whether two files lie in folders beside each other, which are not two of one card."""
    if path is None or other is None or path.parent == other.parent:
        return False
    here, there = path.parent, other.parent
    nested = here in there.parents or there in here.parents
    one_card = here.parent == there.parent and all(_CARD_FOLDER.match(folder.name) for folder in (here, there))
    return not nested and not one_card


def _counter(path: Path | None) -> tuple[str, int, int] | None:
    """What a camera puts before its counter, the counter, and the number at which it begins anew."""
    match = _COUNTER.match(path.stem) if path is not None else None
    # A time that somebody put in front of the name is another for each photo.
    return (re.sub(r"\d", "0", match[1]), int(match[2]), int(10 ** len(match[2]))) if match else None


def _numbers_between(record: FrameRecord, other: FrameRecord) -> int:
    here, there = _counter(record.path), _counter(other.path)
    if here is None or there is None:
        return 0
    apart = abs(here[1] - there[1])
    return min(apart, abs(here[2] - apart))
