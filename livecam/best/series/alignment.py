"""Whether two photos show the same view, or one that has slid, as in a panorama, by their tiny pictures.

Normalised cross-correlation of all overlaps at once, after D. Padfield, "Masked object registration in the Fourier
domain", IEEE Transactions on Image Processing 21 (2012), on pictures whose broad light and shade is taken out: a sky
that darkens upwards looks the same wherever the camera points.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from livecam.best.records.view import View
from livecam.types import FloatArray

_BROAD = 8.0  # cells of 48: light and shade that change more slowly say nothing of where the camera points
_FAINTEST = 0.3  # grey levels, standard deviation: below it an overlap shows nothing


@dataclass(frozen=True, slots=True)
class Slide:
    """How far what is seen moves from one picture to the next.

    right, down: shares of width and height; below 0: to the left, up.  likeness: of what both show, at most 1.
    """

    right: float
    down: float
    likeness: float


def slide(before: View, after: View, *, min_overlap: float) -> Slide | None:
    """Return the move at which the pictures are most alike; None if they have other shapes or show nothing.

    min_overlap: share of the picture that both must show.
    """
    if before.grey.shape != after.grey.shape:
        return None
    rows, columns = before.grey.shape
    at_every_move = _likeness_at_every_move(_detail(before), _detail(after), min_overlap)
    if at_every_move is None:
        return None
    row, column = np.unravel_index(int(np.argmax(at_every_move)), at_every_move.shape)
    down, right = (int(at) - 2 * length if at > length else int(at) for at, length in ((row, rows), (column, columns)))
    return Slide(right / columns, down / rows, float(at_every_move[row, column]))


def likeness(view: View, other: View) -> float:
    """How alike two pictures are where nothing moves, -1 to 1; 0 if they have other shapes or show nothing."""
    if view.grey.shape != other.grey.shape:
        return 0.0
    a, b = (_detail(picture) for picture in (view, other))
    a, b = a - a.mean(), b - b.mean()
    energy = float(np.sqrt((a * a).mean() * (b * b).mean()))
    return float((a * b).mean()) / energy if energy > _FAINTEST**2 else 0.0


def light_difference_ev(view: View, other: View) -> float | None:
    """How much brighter other is, EV, where neither is black or white; None if that is hardly anywhere."""
    if view.grey.shape != other.grey.shape:
        return None
    a, b = (picture.grey.astype(np.float32) for picture in (view, other))
    told = (np.minimum(a, b) > 6) & (np.maximum(a, b) < 250)
    if told.mean() < 0.05:
        return None
    return float(np.median(2.2 * np.log2(b[told] / a[told])))  # sRGB is near a power of 2.2


@lru_cache(maxsize=64)  # each view is compared with several, one soon after the other
def _detail(view: View) -> FloatArray:
    grey = view.grey.astype(np.float32)
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), _BROAD, borderType=cv2.BORDER_REFLECT), np.float32)


def _likeness_at_every_move(before: FloatArray, after: FloatArray, min_overlap: float) -> FloatArray | None:
    """Of every move by whole cells, those to the left and up from the far end; -1 where too little overlaps."""
    rows, columns = before.shape
    shape = (2 * rows, 2 * columns)
    ones = np.fft.rfft2(np.ones_like(before), shape)
    a, b, aa, bb = (np.fft.rfft2(array, shape) for array in (before, after, before**2, after**2))

    def summed(of_before: np.ndarray, of_after: np.ndarray) -> np.ndarray:
        """Of what overlaps when before is moved over after."""
        return np.fft.irfft2(of_after * np.conj(of_before), shape)

    cells = np.maximum(np.rint(summed(ones, ones)), 0)
    enough = cells >= min_overlap * rows * columns
    count = np.maximum(cells, 1)
    sum_a, sum_b = summed(a, ones), summed(ones, b)
    shared = summed(a, b) / count - sum_a * sum_b / count**2
    energy_a = summed(aa, ones) / count - (sum_a / count) ** 2
    energy_b = summed(ones, bb) / count - (sum_b / count) ** 2
    shows = (energy_a > _FAINTEST**2) & (energy_b > _FAINTEST**2) & enough
    if not shows.any():
        return None
    return np.where(shows, shared / np.sqrt(np.where(shows, energy_a * energy_b, 1.0)), -1.0).astype(np.float32)
