"""Parts photos into shoots: what is in two of them can be neither one burst nor one photo, whatever it shows.

Of an archive only a shoot at a time is looked at then. Nothing but names, times and cameras is needed for it, and what
is close enough to be joined is in one shoot, so that all shoots together give the groups that all photos would give.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, pairwise, product
from pathlib import Path

from livecam.best.grouping.burst_names import burst_keys
from livecam.best.grouping.groups import CLOCK_BEGINS
from livecam.best.grouping.version_names import names_elsewhere, possible_bases
from livecam.photos.capture_names import folded, root_of
from livecam.photos.captures import distance
from livecam.photos.read import RAW_SUFFIXES


@dataclass(frozen=True, slots=True)
class ShootSettings:
    """Set by hand."""

    # Photos of one camera, or in one folder, that are no further apart are of one shoot. Within a burst or series there
    # are never more than 120 s, see ``series.settings``.
    gap_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class Taken:
    """What parts a photo from others. files: all of it, the one that stands for it first.  captured, camera: of it."""

    files: tuple[Path, ...]
    captured: datetime | None
    camera: str


_SETTINGS = ShootSettings()


def part_into_shoots(photos: Sequence[Taken]) -> list[list[int]]:
    """Return the shoots as indices of photos, each in their order; the shoots in the order of their first photo."""
    parts = _Parts(len(photos))
    for together in chain(_close_in_time(photos), _whatever_its_time(photos), _of_one_name(photos)):
        for one, other in pairwise(together):
            parts.join(one, other)
    return parts.all()


def _close_in_time(photos: Sequence[Taken]) -> Iterator[list[int]]:
    """Yield what one camera took, or what lies in one folder, without a long pause; times may be of two clocks."""
    timed: dict[Hashable, list[int]] = {}
    for i, photo in enumerate(photos):
        if photo.captured is not None:
            for key in dict.fromkeys((photo.camera, *(file.parent for file in photo.files))):
                timed.setdefault(key, []).append(i)
    for indices in timed.values():
        for clock in (_camera_clock, _world_clock):
            times = sorted((time, i) for i in indices if (time := clock(photos[i])) is not None)
            yield from _without_pause(times, _SETTINGS.gap_s)


def _whatever_its_time(photos: Sequence[Taken]) -> Iterator[list[int]]:
    """Yield what belongs together by the name of its burst, its folder where it has no time, its camera's clock."""
    together: dict[Hashable, list[int]] = {}
    for i, (photo, burst) in enumerate(zip(photos, burst_keys([photo.files[0] for photo in photos]), strict=True)):
        keys: list[Hashable] = [] if burst is None else [("burst", burst)]
        unset = photo.captured is not None and photo.captured.year in CLOCK_BEGINS
        if photo.captured is None or unset:
            keys += [("timeless", file.parent) for file in photo.files]
        if unset:
            keys.append(("clock", photo.camera))
        for key in dict.fromkeys(keys):
            together.setdefault(key, []).append(i)
    yield from together.values()


def _of_one_name(photos: Sequence[Taken]) -> Iterator[list[int]]:
    """Yield what may be versions of one photo, or a raw file and its picture, by their names."""
    named: dict[str, list[int]] = {}
    versions: dict[Hashable, list[int]] = {}
    for i, photo in enumerate(photos):
        names = names_elsewhere(root_of(photo.files[0].stem))
        named.setdefault(names[0], []).append(i)
        if photo.captured is not None:  # an edit in another folder, which may leave out what the camera was
            moment = photo.captured.replace(tzinfo=None, microsecond=0)
            for name in names:
                versions.setdefault((name, moment), []).append(i)
    yield from versions.values()
    yield from _with_additions(photos)
    for indices in named.values():
        raw = [i for i in indices if photos[i].files[0].suffix.lower() in RAW_SUFFIXES]
        for one, other in product(raw, indices if 0 < len(raw) < len(indices) else ()):
            if distance(photos[one].files[0].parent, photos[other].files[0].parent) in {1, 2}:
                yield [one, other]


def _with_additions(photos: Sequence[Taken]) -> Iterator[list[int]]:
    """Yield a photo with one in its folder whose name it bears with something added: each tells what the other is."""
    lying = {(file.parent, folded(root_of(file.stem))): i for i, photo in enumerate(photos) for file in photo.files}
    for i, photo in enumerate(photos):
        for file in photo.files:
            for base in possible_bases(root_of(file.stem)):
                if (plain := lying.get((file.parent, folded(base)))) is not None:
                    yield [plain, i]


def _without_pause(times: Sequence[tuple[datetime, int]], gap_s: float) -> Iterator[list[int]]:
    for (before, one), (after, other) in pairwise(times):
        if (after - before).total_seconds() <= gap_s:
            yield [one, other]


def _camera_clock(photo: Taken) -> datetime | None:
    return None if photo.captured is None else photo.captured.replace(tzinfo=None)


def _world_clock(photo: Taken) -> datetime | None:
    return None if photo.captured is None or photo.captured.tzinfo is None else photo.captured.astimezone(UTC)


class _Parts:
    """Items, each in a part of its own until two are joined."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def join(self, one: int, other: int) -> None:
        first, second = sorted((self._root(one), self._root(other)))
        self._parent[second] = first

    def all(self) -> list[list[int]]:
        """The parts in the order of their first item, each in order."""
        parts: dict[int, list[int]] = {}
        for item in range(len(self._parent)):
            parts.setdefault(self._root(item), []).append(item)
        return list(parts.values())

    def _root(self, item: int) -> int:
        while self._parent[item] != item:
            self._parent[item] = self._parent[self._parent[item]]
            item = self._parent[item]
        return item
