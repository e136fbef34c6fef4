"""Camera raw files to measure on: built like a DNG, with JPEG previews, and a hole where the sensor's data would be.

livecam, and the loop beside it, look at a preview only: what the sensor saw is never read, and need not be there. As a
hole it takes no room on the disk, while the file is as long as a camera's.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SENSOR = (6000, 4000)
# TIFF's types: byte, ASCII, short, long.
_CODES = {1: "B", 3: "H", 4: "I"}

Entry = tuple[int, int, bytes | tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class JpegPreview:
    """A preview to put into a raw file."""

    data: bytes
    width: int
    height: int


def write_raw(path: Path, previews: Sequence[JpegPreview], captured: str, ms: int = 0) -> None:
    """Write a raw file with previews, the one for the first directory first. captured, ms: as EXIF has it."""
    data = bytearray(b"II*\0\0\0\0\0")
    places = [_put(data, preview.data) for preview in previews]
    width, height = _SENSOR
    sensor: list[Entry] = [
        (254, 4, (0,)), (256, 4, (width,)), (257, 4, (height,)), (258, 3, (16,)), (259, 3, (1,)), (262, 3, (32803,)),
        (273, 4, (0,)), (277, 3, (1,)), (278, 4, (height,)), (279, 4, (2 * width * height,)), (33421, 3, (2, 2)),
        (33422, 1, (0, 1, 1, 2)),
    ]  # fmt: skip
    others = [_directory(data, _of_preview(*one)) for one in zip(previews[1:], places[1:], strict=True)]
    exif = _directory(data, [(36867, 2, captured.encode() + b"\0"), (37521, 2, f"{ms:03d}".encode() + b"\0")])
    main = [
        *_of_preview(previews[0], places[0]), (271, 2, b"Acme\0"), (272, 2, b"X1\0"), (274, 3, (1,)),
        (34665, 4, (exif,)), (50706, 1, (1, 4, 0, 0)), (50708, 2, b"Acme X1\0"),
    ]  # fmt: skip
    hole = len(data) + 4096
    sensor[6] = (273, 4, (hole,))
    main.append((330, 4, (_directory(data, sensor), *others)))
    struct.pack_into("<I", data, 4, _directory(data, main))
    with path.open("wb") as file:
        file.write(data)
        file.truncate(hole + 2 * width * height)


def _of_preview(preview: JpegPreview, place: int) -> list[Entry]:
    return [
        (254, 4, (1,)), (256, 4, (preview.width,)), (257, 4, (preview.height,)), (258, 3, (8, 8, 8)), (259, 3, (7,)),
        (262, 3, (6,)), (273, 4, (place,)), (277, 3, (3,)), (278, 4, (preview.height,)), (279, 4, (len(preview.data),)),
    ]  # fmt: skip


def _put(data: bytearray, values: bytes) -> int:
    data.extend(b"\0" * (len(data) % 2))
    data.extend(values)
    return len(data) - len(values)


def _directory(data: bytearray, entries: Sequence[Entry]) -> int:
    """Append a directory; return where it begins."""
    fields = b""
    for tag, kind, values in sorted(entries):
        raw = values if isinstance(values, bytes) else struct.pack(f"<{len(values)}{_CODES[kind]}", *values)
        inline = raw.ljust(4, b"\0") if len(raw) <= 4 else struct.pack("<I", _put(data, raw))
        fields += struct.pack("<HHI", tag, kind, len(values)) + inline
    return _put(data, struct.pack("<H", len(entries)) + fields + bytes(4))
