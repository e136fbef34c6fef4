"""The kinds of TIFF that Pillow decodes without an error and wrongly: read in another way here, or refused.

Measured with Pillow 13.0 on 212 files that tifffile and ImageMagick wrote (8 to 64 bits, planes together and separate,
strips and tiles, both byte orders, with and without transparency and compression), against the picture in them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

import cv2
import numpy as np
from PIL import ExifTags, Image, TiffImagePlugin

_SEPARATE_PLANES = 2
_WHITE_IS_ZERO, _RGB = 0, 2
_UNSIGNED = 1
_DEEP = 8  # bits of a channel above which Pillow goes wrong
_BITS_OF_I16 = 16
_REDUCED = 1  # bit of NewSubfileType
_SAME_SHAPE = 0.03  # of two pictures that differ by less; set by hand
_MAX_PAGES = 16  # that are looked at; set by hand
_GREY_MODES: Mapping[str, int] = {"I;16": 16, "I;16B": 16, "I;16L": 16, "I": 32}


class UnreadableTiffError(ValueError):
    """A kind of TIFF that no reader here gets right. str: what kind."""


def turn_to_picture(image: Image.Image) -> None:
    """Turn to the page of a TIFF that is the picture, where the first is a thumbnail of it."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile) or not image.is_animated:
        return
    picture, size, reduced = 0, image.size, _is_reduced(image)
    with contextlib.suppress(EOFError, OSError, ValueError, SyntaxError):  # damaged behind the first page
        for page in range(1, _MAX_PAGES):
            image.seek(page)
            if not _is_reduced(image) and (reduced or _is_thumbnail(size, image.size)):
                picture, size, reduced = page, image.size, False
    image.seek(picture)


def _is_reduced(image: TiffImagePlugin.TiffImageFile) -> bool:
    return bool(_numbers(image, ExifTags.Base.NewSubfileType, 0)[0] & _REDUCED)


def _is_thumbnail(size: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether a picture of size shows all of the other, which has at least twice as many pixels on a side."""
    scale = other[0] / size[0]
    return scale >= 2 and abs(scale * size[1] / other[1] - 1) <= _SAME_SHAPE


def decode_misread(image: Image.Image, data: bytes) -> Image.Image | None:
    """Return the picture if it is a TIFF that Pillow would misread; None if Pillow reads it right.

    image: opened, not loaded.  data: the file. Raises UnreadableTiffError for what would come out as garbage.
    """
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return None
    bits = max(_numbers(image, ExifTags.Base.BitsPerSample, 1))
    photometric = _numbers(image, ExifTags.Base.PhotometricInterpretation, 1)[0]
    planes = _numbers(image, ExifTags.Base.PlanarConfiguration, 1)[0]
    if planes == _SEPARATE_PLANES and bits > _DEEP and len(image.getbands()) > 1:
        if image.tell():
            raise UnreadableTiffError("deep planes behind a thumbnail")
        return _decode_planes(data, photometric, bits)
    if image.mode in _GREY_MODES:
        return _decode_grey(image, photometric, bits)
    return None


def _decode_planes(data: bytes, photometric: int, bits: int) -> Image.Image:
    """Deep planes one after the other: Pillow takes each for 8 bits, OpenCV reads them right, if they are RGB."""
    kind = f"separate planes of {bits} bits"
    if photometric != _RGB:
        raise UnreadableTiffError(f"{kind} that are not RGB")
    try:
        read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise UnreadableTiffError(kind) from error
    if read is None:
        raise UnreadableTiffError(kind)
    return Image.fromarray(np.asarray(read, np.uint8))


def _decode_grey(image: TiffImagePlugin.TiffImageFile, photometric: int, bits: int) -> Image.Image | None:
    """Deep grey: Pillow leaves 12 bits dark and a negative a negative, and lets large and signed numbers wrap."""
    sample = _numbers(image, ExifTags.Base.SampleFormat, _UNSIGNED)[0]
    if sample != _UNSIGNED or bits > _BITS_OF_I16:
        raise UnreadableTiffError(f"grey of {'signed ' * (sample != _UNSIGNED)}{bits}-bit numbers")
    if bits == _BITS_OF_I16 and photometric != _WHITE_IS_ZERO:
        return None
    grey = np.asarray(image, np.float32) * (255 / (2**bits - 1))
    if photometric == _WHITE_IS_ZERO:
        grey = 255 - grey
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).convert("RGB")


def _numbers(image: TiffImagePlugin.TiffImageFile, tag: int, default: int) -> tuple[int, ...]:
    value = image.tag_v2.get(tag, default)
    numbers = value if isinstance(value, tuple) else (value,)
    return tuple(number for number in numbers if isinstance(number, int)) or (default,)
