"""Finds the XMP and EXIF in Photoshop's own files, PSD and PSB (Adobe Photoshop File Formats Specification)."""

from __future__ import annotations

from collections.abc import Iterator

from livecam.photos.tiff_tags import ReadAt

SIGNATURE = b"8BPS"
XMP, EXIF = 1060, 1058  # of image resources
_HEADER = 26  # bytes
_PHOTOSHOP = b"8BIM"
# Who signs resources: Photoshop, and other programs theirs, with numbers of their own (ExifTool, Photoshop.pm).
_SIGNED = frozenset((_PHOTOSHOP, b"MeSa", b"AgHg", b"PHUT", b"DCSR"))
_MAX_BYTES, _MAX_RESOURCES = 1 << 26, 4096  # set by hand against damaged files


def resources(read: ReadAt) -> Iterator[tuple[int, bytes]]:
    """Yield the number and content of each image resource with XMP or EXIF; what damage hides is left out."""
    at = _HEADER + 4 + int.from_bytes(read(_HEADER, 4), "big")  # behind the palette
    stop = at + 4 + int.from_bytes(read(at, 4), "big")
    at += 4
    for _ in range(_MAX_RESOURCES):
        head = read(at, 7)
        if at + 12 > stop or len(head) < 7 or head[:4] not in _SIGNED:
            return
        number = int.from_bytes(head[4:6], "big")
        at += 6 + head[6] + 1 + (head[6] + 1) % 2  # the name and its length are an even count of bytes
        length = int.from_bytes(read(at, 4), "big")
        if head[:4] == _PHOTOSHOP and number in {XMP, EXIF} and length <= _MAX_BYTES:
            yield number, read(at + 4, length)
        at += 4 + length + length % 2
