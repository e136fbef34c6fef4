"""Writes the kinds of TIFF that Pillow does not write: deep, in separate planes, in tiles, in either byte order."""

from __future__ import annotations

import struct
from typing import Literal

import numpy as np
import numpy.typing as npt


def make_tiff(
    values: npt.NDArray[np.generic],
    *,
    bits: int | None = None,
    separate: bool = False,
    tile: int = 0,
    order: Literal["<", ">"] = "<",
    photometric: int | None = None,
    sample_format: int = 1,
) -> bytes:
    """An uncompressed TIFF of values (H, W) or (H, W, channels), whole numbers; a fourth channel is transparency.

    bits: 12 packs grey. separate: plane by plane.  tile: pixels of a square tile's side; 0: one strip.
    """
    planes = values[..., None] if values.ndim == 2 else values
    height, width, channels = planes.shape
    typed = planes.astype(planes.dtype.newbyteorder(order))
    parts = [typed[..., i : i + 1] for i in range(channels)] if separate else [typed]
    blocks = [block for part in parts for block in (_tiles(part, tile) if tile else [part])]
    encoded = [_packed_12(block) if bits == 12 else block.tobytes() for block in blocks]
    data = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4))

    def put(raw: bytes) -> int:
        data.extend(raw + b"\0" * (len(raw) % 2))
        return len(data) - len(raw) - len(raw) % 2

    offsets, sizes = [put(raw) for raw in encoded], [len(raw) for raw in encoded]
    colour = photometric if photometric is not None else 2 if channels >= 3 else 1
    short, long = (3, "H"), (4, "I")
    entries: list[tuple[int, tuple[int, str], list[int]]] = [
        (256, long, [width]), (257, long, [height]), (258, short, [bits or 8 * planes.dtype.itemsize] * channels),
        (259, short, [1]), (262, short, [colour]), (277, short, [channels]), (284, short, [2 if separate else 1]),
        (339, short, [sample_format] * channels),
    ]  # fmt: skip
    if channels == 4 and colour == 2:
        entries.append((338, short, [2]))
    if tile:
        entries += [(322, long, [tile]), (323, long, [tile]), (324, long, offsets), (325, long, sizes)]
    else:
        entries += [(273, long, offsets), (278, long, [height]), (279, long, sizes)]
    fields = b""
    for tag, (kind, code), numbers in sorted(entries):
        raw = struct.pack(f"{order}{len(numbers)}{code}", *numbers)
        inline = raw.ljust(4, b"\0") if len(raw) <= 4 else struct.pack(f"{order}I", put(raw))
        fields += struct.pack(f"{order}HHI", tag, kind, len(numbers)) + inline
    struct.pack_into(f"{order}I", data, 4, put(struct.pack(f"{order}H", len(entries)) + fields + bytes(4)))
    return bytes(data)


def _tiles(plane: npt.NDArray[np.generic], side: int) -> list[npt.NDArray[np.generic]]:
    height, width = plane.shape[:2]
    padded = np.pad(plane, ((0, -height % side), (0, -width % side), (0, 0)), mode="edge")
    return [
        padded[y : y + side, x : x + side].astype(plane.dtype)
        for y in range(0, height, side)
        for x in range(0, width, side)
    ]


def _packed_12(block: npt.NDArray[np.generic]) -> bytes:
    """Two numbers in three bytes, of a block whose width is even."""
    first, second = (block[:, i::2, 0].astype(np.uint32) for i in (0, 1))
    return np.dstack([first >> 4, (first & 15) << 4 | second >> 8, second & 255]).astype(np.uint8).tobytes()
