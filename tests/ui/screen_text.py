"""Reads the screen: whether a text stands on a picture, as it would be drawn there."""

from __future__ import annotations

import cv2
import numpy as np

from livecam.types import UInt8Array
from livecam.ui import draw
from livecam.ui.layout import Layout

PILL, HEADLINE = (18, 400), (36, 600)  # sizes in design pixels and weights: of notices, and of the card's big words
_SAME = 0.995  # correlation: of the same text over a plain scene 1.000, of one that differs in a digit below 0.98


def shows(image: UInt8Array, text: str, font: tuple[int, int] = PILL) -> bool:
    """Whether text stands anywhere on image, uint8 (H, W, 3) RGB, in this font, whatever its colour."""
    size, weight = Layout(image.shape[1], image.shape[0]).px(font[0]), font[1]
    width = draw.text_width(text, size, weight)
    if width >= image.shape[1]:
        return False
    written = np.zeros((2 * size, width, 3), np.uint8)
    draw.write(written, text, 0, round(1.4 * size), size, draw.WHITE, weight)
    rows = np.nonzero(written.any(axis=(1, 2)))[0]
    template = written[rows[0] : rows[-1] + 1]
    grey, wanted = (cv2.cvtColor(one, cv2.COLOR_RGB2GRAY) for one in (image, template))
    return float(cv2.matchTemplate(grey, wanted, cv2.TM_CCOEFF_NORMED).max()) > _SAME
