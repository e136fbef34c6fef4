"""Which files are one exposure: a raw file, the JPEG and HEIC that the camera wrote with it, and a live photo's clip.

Found from names, folders and times together. Files of one exposure bear one name (but for what phones add) and have
one time and one camera, wherever they lie: a raw folder beside the JPEGs', or one below. In one folder a raw file and
a JPEG of one name are one where nothing that is known speaks against it; elsewhere the name proves nothing, for
counters start anew. Headers are read only of files that bear a name that others bear too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import takewhile
from operator import eq
from pathlib import Path

from livecam.photos.capture_header import PhotoHeader, photo_header
from livecam.photos.capture_names import folded, is_named_by_time, is_original_part, is_part, root_of
from livecam.photos.live_pairs import LivePairs
from livecam.photos.read import HEIC_SUFFIXES, JPEG_SUFFIXES, RAW_SUFFIXES


@dataclass(frozen=True, slots=True)
class Item:
    """A photo or a clip.

    clip: it is a clip.  live_of: the photo whose moving part the clip is, see ``live_pairs``.
    companions: other files of the same exposure, raw files mostly, which are not analysed but go where the photo goes.
    """

    path: Path
    clip: bool = False
    live_of: Path | None = None
    companions: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """How far apart two files of one exposure may say that they were taken. Both set by hand."""

    # Phones write their raw file a second or two later than the JPEG.
    max_apart_s: float = 2.0
    # Where the name itself is the time, seconds; Google's phones take that long to put a night picture together.
    max_apart_named_s: float = 60.0


CAPTURE_DEFAULTS = CaptureSettings()


@dataclass(slots=True)
class _Capture:
    """The files of one exposure, the first of which stands for all, and what is known of each."""

    files: list[Path]
    kinds: set[str] = field(default_factory=set)


def items_of(
    photos: Sequence[Path],
    clips: Sequence[Path],
    *,
    along: frozenset[Path] = frozenset(),
) -> Iterator[Item]:
    """Yield an item for each exposure and each clip, in no particular order.

    along: photos that only go along with others, which nobody has named.
    """
    headers: dict[Path, PhotoHeader] = {}
    stands_for: dict[Path, Path] = {}
    for files in _of_one_name(photos):
        for capture in _captures(files, headers):
            first, *others = sorted(capture.files, key=along.__contains__)
            if first in along:
                continue
            stands_for |= dict.fromkeys(capture.files, first)
            yield Item(first, companions=tuple(others))
    pairs = LivePairs(photos, stands_for, lambda path: _header(path, headers))
    live_of = pairs.photos_of(clips)
    for clip in clips:
        yield Item(clip, clip=True, live_of=live_of.get(clip))


def _of_one_name(photos: Sequence[Path]) -> Iterator[list[Path]]:
    by_name: dict[str, list[Path]] = {}
    for photo in photos:
        by_name.setdefault(folded(root_of(photo.stem)), []).append(photo)
    yield from by_name.values()


def _captures(files: list[Path], headers: dict[Path, PhotoHeader]) -> list[_Capture]:
    """Part files of one name into exposures."""
    captures: list[_Capture] = []
    for file in sorted(files, key=_order):  # stable: what came first stays so
        kind = _kind(file)
        # A second JPEG of one name and time is a copy, or a version: see ``livecam.best.grouping.versions``.
        open_ones = [capture for capture in captures if kind not in capture.kinds]
        for capture in sorted(open_ones, key=lambda capture: distance(file.parent, capture.files[0].parent)):
            if _is_one(capture.files[0], file, headers):
                capture.files.append(file)
                capture.kinds.add(kind)
                break
        else:
            captures.append(_Capture([file], {kind}))
    return captures


def _order(file: Path) -> int:
    """Which stands for the others: what every reader reads before what takes an extra, a phone's choice first."""
    suffix = file.suffix.lower()
    kinds = (suffix in JPEG_SUFFIXES, suffix in HEIC_SUFFIXES, suffix not in RAW_SUFFIXES, True)
    return kinds.index(True) + len(kinds) * is_original_part(file.stem)


def _kind(file: Path) -> str:
    suffix = file.suffix.lower()
    kind = "jpeg" if suffix in JPEG_SUFFIXES else "heic" if suffix in HEIC_SUFFIXES else suffix
    return kind + " original" * is_original_part(file.stem)


def _is_one(first: Path, file: Path, headers: dict[Path, PhotoHeader]) -> bool:
    one, other = (_header(path, headers) for path in (first, file))
    named = is_named_by_time(first.stem)
    # Some phones write their name into the JPEG and their number into the raw file.
    if one.model and other.model and one.model != other.model and not (named and first.parent == file.parent):
        return False
    if one.serial and other.serial and one.serial != other.serial:
        return False
    if one.captured is not None and other.captured is not None:
        return _apart_s(one.captured, other.captured) <= (
            CAPTURE_DEFAULTS.max_apart_named_s if named else CAPTURE_DEFAULTS.max_apart_s
        )
    if first.parent != file.parent:
        return False
    beside_raw = file.suffix.lower() in RAW_SUFFIXES and first.suffix.lower() in JPEG_SUFFIXES | HEIC_SUFFIXES
    return beside_raw or (is_part(first.stem) and is_part(file.stem))


def _apart_s(one: datetime, other: datetime) -> float:
    """Seconds between two times of cameras' clocks, of which only one may name its zone."""
    apart_s = [abs((one.replace(tzinfo=None) - other.replace(tzinfo=None)).total_seconds())]
    if one.tzinfo is not None and other.tzinfo is not None:
        apart_s.append(abs((one - other).total_seconds()))
    return min(apart_s)


def _header(path: Path, headers: dict[Path, PhotoHeader]) -> PhotoHeader:
    if path not in headers:
        headers[path] = photo_header(path)
    return headers[path]


@lru_cache(maxsize=4096)
def distance(one: Path, other: Path) -> int:
    """How many steps lead from one folder to another."""
    here, there = one.absolute().parts, other.absolute().parts
    shared = sum(1 for _ in takewhile(bool, map(eq, here, there)))
    return len(here) + len(there) - 2 * shared
