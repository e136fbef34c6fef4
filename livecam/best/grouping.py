"""Which photos belong together: by the name that a camera gives a burst, by time, and by what they look like.

Every record is in exactly one group; a photo that belongs to no other is a group of one. Named bursts come first.
Photos with a capture time are joined to the one before if the same camera took it within the gap and it looks much
the same, or within half a second whatever it looks like. Photos without a time are joined to the one before in their
folder if they look nearly the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from livecam.best.records import FrameRecord
from livecam.photos.discover import natural_key


@dataclass(frozen=True, slots=True)
class GroupingSettings:
    """What belongs together. All set by hand: no labelled shoot says where its bursts begin."""

    # The longest pause within a burst, seconds.
    gap_s: float = 2.0
    # Photos that are no further apart are of one burst whatever they look like: nobody turns to another scene as fast.
    same_scene_s: float = 0.5
    # Bits of 64 in which the hashes of two pictures may differ: within the gap, and without a capture time.
    max_bits_within_gap: int = 22
    max_bits_without_time: int = 12
    # A longer clip that bears a photo's name is not the clip of a live photo, milliseconds. Phones record 3 s.
    max_live_photo_ms: float = 6000.0


# Each with what all names of one burst share as its first group that is not empty.
_BURST_NAMES = (
    re.compile(r"BURST(\d{9,})", re.IGNORECASE),  # 00001IMG_00001_BURST20190101120000123_COVER, DSC_0001_BURST2019…
    re.compile(r"^(.+?)[_.\- ]?BURST[_.\- ]?\d{1,4}(?!\d)", re.IGNORECASE),  # IMG_1234_BURST002, PXL_….BURST-01.COVER
    re.compile(r"^(\d{8}_\d{6})_\d{3}$"),  # 20190101_120000_003
    re.compile(r"^([A-Za-z_]{2,5}\d{3,5})(?:-\d{1,2})$"),  # DSC01234-2
)
_BURST_FOLDER = re.compile(r"burst[ _.\-]?\d", re.IGNORECASE)
_SETTINGS = GroupingSettings()
_NEVER = datetime.min  # noqa: DTZ901  compared with the camera's clock, which has no zone either


class PhotoGroup(NamedTuple):
    """The records of one group by their index, in the order of time, and its name."""

    name: str
    indices: tuple[int, ...]


def group_photos(records: Sequence[FrameRecord], settings: GroupingSettings = _SETTINGS) -> list[PhotoGroup]:
    """Group photos; the groups in the order of their first photo. Each record must have a path."""
    paths = [_path(record) for record in records]
    named: dict[tuple[Path, str], list[int]] = {}
    timed: list[int] = []
    timeless: list[int] = []
    for i, key in enumerate(_burst_keys(paths)):
        if key is not None:
            named.setdefault(key, []).append(i)
        else:
            (timeless if records[i].captured is None else timed).append(i)
    groups = [sorted(indices, key=lambda i: (_local(records[i]), natural_key(paths[i]))) for indices in named.values()]
    timed.sort(key=lambda i: (records[i].camera, _local(records[i]), natural_key(paths[i])))
    groups += _chained(timed, lambda before, after: _same_burst(records[before], records[after], settings))
    timeless.sort(key=lambda i: natural_key(paths[i]))
    groups += _chained(timeless, lambda before, after: _same_view(records[before], records[after], settings))
    groups.sort(key=min)
    return [PhotoGroup(name, tuple(indices)) for name, indices in zip(_names(groups, paths), groups, strict=True)]


def _path(record: FrameRecord) -> Path:
    if record.path is None:
        raise ValueError("a record without a path cannot be grouped")
    return record.path


def _burst_keys(paths: Sequence[Path]) -> list[tuple[Path, str] | None]:
    """Return for each path the burst that its name puts it in; None if no other photo bears that name."""
    keys = [_burst_key(path) for path in paths]
    bursts = {key for key in keys if key is not None}
    # "DSC01234" belongs to "DSC01234-2", which alone says that there is a burst.
    keys = [key or ((path.parent, path.stem) if (path.parent, path.stem) in bursts else None)
            for key, path in zip(keys, paths, strict=True)]  # fmt: skip
    counts = Counter(keys)
    return [key if counts[key] > 1 else None for key in keys]


def _burst_key(path: Path) -> tuple[Path, str] | None:
    for pattern in _BURST_NAMES:
        if match := pattern.search(path.stem):
            return path.parent, match[1]
    return (path.parent.parent, path.parent.name) if _BURST_FOLDER.search(path.parent.name) else None


def _local(record: FrameRecord) -> datetime:
    """The time on the camera's clock: an offset that only some of the cameras write must not part them."""
    return record.captured.replace(tzinfo=None) if record.captured else _NEVER


def _chained(indices: Sequence[int], belongs: Callable[[int, int], bool]) -> list[list[int]]:
    """Cut the sequence where a photo does not belong to the one before."""
    chains: list[list[int]] = []
    for i in indices:
        if chains and belongs(chains[-1][-1], i):
            chains[-1].append(i)
        else:
            chains.append([i])
    return chains


def _same_burst(before: FrameRecord, after: FrameRecord, settings: GroupingSettings) -> bool:
    pause_s = (_local(after) - _local(before)).total_seconds()
    if before.camera != after.camera or pause_s > settings.gap_s:
        return False
    # Without sub-seconds all photos of one second claim the same time.
    exact = pause_s > 0 and bool(_local(before).microsecond or _local(after).microsecond)
    same_scene = exact and pause_s <= settings.same_scene_s
    return same_scene or _differing_bits(before, after) <= settings.max_bits_within_gap


def _same_view(before: FrameRecord, after: FrameRecord, settings: GroupingSettings) -> bool:
    same_folder = _path(before).parent == _path(after).parent
    return same_folder and _differing_bits(before, after) <= settings.max_bits_without_time


def _differing_bits(record: FrameRecord, other: FrameRecord) -> int:
    return (record.phash ^ other.phash).bit_count()


def _names(groups: Sequence[Sequence[int]], paths: Sequence[Path]) -> list[str]:
    """Name each group after its first photo, and its folder where two would have the same name."""
    firsts = [paths[indices[0]] for indices in groups]
    stems = Counter(path.stem for path in firsts)
    return [path.stem if stems[path.stem] == 1 else f"{path.parent.name}/{path.stem}" for path in firsts]
