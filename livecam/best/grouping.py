"""Which photos belong together: by the name that a camera gives a burst, by time, and by what they look like.

Every record is in exactly one group; a photo that has no fellow is a group of one. Named bursts come first. Photos
with a capture time are joined to the one before if the same camera took it within the gap and it looks much the
same, or within half a second whatever it looks like. Photos without a time are joined to the one before in their
folder if they look nearly the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from livecam.best.records import FrameRecord
from livecam.photos.discover import natural_key

GAP_S = 2.0
_AT_ONCE_S = 0.5  # nobody turns to another scene as fast as that
# Bits of 64 in which two pictures' hashes differ.
_MUCH_ALIKE, _NEARLY_THE_SAME = 22, 12
# Each with what all names of one burst share as its first group that is not empty.
_BURST_NAMES = (
    re.compile(r"BURST(\d{9,})", re.IGNORECASE),  # 00001IMG_00001_BURST20190101120000123_COVER, DSC_0001_BURST2019…
    re.compile(r"^(.+?)[_.\- ]?BURST[_.\- ]?\d{1,4}(?!\d)", re.IGNORECASE),  # IMG_1234_BURST002, PXL_….BURST-01.COVER
    re.compile(r"^(\d{8}_\d{6})_\d{3}$"),  # 20190101_120000_003
    re.compile(r"^([A-Za-z_]{2,5}\d{3,5})(?:-\d{1,2})$"),  # DSC01234-2
)
_BURST_FOLDER = re.compile(r"burst[ _.\-]?\d", re.IGNORECASE)
_NEVER = datetime.min  # noqa: DTZ901  compared with the camera's clock, which has no zone either


class Members(NamedTuple):
    """The records of one group by their index, in the order of time, and its name."""

    name: str
    indices: tuple[int, ...]


def group(records: Sequence[FrameRecord], *, gap_s: float = GAP_S) -> list[Members]:
    """Group photos; the groups in the order of their first photo. Each record must have a path.

    gap_s: the longest pause within a burst, seconds.
    """
    paths = [_path(record) for record in records]
    named: dict[tuple[Path, str], list[int]] = {}
    timed: list[int] = []
    timeless: list[int] = []
    for i, key in enumerate(_keys(paths)):
        if key is not None:
            named.setdefault(key, []).append(i)
        else:
            (timeless if records[i].captured is None else timed).append(i)
    found = [sorted(indices, key=lambda i: (_local(records[i]), natural_key(paths[i]))) for indices in named.values()]
    timed.sort(key=lambda i: (records[i].camera, _local(records[i]), natural_key(paths[i])))
    found += _chained(timed, lambda a, b: _same_moment(records[a], records[b], gap_s))
    timeless.sort(key=lambda i: natural_key(paths[i]))
    found += _chained(timeless, lambda a, b: _same_view(records[a], records[b]))
    found.sort(key=min)
    return [Members(name, tuple(indices)) for name, indices in zip(_names(found, paths), found, strict=True)]


def _path(record: FrameRecord) -> Path:
    if record.path is None:
        raise ValueError("a record without a path cannot be grouped")
    return record.path


def _keys(paths: Sequence[Path]) -> list[tuple[Path, str] | None]:
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


def _same_moment(before: FrameRecord, after: FrameRecord, gap_s: float) -> bool:
    pause = (_local(after) - _local(before)).total_seconds()
    if before.camera != after.camera or pause > gap_s:
        return False
    # Without sub-seconds all photos of one second claim the same time.
    exact = pause > 0 and bool(_local(before).microsecond or _local(after).microsecond)
    return (exact and pause <= _AT_ONCE_S) or _differ(before, after) <= _MUCH_ALIKE


def _same_view(before: FrameRecord, after: FrameRecord) -> bool:
    return _path(before).parent == _path(after).parent and _differ(before, after) <= _NEARLY_THE_SAME


def _differ(one: FrameRecord, other: FrameRecord) -> int:
    return (one.phash ^ other.phash).bit_count()


def _names(groups: Sequence[Sequence[int]], paths: Sequence[Path]) -> list[str]:
    """Name each group after its first photo, and its folder where two would have the same name."""
    firsts = [paths[indices[0]] for indices in groups]
    stems = Counter(path.stem for path in firsts)
    return [path.stem if stems[path.stem] == 1 else f"{path.parent.name}/{path.stem}" for path in firsts]
