"""Laying shapes that are opaque in parts on an RGB picture; what ``livecam.ui.draw`` is made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from livecam.types import FloatArray, UInt8Array


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """Opacity of a shape, uint8 (h, w). x, y: where it lies.

    In whole steps, because hundreds are kept: as the floats of blendLinear they would take eight times the memory.
    """

    opacity: UInt8Array
    x: int = 0
    y: int = 0

    def weights(self, part: tuple[slice, slice]) -> tuple[FloatArray, FloatArray]:
        """Opacity of a part and its complement, float32, 0..1."""
        opacity = self.opacity[part] * np.float32(1 / 255)
        return opacity, 1 - opacity


def blend(image: UInt8Array, over: UInt8Array | tuple[int, int, int], mask: Mask, x: int, y: int) -> None:
    """Lay over (pixels of the mask's size, or one colour) on image at x, y, as opaque as mask says."""
    height, width = mask.opacity.shape
    x0, y0 = max(x, 0), max(y, 0)
    x1, y1 = min(x + width, image.shape[1]), min(y + height, image.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    part = slice(y0 - y, y1 - y), slice(x0 - x, x1 - x)
    roi = image[y0:y1, x0:x1]
    upper = over[part] if isinstance(over, np.ndarray) else plain(over, roi.shape[0], roi.shape[1])
    roi[:] = cv2.blendLinear(upper, roi, *mask.weights(part))


def plain(colour: tuple[int, int, int], height: int, width: int) -> UInt8Array:
    """A rectangle of one colour, uint8 (height, width, 3); not to be written to, for it is part of one that is kept."""
    return _plate(colour, 1 << (height - 1).bit_length(), 1 << (width - 1).bit_length())[:height, :width]


@lru_cache(maxsize=64)
def _plate(colour: tuple[int, int, int], height: int, width: int) -> UInt8Array:
    return np.full((height, width, 3), colour, np.uint8)


@lru_cache(maxsize=64)
def rounded(width: int, height: int, radius: int) -> Mask:
    """A rectangle with rounded corners, pixels."""
    y, x = np.mgrid[:height, :width].astype(np.float32) + 0.5
    outside = np.hypot(
        np.maximum(np.abs(x - width / 2) - width / 2 + radius, 0),
        np.maximum(np.abs(y - height / 2) - height / 2 + radius, 0),
    )
    return Mask(np.clip((radius + 0.5 - outside) * 255 + 0.5, 0, 255).astype(np.uint8))
