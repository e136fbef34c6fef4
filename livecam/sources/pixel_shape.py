"""Pictures whose pixels are not square, as of DV and DVDs: wider, or higher, than they are stored.

It is asked once for each opening. A broadcast or a playlist may change it within; OpenCV goes on naming what it was at
first (tried with 5.0: MPEG-TS, and HLS with a discontinuity), so that nobody could tell, and pictures of the old shape
go on until it is opened again.
"""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np

from livecam.types import UInt8Array

_SQUARE = 0.02  # off by no more: nobody sees it; set by hand
_MOST = 4.0  # what claims to be further off is damaged; set by hand


class _Device(Protocol):
    def get(self, propId: int, /) -> float: ...  # noqa: N803  cv2's own name


def pixel_ratio(device: _Device) -> float:
    """Return how much wider than high the pixels are that device gives; 1.0 if they are square, or nobody knows."""
    across, down = device.get(cv2.CAP_PROP_SAR_NUM), device.get(cv2.CAP_PROP_SAR_DEN)
    ratio = across / down if across > 0 and down > 0 else 1.0
    if int(device.get(cv2.CAP_PROP_ORIENTATION_META)) % 180:  # pictures are turned, and what is said of them is not
        ratio = 1 / ratio
    return ratio if 1 / _MOST <= ratio <= _MOST and abs(ratio - 1) > _SQUARE else 1.0


def with_square_pixels(image: UInt8Array, ratio: float) -> UInt8Array:
    """Return image, uint8 (H, W, 3), in its true shape: of no side less is left."""
    if ratio == 1.0:
        return image
    height, width = image.shape[:2]
    size = (round(width * ratio), height) if ratio > 1 else (width, round(height / ratio))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
