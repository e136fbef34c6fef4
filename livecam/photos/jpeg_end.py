"""Tells a JPEG that lacks only its last two bytes, the end marker, from one that lacks a part of its picture."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

from livecam.types import UInt8Array

_START, _END = b"\xff\xd8", b"\xff\xd9"
_ZEROS = bytes(64)  # so many at the end are no part of a phone's clip behind the JPEG; set by hand
# So few may be the picture's own last bytes. After more, with which a copy was filled up, a zero could as well stand
# for a lost byte, and would complete the last block with garbage.
_OWN_ZEROS = 2
_HALF_A_MARKER, _STUFFED = b"\xff", b"\xff\0"
# What a decoder would take for pixels if it still waited for some, whether at once or behind a restart marker. No byte
# of the noise is 255, with which markers begin.
_NOISE = tuple(
    b"".join(
        bytes((first + 97 * i + i * i // 7) % 251 for i in range(64)) + bytes((0xFF, 0xD0 + n % 8)) for n in range(16)
    )
    for first in (84, 170)
)


def lacks_its_end(data: bytes) -> bool:
    """Tell whether it is a JPEG that ends in many zeros instead of its end marker: decoders take them for pixels."""
    return data.startswith(_START) and data.endswith(_ZEROS) and not data.rstrip(b"\0").endswith(_END)


def with_end(data: bytes) -> bytes | None:
    """Return the JPEG with its end marker if that is all it lacks; None if it is another file, or lacks more.

    Zeros at the end, which an interrupted copy leaves, are no part of it. The decoder (libjpeg) fills what is missing
    with grey, or with whatever follows: so a picture that stays the same whatever follows has all its rows.
    """
    if not data.startswith(_START) or data.endswith(_END):
        return None
    return next((body + _END for body in _bodies(data) if _has_all_rows(body)), None)


def _bodies(data: bytes) -> Iterator[bytes]:
    """Yield what the JPEG may be without its end and the zeros behind it, the likeliest first."""
    body = data.rstrip(b"\0")
    zeros = len(data) - len(body)
    if body.endswith(_HALF_A_MARKER):
        yield body[:-1] + (_STUFFED if zeros else b"")
        return
    yield body
    if 0 < zeros <= _OWN_ZEROS:
        yield data


def _has_all_rows(body: bytes) -> bool:
    try:
        pixels = _pixels(body + _END)
        return all(np.array_equal(pixels, _pixels(body + noise + _END)) for noise in _NOISE)
    except (OSError, ValueError, SyntaxError):
        return False


def _pixels(data: bytes) -> UInt8Array:
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        return np.asarray(image, np.uint8)
