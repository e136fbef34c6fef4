"""What is written inside a picture of any kind about its stars and labels: its XMP packets, and the stars of its EXIF.

Only headers are read. What is not understood by its first bytes has nothing.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from livecam.photos import boxes, jpeg_segments, psd
from livecam.photos.jpeg_segments import DamagedError
from livecam.photos.tiff_tags import ReadAt, is_tiff, reader_of, reader_of_bytes, tags_of

__all__ = ["DamagedError", "Embedded", "embedded", "exif_blocks"]

_FUJI = b"FUJIFILMCCD-RAW"
_PNG, _PNG_XMP, _PNG_RAW_XMP = b"\x89PNG\r\n\x1a\n", b"XML:com.adobe.xmp\0", b"Raw profile type xmp\0"
_GIF_XMP, _GIF_TRAILER = b"XMP DataXMP", b"\x01\xff\xfe"
_JP2 = b"jP  "
_BOXED = frozenset((b"ftyp", b"JXL ", _JP2))
_RDF = b"http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_APP1 = frozenset((jpeg_segments.APP1,))
_Kind = TypeVar("_Kind", int, bytes)
_MAX_BYTES = 1 << 26  # of what is read whole; set by hand against damaged files


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a picture holds. packets: of XMP, as they are.  stars: by EXIF, -1 rejected, 0 none, 1..5."""

    packets: tuple[bytes, ...] = ()
    stars: tuple[int, ...] = ()


def embedded(path: Path) -> Embedded:
    """Return what is inside the picture at path. Raises DamagedError for a JPEG that is not whole, OSError."""
    with path.open("rb") as file:
        return _of(*reader_of(file))


def exif_blocks(read: ReadAt, size: int) -> list[ReadAt]:
    """Return each block of a picture of size bytes that is built like a TIFF; what damage hides is left out."""
    head = read(0, 16)
    if is_tiff(head):
        return [read]
    if head[:2] == b"\xff\xd8":
        blocks = list(_exif_of_jpeg(read, size))
    elif head[:15] == _FUJI:
        blocks = list(_exif_of_jpeg(*_inside_fuji(read)))
    else:
        blocks = _blocks(read, size, head)[1]
    found = [reader_of_bytes(block[6:] if block.startswith(b"Exif\0") else block) for block in blocks]
    return [block for block in found if is_tiff(block(0, 4))]


def _of(read: ReadAt, size: int) -> Embedded:
    head = read(0, 16)
    if head[:2] == b"\xff\xd8":
        return _of_jpeg(read, size)
    if is_tiff(head):
        tags = tags_of(read)
        return Embedded(tags.packets, tags.stars)
    if head[:15] == _FUJI:
        return _of_jpeg(*_inside_fuji(read))
    return _with_exif(*_blocks(read, size, head))


def _blocks(read: ReadAt, size: int, head: bytes) -> tuple[list[bytes], list[bytes]]:
    """The XMP packets and the EXIF blocks of a picture that keeps them as they are."""
    if head[4:8] in _BOXED:
        found = boxes.blocks_of(read, size)
        # In JPEG 2000 "xml " may hold anything else.
        return [packet for packet in found.packets if head[4:8] != _JP2 or _RDF in packet], found.exif
    if head[:4] == psd.SIGNATURE:
        return _parted(psd.resources(read), psd.XMP)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _parted(_webp_chunks(read, size), b"XMP ")
    if head[:8] == _PNG:
        exif, texts = _parted(_png_chunks(read, size), b"eXIf")
        return list(filter(None, texts)), exif
    if head[:4] == b"GIF8":
        behind = read(0, min(size, _MAX_BYTES)).partition(_GIF_XMP)[2]
        return [behind.partition(_GIF_TRAILER)[0]] if behind else [], []
    return [], []


def _parted(parts: Iterable[tuple[_Kind, bytes]], kind: _Kind) -> tuple[list[bytes], list[bytes]]:
    """What is of this kind, and all else."""
    found: tuple[list[bytes], list[bytes]] = [], []
    for each, data in parts:
        found[each != kind].append(data)
    return found


def _inside_fuji(read: ReadAt) -> tuple[ReadAt, int]:
    """The JPEG in a RAF, and its size in bytes."""
    start = int.from_bytes(read(84, 4), "big")
    return lambda offset, count: read(start + offset, count), int.from_bytes(read(88, 4), "big")


def _of_jpeg(read: ReadAt, size: int) -> Embedded:
    found = jpeg_segments.segments(read, size, bodies=_APP1)
    exif = [s.body for s in found if s.marker == jpeg_segments.APP1 and s.body.startswith(jpeg_segments.EXIF)]
    return _with_exif(jpeg_segments.xmp_packets(found), exif)


def _exif_of_jpeg(read: ReadAt, size: int) -> Iterator[bytes]:
    """The EXIF blocks of a JPEG, up to where it is damaged; the pixels are not looked at."""
    with contextlib.suppress(DamagedError):
        for segment in jpeg_segments.each_segment(read, size, _APP1):
            if segment.marker == jpeg_segments.APP1 and segment.body.startswith(jpeg_segments.EXIF):
                yield segment.body


def _with_exif(packets: list[bytes], blocks: list[bytes]) -> Embedded:
    stars: list[int] = []
    for block in blocks:
        tags = tags_of(reader_of_bytes(block[6:] if block.startswith(b"Exif\0") else block))
        packets, stars = [*packets, *tags.packets], [*stars, *tags.stars]
    return Embedded(tuple(packets), tuple(stars))


def _png_chunks(read: ReadAt, size: int) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG)
    while at + 8 <= size:
        head = read(at, 8)
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind in {b"iTXt", b"tEXt", b"zTXt", b"eXIf"} and length <= _MAX_BYTES:
            data = read(at + 8, length)
            yield kind, data if kind == b"eXIf" else _of_png_text(kind, data)
        at += 12 + length


def _of_png_text(kind: bytes, data: bytes) -> bytes:
    """The XMP of a text chunk; empty if it holds something else. ImageMagick writes it as hexadecimal digits."""
    try:
        if kind == b"iTXt" and data.startswith(_PNG_XMP):
            packed, rest = data[len(_PNG_XMP)], data[len(_PNG_XMP) + 2 :]
            text = rest.split(b"\0", 2)[2]
            return _unpacked(text) if packed else text
        if data.startswith(_PNG_RAW_XMP):
            text = data[len(_PNG_RAW_XMP) :]
            lines = (_unpacked(text[1:]) if kind == b"zTXt" else text).split()
            return bytes.fromhex(b"".join(lines[2:]).decode("ascii"))
    except (ValueError, IndexError, zlib.error):
        pass
    return b""


def _unpacked(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, _MAX_BYTES)


def _webp_chunks(read: ReadAt, size: int) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= size:
        head = read(at, 8)
        length = int.from_bytes(head[4:], "little")
        if head[:4] in {b"XMP ", b"EXIF"} and length <= _MAX_BYTES:
            yield head[:4], read(at + 8, length)
        at += 8 + length + length % 2
