"""Finds the XMP and EXIF blocks in files made of ISO boxes: HEIC, AVIF, CR3, JPEG XL, JPEG 2000, MP4.

ISO 14496-12 (boxes, items), ISO 23008-12 (HEIF). XMP is an item of type "mime", or a box "uuid" of Adobe's id
(XMP Specification, part 3), or "xml " in JPEG XL; Canon's EXIF lies in boxes CMT1 and CMT2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from livecam.photos.tiff_tags import ReadAt

_XMP_ID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF_ID = b"JpgTiffExif->JP2"  # as programs write it into JPEG 2000
_CANON_ID = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_MAX_BYTES = 1 << 26  # of a box or item that is read whole; set by hand against damaged files


@dataclass(slots=True)
class Blocks:
    """What was found. packets: of XMP.  exif: each built like a TIFF."""

    packets: list[bytes] = field(default_factory=list)
    exif: list[bytes] = field(default_factory=list)


def blocks_of(read: ReadAt, size: int) -> Blocks:
    """Return what a file of size bytes has; what damage hides is left out."""
    found = Blocks()
    for kind, start, stop in boxes_in(read, 0, size):
        if kind == b"uuid" and read(start, 16) == _XMP_ID:
            found.packets.append(read(start + 16, min(stop - start - 16, _MAX_BYTES)))
        elif kind == b"uuid" and read(start, 16) == _EXIF_ID:
            found.exif.append(read(start + 16, min(stop - start - 16, _MAX_BYTES)))
        elif kind == b"xml ":
            found.packets.append(read(start, min(stop - start, _MAX_BYTES)))
        elif kind == b"Exif":
            found.exif.append(_exif(read(start, min(stop - start, _MAX_BYTES))))
        elif kind == b"meta":
            _read_items(read, start + 4, stop, found)
        elif kind == b"moov":
            _read_movie(read, start, stop, found)
    return found


def _read_movie(read: ReadAt, start: int, stop: int, found: Blocks) -> None:
    for kind, inner, end in boxes_in(read, start, stop):
        if kind == b"uuid" and read(inner, 16) == _CANON_ID:
            found.exif += [read(at, to - at) for name, at, to in boxes_in(read, inner + 16, end) if name[:3] == b"CMT"]
        elif kind == b"udta":
            found.packets += [read(at, to - at) for name, at, to in boxes_in(read, inner, end) if name == b"XMP_"]


def boxes_in(read: ReadAt, at: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the type of each box between the offsets at and stop, and where its content begins and ends."""
    while at + 8 <= stop:
        head = read(at, 16)
        length, start = int.from_bytes(head[:4], "big"), at + 8
        if length == 1:
            length, start = int.from_bytes(head[8:16], "big"), at + 16
        elif length == 0:
            length = stop - at
        if length < start - at:
            return
        yield head[4:8], start, min(at + length, stop)
        at += length


def pieces_of_items(read: ReadAt, size: int) -> Iterator[tuple[int, int]]:
    """Yield where the pieces of a picture's items lie in a file of size bytes: offset, length; 0 of one to its end."""
    for meta, start, stop in boxes_in(read, 0, size):
        boxes = {kind: (at, end) for kind, at, end in boxes_in(read, start + 4, stop)} if meta == b"meta" else {}
        if b"iloc" in boxes:
            at, end = boxes[b"iloc"]
            for _, pieces in _locations(read(at, min(end - at, _MAX_BYTES)), boxes.get(b"idat", (0, 0))[0]):
                yield from pieces


def _read_items(read: ReadAt, start: int, stop: int, found: Blocks) -> None:
    boxes = {kind: (at, end) for kind, at, end in boxes_in(read, start, stop)}
    if b"iinf" not in boxes or b"iloc" not in boxes:
        return
    wanted = dict(_marked_items(read, *boxes[b"iinf"]))
    at, end = boxes[b"iloc"]
    stored = boxes.get(b"idat", (0, 0))[0]
    for number, pieces in _locations(read(at, min(end - at, _MAX_BYTES)), stored):
        if number in wanted and sum(length for _, length in pieces) <= _MAX_BYTES:
            data = b"".join(read(offset, length) for offset, length in pieces)
            if wanted[number]:
                found.exif.append(_exif(data))
            else:
                found.packets.append(data)


def _marked_items(read: ReadAt, start: int, stop: int) -> Iterator[tuple[int, bool]]:
    """Yield the number of each item with XMP or EXIF, and whether it is EXIF."""
    head = 6 if read(start, 1) == b"\0" else 8
    for kind, at, end in boxes_in(read, start + head, stop):
        entry = read(at, min(end - at, 1 << 12))
        version = entry[0] if entry else 0
        if kind != b"infe" or version < 2:
            continue
        wide = 2 if version == 2 else 4
        number, rest = int.from_bytes(entry[4 : 4 + wide], "big"), entry[6 + wide :]
        if rest[:4] == b"Exif":
            yield number, True
        elif rest[:4] == b"mime" and rest[4:].split(b"\0")[1:2] == [b"application/rdf+xml"]:
            yield number, False


def _locations(data: bytes, stored: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Yield the number of each item and where its pieces lie: offset in the file, length. stored: where idat begins."""
    at = 4

    def number(wide: int) -> int:
        nonlocal at
        at += wide
        return int.from_bytes(data[at - wide : at], "big")

    version = data[0] if data else 0
    sizes = number(2)
    of_offset, of_length, of_base, of_index = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15
    for _ in range(number(2 if version < 2 else 4)):
        if at >= len(data):
            return
        item = number(2 if version < 2 else 4)
        method = number(2) & 15 if version else 0
        number(2)  # which file: this one
        base = number(of_base) + (stored if method == 1 else 0)
        pieces = []
        for _ in range(number(2)):
            number(of_index if version else 0)
            offset = number(of_offset)
            pieces.append((base + offset, number(of_length)))
        yield item, pieces


def _exif(data: bytes) -> bytes:
    """The block behind the four bytes that say how far it is away."""
    return data[4 + int.from_bytes(data[:4], "big") :]
