"""What is measured on a picture's pixels before they are let go: how sharp a part of it is, and its coarse pattern."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from livecam.scoring.sharpness import edge_ratio
from livecam.types import UInt8Array

_HASH_SIDE = 8  # 8 x 8 bits fill a 64-bit number
_SMALLEST_PX = 8  # ``edge_ratio`` needs that many rows and columns


@dataclass(frozen=True, slots=True)
class SharpnessSettings:
    """How the sharpness of a face, or of the middle of a picture, is measured."""

    # Longer sides, pixels, to which a square is brought before it is measured: two faces are compared at the largest
    # side that both reach, so that a closer camera is not taken for a better lens. Set by hand.
    sides_px: tuple[int, ...] = (96, 192, 384)
    # Side of the measured square over the face's size. Set by hand.
    margin: float = 1.3
    # A side counts as reached by a square of this share of it. Set by hand.
    reached_from: float = 0.75


def sharpness_around(
    grey: UInt8Array, centre: tuple[float, float], side_px: float, settings: SharpnessSettings = SharpnessSettings()
) -> tuple[float, ...]:
    """Return the sharpness, ≥ 1, of a square around centre at each of ``sides_px`` that it reaches; at least one.

    grey: uint8 (H, W).  centre: x, y, pixels.  Gradient energy at a fine scale over that at a coarse one, in the
    direction where it is least, see ``livecam.scoring.sharpness``: contrast and expression cancel out, defocus and
    motion show.
    """
    (x, y), half = centre, side_px / 2
    rows = slice(max(round(y - half), 0), max(round(y + half), 1))
    columns = slice(max(round(x - half), 0), max(round(x + half), 1))
    patch = grey[rows, columns]
    if min(patch.shape) < _SMALLEST_PX:
        return (1.0,)
    longest = max(patch.shape)
    smallest = settings.sides_px[0]
    sides = [side for side in settings.sides_px if side == smallest or longest >= settings.reached_from * side]
    small = _in_whole_blocks(patch, sides[-1])
    values: list[float] = []
    for side in reversed(sides):  # each from the one before: the whole patch is read once
        height, width = (max(round(length * side / longest), _SMALLEST_PX) for length in patch.shape)
        method = cv2.INTER_AREA if max(small.shape) >= side else cv2.INTER_LINEAR
        small = np.asarray(cv2.resize(small, (width, height), interpolation=method), np.uint8)
        ratio = edge_ratio(small)
        values.insert(0, ratio if math.isfinite(ratio) else 1.0)
    return tuple(values)


def difference_hash(grey: UInt8Array) -> int:
    """Return 64 bits: whether each of 8 x 8 fields of a grey picture is brighter than its right neighbour."""
    quarter = cv2.resize(grey, (grey.shape[1] // 4 or 1, grey.shape[0] // 4 or 1), interpolation=cv2.INTER_LINEAR)
    small = cv2.resize(quarter, (_HASH_SIDE + 1, _HASH_SIDE), interpolation=cv2.INTER_AREA).astype(np.int16)
    bits = (small[:, :-1] > small[:, 1:]).ravel()
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def _in_whole_blocks(patch: UInt8Array, side: int) -> UInt8Array:
    """Reduce a patch to no less than twice side by whole blocks of pixels, which halves the work of what follows."""
    block = min(max(patch.shape) // (2 * side), min(patch.shape) // _SMALLEST_PX)
    if block < 2:
        return patch
    height, width = (length // block for length in patch.shape)
    whole = patch[: height * block, : width * block]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
