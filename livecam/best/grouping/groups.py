"""Which photos belong together: by time, camera, the names that cameras give bursts, and what they show.

Every record is in exactly one group; a photo that belongs to no other is a group of one. No clue joins alone what
another parts: photos with the name of one burst must have been taken one after the other; of the others each is
joined to one that the same camera took within the gap and that looks much the same, or within half a second if both
show people. What was taken to be merged is a group of its own, see ``series``. Photos without a time are joined to
the one before in their folder if they show the same, see ``timeless``, or go on with a panorama.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from livecam.best.grouping.bodies import bodies
from livecam.best.grouping.burst_names import burst_keys, merged_from
from livecam.best.grouping.timeless import in_order, same_place, same_series
from livecam.best.records.frame import FrameRecord
from livecam.best.series.find import find_series
from livecam.best.series.panoramas import has_slid
from livecam.best.series.settings import Kind
from livecam.photos.discover import natural_key
from livecam.photos.live_clips import LiveClipSettings


@dataclass(frozen=True, slots=True)
class GroupingSettings:
    """What belongs together. All set by hand: no labelled shoot says where its bursts begin."""

    # The longest pause within a burst, seconds.
    gap_s: float = 2.0
    # Photos of people that are no further apart are of one burst though they look different: somebody jumps, or the
    # photographer zooms. Nobody turns to other people as fast.
    same_scene_s: float = 0.5
    # The longest pause within a burst that the camera's names tell, seconds; the buffer may be full in between.
    named_gap_s: float = 10.0
    # Bits of 64 in which the hashes of two pictures may differ within the gap.
    max_bits_within_gap: int = 22
    # A longer clip that bears a photo's name is not the clip of a live photo, milliseconds. Phones record 3 s.
    max_live_photo_ms: float = LiveClipSettings().max_ms


_SETTINGS = GroupingSettings()
_NEVER = datetime.min  # noqa: DTZ901  compared with the camera's clock, which has no zone either
CLOCK_BEGINS = frozenset((1904, 1970, 1980, 2000))  # 1 January of these, 0:00:00


class PhotoGroup(NamedTuple):
    """The records of one group by their index, in the order of time, its name, and what it is."""

    name: str
    indices: tuple[int, ...]
    kind: Kind = Kind.BURST


def group_photos(records: Sequence[FrameRecord], settings: GroupingSettings = _SETTINGS) -> list[PhotoGroup]:
    """Group photos; the groups in the order of their first photo. Each record must have a path."""
    paths = [_path(record) for record in records]
    named: dict[tuple[Path, str], list[int]] = {}
    timed: list[int] = []
    timeless: list[int] = []
    unset = _with_unset_clocks(records)
    for i, key in enumerate(burst_keys(paths)):
        if key is not None:
            named.setdefault(key, []).append(i)
        else:
            (timeless if records[i].captured is None or i in unset else timed).append(i)
    groups: list[tuple[Kind, list[int]]] = []
    for indices in named.values():
        by_time = sorted(indices, key=lambda i: (_clock(records[i]), natural_key(paths[i])))
        groups += _of_any_kind(records, _chained(by_time, _all_within(records, settings.named_gap_s)))
    for indices in _by_camera(records, timed):
        groups += _timed_groups(records, indices, settings)
    timeless.sort(key=lambda i: in_order(paths[i]))
    views = _chained(timeless, lambda before, after: same_series(records[before], records[after]))
    for indices in views:
        groups += _timeless_groups(records, indices)
    groups.sort(key=lambda group: min(group[1]))
    names = names_after([paths[indices[0]] for _, indices in groups])
    return [
        PhotoGroup(name, tuple(indices), kind if len(indices) > 1 else Kind.SINGLE)
        for name, (kind, indices) in zip(names, groups, strict=True)
    ]


def _with_unset_clocks(records: Sequence[FrameRecord]) -> set[int]:
    """The photos of cameras whose clock stands at its beginning: of one that runs from there a later photo tells."""
    clocks: dict[str, set[datetime]] = {}
    for record in records:
        if record.captured is not None:
            clocks.setdefault(record.camera, set()).add(_clock(record))
    begins = {datetime(year, 1, 1) for year in CLOCK_BEGINS}  # noqa: DTZ001  a camera's clock
    runs = {
        camera
        for camera, times in clocks.items()
        if any(time.year in CLOCK_BEGINS and time not in begins for time in times)
    }
    return {i for i, record in enumerate(records) if record.camera not in runs and _clock(record) in begins}


def _by_camera(records: Sequence[FrameRecord], indices: Sequence[int]) -> list[list[int]]:
    """Part photos by make, model and serial number, each part in the order of time."""
    cameras: dict[str, list[int]] = {}
    for i in indices:
        cameras.setdefault(records[i].camera, []).append(i)
    for of_camera in cameras.values():
        zoned = all(_is_zoned(records[i]) for i in of_camera)
        of_camera.sort(key=lambda i: (_clock(records[i], zoned=zoned), natural_key(_path(records[i]))))
    return list(cameras.values())


def _timed_groups(
    records: Sequence[FrameRecord], indices: Sequence[int], settings: GroupingSettings
) -> list[tuple[Kind, list[int]]]:
    """The series and bursts of photos that name the same camera, in the order of time."""
    groups: list[tuple[Kind, list[int]]] = []
    for of_body in bodies(records, indices):
        made_from = merged_from([_path(records[i]) for i in of_body])
        taken = [i for i in of_body if _path(records[i]) not in made_from]
        series = [(kind, [taken[i] for i in part]) for kind, part in find_series([records[i] for i in taken], pause_s)]
        in_series = {i for _, part in series for i in part}
        sources = {_path(records[i]) for i in in_series}
        merged = [i for i in of_body if made_from.get(_path(records[i])) in sources]
        rest = [i for i in of_body if i not in in_series and i not in merged]
        groups += series + [(Kind.SINGLE, [i]) for i in merged]
        groups += [(Kind.BURST, burst) for burst in _bursts(records, rest, settings)]
    return groups


def _timeless_groups(records: Sequence[FrameRecord], indices: Sequence[int]) -> list[tuple[Kind, list[int]]]:
    """The series among photos without a time that show the same, and the rest: a sweep must not lose its tiles."""
    series = [
        (kind, [indices[i] for i in part]) for kind, part in find_series([records[i] for i in indices], lambda *_: 0.0)
    ]
    in_series = {i for _, part in series for i in part}
    rest = [i for i in indices if i not in in_series]
    return [*series, *([(Kind.BURST, rest)] if rest else [])]


def _bursts(records: Sequence[FrameRecord], indices: Sequence[int], settings: GroupingSettings) -> list[list[int]]:
    """Join each photo to the burst that it goes on with, of those that have not ended.

    There may be two: phones of one model that nothing tells apart but what they show.
    """
    ended: list[list[int]] = []
    open_: list[list[int]] = []
    for i in indices:
        going_on = [burst for burst in open_ if abs(pause_s(records[burst[-1]], records[i])) <= settings.gap_s]
        ended += [burst for burst in open_ if burst not in going_on]
        open_ = going_on
        fitting = [burst for burst in open_ if _same_burst(records[burst[-1]], records[i], settings)]
        if fitting:
            min(fitting, key=lambda burst: _differing_bits(records[burst[-1]], records[i])).append(i)
        else:
            open_.append([i])
    return ended + open_


def _of_any_kind(records: Sequence[FrameRecord], bursts: Sequence[list[int]]) -> Iterator[tuple[Kind, list[int]]]:
    """Say of each named burst whether it was taken to be merged."""
    for burst in bursts:
        members = [records[i] for i in burst]
        series = find_series(members, pause_s) if all(record.captured for record in members) else []
        whole = len(series) == 1 and len(series[0][1]) == len(burst)
        yield (series[0][0] if whole else Kind.BURST), burst


def _all_within(records: Sequence[FrameRecord], gap_s: float) -> Callable[[int, int], bool]:
    """Whether one camera may have taken two photos in one go, as far as they say when, and by which."""

    def belongs(before: int, after: int) -> bool:
        here, there = records[before], records[after]
        in_time = here.captured is None or there.captured is None or abs(pause_s(here, there)) <= gap_s
        return in_time and (not here.camera or not there.camera or here.camera == there.camera)

    return belongs


def _path(record: FrameRecord) -> Path:
    if record.path is None:
        raise ValueError("a record without a path cannot be grouped")
    return record.path


def pause_s(before: FrameRecord, after: FrameRecord) -> float:
    """Seconds from one photo to the next, both with a time.

    By the world's clock if both name an offset, else by the camera's: an offset that only some of the photos have must
    not part them, and the night in which the clocks go back must not join what is an hour apart.
    """
    zoned = _is_zoned(before) and _is_zoned(after)
    return (_clock(after, zoned=zoned) - _clock(before, zoned=zoned)).total_seconds()


def _is_zoned(record: FrameRecord) -> bool:
    return record.captured is not None and record.captured.tzinfo is not None


def _clock(record: FrameRecord, *, zoned: bool = False) -> datetime:
    """The time on the camera's clock, or, zoned, on the world's; without a zone, to be compared with others."""
    if record.captured is None:
        return _NEVER
    return (record.captured.astimezone(UTC) if zoned else record.captured).replace(tzinfo=None)


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
    """Of two photos of one camera, within the gap."""
    if not before.faces and not after.faces and has_slid(before, after) is not None:
        return False  # two pictures side by side: of a landscape neither is a better one of the same
    if _differing_bits(before, after) <= settings.max_bits_within_gap:
        return True
    if not before.faces or not after.faces:
        return False
    # Without sub-seconds all photos of one second claim the same time.
    pause = pause_s(before, after)
    exact = pause > 0 and bool(_clock(before).microsecond or _clock(after).microsecond)
    return (exact and pause <= settings.same_scene_s) or same_place(before, after)


def _differing_bits(record: FrameRecord, other: FrameRecord) -> int:
    return (record.phash ^ other.phash).bit_count()


def names_after(firsts: Sequence[Path]) -> list[str]:
    """Name each group after its first photo, and its folder where two would have the same name."""
    stems = Counter(path.stem for path in firsts)
    return [path.stem if stems[path.stem] == 1 else f"{path.parent.name}/{path.stem}" for path in firsts]
