"""Decodes JPEG and HEIC straight into an array: the pixels that Pillow gives, to the last bit, without its copies.

Pillow keeps four bytes a pixel, and an array is a copy of those. OpenCV's libjpeg-turbo writes the array itself: half
of 12 megapixels takes 27 ms of a processor so, and 41 by Pillow. What is damaged is left to Pillow, which says how.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

import cv2
import numpy as np
from PIL import Image

from livecam.types import UInt8Array

_JPEGS = frozenset(("JPEG", "MPO"))
_REDUCED: Mapping[int, int] = {
    1: 0,
    2: cv2.IMREAD_REDUCED_COLOR_2 & ~cv2.IMREAD_COLOR,
    4: cv2.IMREAD_REDUCED_COLOR_4 & ~cv2.IMREAD_COLOR,
    8: cv2.IMREAD_REDUCED_COLOR_8 & ~cv2.IMREAD_COLOR,
}  # IMREAD_COLOR is for BGR, and refused beside IMREAD_COLOR_RGB
DIVISORS = tuple(sorted(_REDUCED, reverse=True))  # of width and height, that libjpeg can decode into by itself


def direct_pixels(image: Image.Image, data: bytes, divisor: int) -> UInt8Array | None:
    """Return the pixels of a picture, uint8 (H, W, 3), as stored; None where only Pillow can tell.

    image: opened by Pillow from data, not loaded yet.  divisor: one of ``DIVISORS``, by which the picture is made
    smaller; more than that is left to the caller.
    """
    if image.mode != "RGB":
        return None
    if image.format in _JPEGS:
        return _of_jpeg(data, divisor)
    return _of_heic(data, divisor) if image.format == "HEIF" else None


def in_blocks(pixels: UInt8Array, block: int) -> UInt8Array:
    """Return the means of squares of block pixels."""
    if block < 2:
        return pixels
    rows, columns = (length // block for length in pixels.shape[:2])
    whole = pixels[: rows * block, : columns * block]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


def turned(pixels: UInt8Array, orientation: int) -> UInt8Array:
    """Return pixels upright. orientation: EXIF's; other numbers than 2 to 8 turn nothing."""
    if orientation in {5, 7}:
        pixels = np.asarray(cv2.transpose(pixels), np.uint8)
    match orientation:
        case 2:
            return np.asarray(cv2.flip(pixels, 1), np.uint8)
        case 3 | 7:
            return np.asarray(cv2.rotate(pixels, cv2.ROTATE_180), np.uint8)
        case 4:
            return np.asarray(cv2.flip(pixels, 0), np.uint8)
        case 6:
            return np.asarray(cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE), np.uint8)
        case 8:
            return np.asarray(cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE), np.uint8)
        case _:
            return pixels


def _of_jpeg(data: bytes, divisor: int) -> UInt8Array | None:
    flags = _REDUCED[divisor] | cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        return None
    return None if pixels is None else np.asarray(pixels, np.uint8)


def _of_heic(data: bytes, divisor: int) -> UInt8Array | None:
    from pi_heif import open_heif  # noqa: PLC0415  in an extra; here, for it has opened the picture

    try:
        found = open_heif(io.BytesIO(data), convert_hdr_to_8bit=True, remove_stride=False)
        rows = np.frombuffer(found.data, np.uint8).reshape(-1, found.stride)
    except (OSError, EOFError, ValueError, SyntaxError, RuntimeError):
        return None
    width, height = found.size
    if found.mode != "RGB" or len(rows) < height or found.stride < 3 * width:
        return None
    pixels = rows[:height, : 3 * width].reshape(height, width, 3)
    # A copy while found lives: its memory goes with it, whoever still looks at it.
    return in_blocks(pixels, divisor) if divisor > 1 else pixels.copy()
