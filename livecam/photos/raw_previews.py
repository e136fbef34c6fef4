"""Finds the JPEG previews inside a camera's raw file that is built like a TIFF: DNG, CR2, NEF, NRW, ARW, PEF, SRW, 3FR.

Only directories and the heads of the previews are read, not the picture's raw data, which is most of the file. What is
not understood has no previews here; LibRaw knows more kinds, and where makers hide theirs.

Where previews are: TIFF 6.0 (section 22, JPEGInterchangeFormat; strips), Adobe's DNG specification 1.7 (SubIFDs).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from livecam.photos.jpeg_segments import DamagedError, segments
from livecam.photos.tiff_tags import ReadAt

Order = Literal["little", "big"]

_COMPRESSION, _PHOTOMETRIC, _STRIPS, _ORIENTATION, _STRIP_BYTES = 259, 262, 273, 274, 279
_JPEG, _JPEG_BYTES, _SUB_DIRECTORIES = 513, 514, 330
_WANTED = frozenset((_COMPRESSION, _PHOTOMETRIC, _STRIPS, _ORIENTATION, _STRIP_BYTES, _JPEG, _JPEG_BYTES))
_BYTES_OF_TYPE = {3: 2, 4: 4, 13: 4}
_JPEG_COMPRESSIONS = frozenset((6, 7))
_RAW_PHOTOMETRICS = frozenset((32803, 34892))  # colour filter array, linear raw: the sensor's own data
_FRAMES = frozenset((0xC0, 0xC1, 0xC2))  # baseline, extended, progressive; lossless JPEG is raw data
# Previews are of one picture if their shapes differ by no more than this share. Set by hand: of 1632 x 1080 and 6000 x
# 4000 they differ by 0.7 %, while thumbnails of 4:3 with black rims are no preview of 3:2.
_SAME_SHAPE = 0.03
# Limits against damaged files, set by hand.
_MAX_DIRECTORIES, _MAX_TAGS = 32, 512


@dataclass(frozen=True, slots=True)
class Preview:
    """A JPEG inside a file: where it begins, bytes; how long it is, bytes; its size as stored, pixels."""

    start: int
    length: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Previews:
    """The previews of a raw file, the smallest first, and how it is to be turned (EXIF's orientation, 1 to 8)."""

    all: tuple[Preview, ...]
    orientation: int

    def smallest(self, min_side_px: int) -> Preview | None:
        """Return the smallest that shows all of the picture and whose shorter side has so many pixels."""
        for one in self.all:
            whole = self.all[-1]
            shape = one.width * whole.height / (one.height * whole.width)
            if min(one.width, one.height) >= min_side_px and abs(shape - 1) <= _SAME_SHAPE:
                return one
        return None


def previews_of(read: ReadAt, size: int) -> Previews | None:
    """Return the previews of a file of size bytes; None if it is of another kind, or does not say how it is turned."""
    head = read(0, 8)
    orders: Mapping[bytes, Order] = {b"II*\0": "little", b"MM\0*": "big"}
    order = orders.get(head[:4])
    if order is None:
        return None
    found: dict[int, Preview] = {}
    orientation = 0
    for tags in _directories(read, int.from_bytes(head[4:], order), order):
        orientation = orientation or next(iter(tags.get(_ORIENTATION, ())), 0)
        for start, length in _places(tags):
            if start not in found and (preview := _preview(read, start, min(length, size - start))) is not None:
                found[start] = preview
    if not 1 <= orientation <= 8:
        return None
    return Previews(tuple(sorted(found.values(), key=lambda one: one.width * one.height)), orientation)


def _directories(read: ReadAt, first: int, order: Order) -> Iterator[Mapping[int, tuple[int, ...]]]:
    """Yield the numbers of the tags that matter, directory by directory."""
    waiting, seen = [first], {0}
    while waiting and len(seen) <= _MAX_DIRECTORIES:
        at = waiting.pop(0)
        if at in seen:
            continue
        seen.add(at)
        count = min(int.from_bytes(read(at, 2), order), _MAX_TAGS)
        block = read(at + 2, 12 * count + 4)
        tags: dict[int, tuple[int, ...]] = {}
        for start in range(0, min(12 * count, len(block) - 11), 12):
            tag = int.from_bytes(block[start : start + 2], order)
            if tag in _WANTED or tag == _SUB_DIRECTORIES:
                tags[tag] = _numbers(read, block[start + 2 : start + 12], order)
        yield tags
        waiting += [*tags.get(_SUB_DIRECTORIES, ()), int.from_bytes(block[12 * count : 12 * count + 4], order)]


def _numbers(read: ReadAt, entry: bytes, order: Order) -> tuple[int, ...]:
    """The numbers of an entry; of more than a few there are none, for a preview lies in one piece."""
    kind, count = (int.from_bytes(part, order) for part in (entry[:2], entry[2:6]))
    wide = _BYTES_OF_TYPE.get(kind, 0)
    if not wide or not 0 < count <= _MAX_DIRECTORIES:
        return ()
    value = entry[6:]
    if wide * count > 4:
        value = read(int.from_bytes(value, order), wide * count)
    return tuple(int.from_bytes(value[i * wide : (i + 1) * wide], order) for i in range(count))


def _places(tags: Mapping[int, tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    """Yield where JPEGs lie by a directory's tags: start, length, bytes."""
    for starts, lengths in ((_JPEG, _JPEG_BYTES), (_STRIPS, _STRIP_BYTES)):
        if starts == _STRIPS and not (
            _JPEG_COMPRESSIONS.issuperset(tags.get(_COMPRESSION, (1,)))
            and _RAW_PHOTOMETRICS.isdisjoint(tags.get(_PHOTOMETRIC, ()))
        ):
            continue
        if len(tags.get(starts, ())) == len(tags.get(lengths, ())) == 1:
            yield tags[starts][0], tags[lengths][0]


def _preview(read: ReadAt, start: int, length: int) -> Preview | None:
    """The preview that lies there; None if that is no JPEG of 8 bits in colour."""
    try:
        found = segments(lambda offset, count: read(start + offset, count), length, bodies=_FRAMES)
    except DamagedError:
        return None
    frame = next((one.body for one in found if one.marker in _FRAMES), b"")
    if len(frame) < 6 or frame[0] != 8 or frame[5] != 3:
        return None
    height, width = (int.from_bytes(frame[i : i + 2], "big") for i in (1, 3))
    return Preview(start, length, width, height) if width and height else None
