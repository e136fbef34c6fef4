"""Whether anything is on a picture: a covered lens, a closed shutter, or a camera that shows white or grey instead."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from livecam.sources.health import Health
from livecam.types import UInt8Array


@dataclass(frozen=True, slots=True)
class BlankSettings:
    """When nothing is on a picture, in levels of 255. All set by hand: nobody measured them.

    rim: share of the rows above and below that do not count, for cameras write date and time there.  grid: the picture
    is averaged to so many pixels, across and down: a covered lens still shows noise, which averages out.
    black_mean, black_spread: the most that a black picture has.  blank_spread: the most that one has which is of one
    grey or white all over: a white wall has its light and shade.
    """

    rim: float = 0.15
    grid: tuple[int, int] = (16, 9)
    black_mean: float = 24.0
    black_spread: float = 4.0
    blank_spread: float = 1.5


_SETTINGS = BlankSettings()


def nothing_on(pixels: UInt8Array) -> Health | None:
    """Return Health.BLACK or Health.BLANK where nothing is on a picture, uint8 (H, W, 3), else None.

    One of a single colour, such as the green of a decoder that has lost its data, is neither: a camera that gives that
    is to be opened again.
    """
    rim = int(len(pixels) * _SETTINGS.rim)
    middle = pixels[rim : len(pixels) - rim]
    small = cv2.resize(np.ascontiguousarray(middle), _SETTINGS.grid, interpolation=cv2.INTER_AREA)
    mean, spread = float(small.mean()), float(small.std())
    if mean <= _SETTINGS.black_mean and spread <= _SETTINGS.black_spread:
        return Health.BLACK
    return Health.BLANK if spread <= _SETTINGS.blank_spread else None
