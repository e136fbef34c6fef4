"""The marker segments of a JPEG, in front of its pixels.

ISO 10918-1; XMP in them: Adobe's XMP Specification, part 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from livecam.photos.tiff_tags import ReadAt, reader_of_bytes

APP0, APP1, APP2 = 0xE0, 0xE1, 0xE2
_APP13, _COMMENT = 0xED, 0xFE
EXIF, XMP = b"Exif\0", b"http://ns.adobe.com/xap/1.0/\0"
_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
_SOI, _SOS = 0xD8, 0xDA
_STANDALONE = frozenset((0x01, *range(0xD0, 0xD8)))


class DamagedError(Exception):
    """The JPEG breaks off, or is none."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker segment of a JPEG, its bytes from start up to stop. body: empty where it was not asked for."""

    marker: int
    start: int
    stop: int
    body: bytes


def segments(read: ReadAt, size: int, *, bodies: frozenset[int] = frozenset((APP0, APP1, APP2))) -> list[Segment]:
    """Return the segments before the pixels of a JPEG of size bytes. bodies: of these markers. Raises DamagedError."""
    return list(each_segment(read, size, bodies))


def each_segment(read: ReadAt, size: int, bodies: frozenset[int]) -> Iterator[Segment]:
    """Yield the segments as ``segments`` returns them, up to where the damage begins. Raises DamagedError there."""
    if read(0, 2) != bytes((0xFF, _SOI)):
        raise DamagedError("not a JPEG")
    at = 2
    while True:
        start, head = at, read(at, 4)
        while head[:2] == b"\xff\xff":  # fill bytes
            at += 1
            head = read(at, 4)
        if len(head) < 4 or head[0] != 0xFF:
            raise DamagedError("damaged or cut short")
        marker = head[1]
        if marker == _SOS:
            return
        if marker in _STANDALONE:
            at += 2
            continue
        length = int.from_bytes(head[2:], "big")
        stop = at + 2 + length
        if length < 2 or stop > size:
            raise DamagedError("damaged or cut short")
        yield Segment(marker, start, stop, read(at + 4, length - 2) if marker in bodies else b"")
        at = stop


def without_marks(data: bytes) -> bytes | None:
    """Return a JPEG without its EXIF, XMP, IPTC and comments, which is all that who marks it changes; None if none."""
    try:
        found = segments(reader_of_bytes(data), len(data), bodies=frozenset())
    except DamagedError:
        return None
    kept, at = b"", 0
    for segment in found:
        if segment.marker in {APP1, _APP13, _COMMENT}:
            kept, at = kept + data[at : segment.start], segment.stop
    return kept + data[at:]


def xmp_packets(found: Sequence[Segment]) -> list[bytes]:
    """Return the XMP in these segments; what was too long for one segment is put together again."""
    packets = [s.body[len(XMP) :] for s in found if s.marker == APP1 and s.body.startswith(XMP)]
    pieces: dict[bytes, dict[int, bytes]] = {}
    for body in (s.body[len(_EXTENSION) :] for s in found if s.marker == APP1 and s.body.startswith(_EXTENSION)):
        pieces.setdefault(body[:32], {})[int.from_bytes(body[36:40], "big")] = body[40:]
    for by_offset in pieces.values():
        whole = b"".join(by_offset[offset] for offset in sorted(by_offset))
        if b"<rdf:RDF" in whole:  # one with pieces missing says nothing
            packets.append(whole)
    return packets
