"""Finds the XMP and the stars in what is built like a TIFF: TIFF, DNG, CR2, NEF, ARW and the like, and EXIF blocks.

XMP is tag 700 (Adobe's XMP Specification, part 3); stars are Rating and RatingPercent, which Windows and some cameras
write (Microsoft, "Photo metadata policies"; in EXIF's tag space 0x4746 and 0x4749), and what Fujifilm notes instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from livecam.photos.maker_notes import stars_of_note

# Of what is to be read: offset and count of bytes; fewer where the data ends.
ReadAt = Callable[[int, int], bytes]

_XMP, _RATING, _PERCENT, _MAKER_NOTE = 700, 0x4746, 0x4749, 0x927C
_MARKS = frozenset((_XMP, _RATING, _PERCENT, _MAKER_NOTE))
_DIRECTORIES = frozenset((330, 34665))  # SubIFDs, Exif: their values are offsets of further directories
_BYTES_OF_TYPE = {1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4, 13: 4, 16: 8, 17: 8, 18: 8}
# By the first four bytes: the order of bytes, and whether offsets have 8 of them. Olympus and Panasonic have their own.
_KINDS: dict[bytes, tuple[Literal["little", "big"], bool]] = {
    b"II*\0": ("little", False), b"MM\0*": ("big", False), b"II+\0": ("little", True), b"MM\0+": ("big", True),
    b"IIRO": ("little", False), b"IIRS": ("little", False), b"MMOR": ("big", False), b"IIU\0": ("little", False),
}  # fmt: skip
# Limits against damaged files, set by hand: cameras write about ten directories of at most a hundred tags.
_MAX_DIRECTORIES, _MAX_TAGS, _MAX_BYTES = 100, 4096, 1 << 26


@dataclass(frozen=True, slots=True)
class Tags:
    """What was found. packets: of XMP.  stars: -1 rejected, 0 none, 1..5."""

    packets: tuple[bytes, ...] = ()
    stars: tuple[int, ...] = ()


def reader_of(file: BinaryIO) -> tuple[ReadAt, int]:
    """Return what reads from an open file, and the file's size, bytes. Damaged files name places beyond any file."""
    size = file.seek(0, 2)

    def read(offset: int, count: int) -> bytes:
        if not 0 <= offset < size:
            return b""
        file.seek(offset)
        return file.read(max(count, 0))

    return read, size


def reader_of_bytes(data: bytes) -> ReadAt:
    """Return what reads from data as ``reader_of`` does from a file."""
    return lambda offset, count: data[offset : offset + count]


def is_tiff(head: bytes) -> bool:
    """Whether what begins with these bytes, at least four, is built like a TIFF."""
    return head[:4] in _KINDS


def tags_of(read: ReadAt) -> Tags:
    """Return the XMP and stars of all directories; what damage hides is left out."""
    packets: list[bytes] = []
    stars: list[int] = []
    if is_tiff(read(0, 4)):
        for tag, value, order in entries_of(read, _MARKS):
            if tag == _XMP:
                packets.append(value)
            elif tag == _RATING:
                rating = int.from_bytes(value[:4], order)
                stars.append(-1 if rating in {0xFF, 0xFFFF, 0xFFFF_FFFF} else min(rating, 5))
            elif tag == _PERCENT:
                stars.append(stars_of_percent(int.from_bytes(value[:4], order)))
            elif (noted := stars_of_note(value)) is not None:
                stars.append(noted)
    return Tags(tuple(packets), tuple(stars))


def stars_of_percent(percent: float) -> int:
    """Return the stars for Microsoft's share of 99: 1, 25, 50, 75 and 99 are one to five; below 0 is rejected."""
    if percent < 0:
        return -1
    return 0 if percent == 0 else min(int((percent + 12) / 25) + 1, 5)


def entries_of(read: ReadAt, wanted: frozenset[int]) -> Iterator[tuple[int, bytes, Literal["little", "big"]]]:
    """Yield the tags that are wanted, each with the bytes of its value, of all directories that can be reached.

    What is read must be built like a TIFF, see ``is_tiff``.
    """
    order, big = _KINDS[read(0, 4)]
    wide, counter, entry = (8, 8, 20) if big else (4, 2, 12)
    waiting = [int.from_bytes(read(8 if big else 4, wide), order)]
    seen = {0}
    while waiting and len(seen) <= _MAX_DIRECTORIES:
        at = waiting.pop(0)
        if at in seen:
            continue
        seen.add(at)
        count = min(int.from_bytes(read(at, counter), order), _MAX_TAGS)
        block = read(at + counter, count * entry + wide)
        for start in range(0, min(count * entry, len(block) - entry + 1), entry):
            tag = int.from_bytes(block[start : start + 2], order)
            if tag not in wanted and tag not in _DIRECTORIES:
                continue
            kind = int.from_bytes(block[start + 2 : start + 4], order)
            size = _BYTES_OF_TYPE.get(kind, 0)
            length = min(int.from_bytes(block[start + 4 : start + 4 + wide], order) * size, _MAX_BYTES)
            value = block[start + 4 + wide : start + entry]
            if length > wide:
                value = read(int.from_bytes(value, order), length)
            value = value[:length]
            if tag not in _DIRECTORIES:
                yield tag, value, order
            elif size:
                waiting += [int.from_bytes(value[i : i + size], order) for i in range(0, len(value), size)]
        waiting.append(int.from_bytes(block[count * entry : count * entry + wide], order))
