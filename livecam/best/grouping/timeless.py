"""Which photos without a time are of one series: exported from a clip, or sent by a messenger that strips the time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from livecam.best.people.same_people import match_people
from livecam.best.records.frame import FrameRecord
from livecam.best.series.alignment import slide
from livecam.photos.capture_names import named_time
from livecam.photos.discover import natural_key


@dataclass(frozen=True, slots=True)
class TimelessSettings:
    """What is alike without a time.

    Measured on the 60 pairs of ``data/pairs``, one neutral and one smiling portrait each, in one studio, and on frames
    130 ms apart of 14 clips: with what stands here all of both are joined, and 27 % of the portraits of one person
    and the next. By the hash alone (12 bits) that would be 90 %; at a likeness of 0.85 5 %, but 2 % of the pairs part.
    """

    # Bits of 64 in which the hashes may differ, and the likeness that there must be then.
    max_bits: int = 12
    min_likeness: float = 0.75
    # This likeness does without the hash: of one portrait and another person's it is at most 0.86.
    surely_alike: float = 0.88
    # Where the name or several people say that it is one series: the same place. Set by hand.
    min_likeness_of_place: float = 0.4
    # Share of the picture that both must show: more than in a panorama. Set by hand.
    min_overlap: float = 0.6
    # Seconds that the times in two names may be apart: messengers name photos by when they were sent. Set by hand.
    max_apart_named_s: float = 600.0


_SETTINGS = TimelessSettings()
_FRAME_OF_CLIP = re.compile(r"^(.*(?:frame|still|scene|vlcsnap|thumb|out)[ _.\-]?)(\d+)$", re.IGNORECASE)
_NUMBERED = re.compile(r"^(.*?)(\d+)\)?$")


def same_series(before: FrameRecord, after: FrameRecord) -> bool:
    """Whether a photo goes on with the series of the one before it in the order of names."""
    if before.path is None or after.path is None or before.path.parent != after.path.parent:
        return False
    if _names_part(before.path, after.path):
        return False
    few_bits = (before.phash ^ after.phash).bit_count() <= _SETTINGS.max_bits
    if before.view is None or after.view is None:
        return few_bits
    move = slide(before.view, after.view, min_overlap=_SETTINGS.min_overlap)
    if move is None:  # nothing is to be seen in one of them, or one is turned
        return few_bits
    likeness = move.likeness
    if likeness >= _SETTINGS.surely_alike or (few_bits and likeness >= _SETTINGS.min_likeness):
        return True
    same_place = few_bits or likeness >= _SETTINGS.min_likeness_of_place
    return same_place and (_next_frame(before, after) or (_next_number(before, after) and _same_group(before, after)))


def in_order(path: Path) -> tuple[str, datetime, object]:
    """Sort photos without a time by folder, by the time in their names, and by these."""
    return str(path.parent), named_time(path.stem) or datetime.min, natural_key(path)  # noqa: DTZ901  of no zone


def _names_part(before: Path, after: Path) -> bool:
    one, other = named_time(before.stem), named_time(after.stem)
    return one is not None and other is not None and abs((one - other).total_seconds()) > _SETTINGS.max_apart_named_s


def same_place(before: FrameRecord, after: FrameRecord) -> bool:
    """Whether two photos surely show the same, though the camera may have turned a little."""
    if before.view is None or after.view is None:
        return False
    move = slide(before.view, after.view, min_overlap=_SETTINGS.min_overlap)
    return move is not None and move.likeness >= _SETTINGS.surely_alike


def _next_frame(before: FrameRecord, after: FrameRecord) -> bool:
    """Whether the names are those of frames that were exported from one clip."""
    here, there = (_FRAME_OF_CLIP.match(record.path.stem) if record.path else None for record in (before, after))
    same_size = (before.width, before.height) == (after.width, after.height)
    return here is not None and there is not None and here[1] == there[1] and same_size


def _next_number(before: FrameRecord, after: FrameRecord) -> bool:
    here, there = (_NUMBERED.match(record.path.stem) if record.path else None for record in (before, after))
    return here is not None and there is not None and here[1] == there[1] and int(there[2]) == int(here[2]) + 1


def _same_group(before: FrameRecord, after: FrameRecord) -> bool:
    """Whether as many people, two or more, stand in the same places: of one alone that is true of any portrait."""
    present = match_people((before, after))
    return len(present[0]) >= 2 and present[0].keys() == present[1].keys()
