"""Drawing for the screen: panels, text, lines and icons, anti-aliased, straight into an RGB picture.

Everything touches only the pixels it covers, clips itself to the picture, and takes sizes in pixels. A colour is
(red, green, blue), 0..255; a rectangle is a Rect of whole pixels.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from livecam.types import UInt8Array
from livecam.ui.blend import Mask, blend, plain, rounded
from livecam.ui.fonts import font_for
from livecam.ui.layout import Layout

Colour = tuple[int, int, int]
Points = npt.NDArray[np.float64]

WHITE: Colour = (248, 248, 246)
MUTED: Colour = (186, 190, 194)
GREY: Colour = (110, 114, 118)
ACCENT: Colour = (88, 222, 168)
ATTENTION: Colour = (255, 190, 92)
INK = 15

# OpenCV draws at fractions of a pixel when coordinates carry this many binary digits after the point.
_SHIFT = 4


@dataclass(frozen=True, slots=True)
class Rect:
    """x, y of the upper left corner, width and height, in whole pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column outside."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row outside."""
        return self.y + self.height

    def overlap(self, other: Rect) -> int:
        """Area shared with other, pixels."""
        width = min(self.right, other.right) - max(self.x, other.x)
        height = min(self.bottom, other.bottom) - max(self.y, other.y)
        return max(width, 0) * max(height, 0)


def panel(image: UInt8Array, rect: Rect, radius: int, opacity: float = 0.74) -> None:
    """Darken a rounded rectangle, so that light text on it is readable over any scene."""
    if (
        rect.x < 0
        or rect.y < 0
        or rect.right > image.shape[1]
        or rect.bottom > image.shape[0]
        or min(rect.width, rect.height) <= 0
    ):
        return  # the picture is too small for it
    roi = image[rect.y : rect.bottom, rect.x : rect.right]
    radius = min(radius, rect.width // 2, rect.height // 2)
    dark = np.asarray(cv2.convertScaleAbs(roi, alpha=1 - opacity, beta=opacity * INK), np.uint8)
    if radius:  # only the corners need the slow blend
        mask = rounded(2 * radius, 2 * radius, radius)
        ends = slice(None, radius), slice(-radius, None)
        for here in itertools.product(ends, ends):
            inside, outside = mask.weights(here)
            dark[here] = cv2.blendLinear(roi[here], dark[here], outside, inside)
    roi[:] = dark


def picture(image: UInt8Array, inset: UInt8Array, x: int, y: int, radius: int) -> None:
    """Lay inset, uint8 (h, w, 3), on image with rounded corners."""
    blend(image, inset, rounded(inset.shape[1], inset.shape[0], radius), x, y)


@lru_cache(maxsize=512)
def text_width(text: str, size: int, weight: int = 400) -> int:
    """Pixels from the first to the last inked column, rounded up."""
    x, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), font_for(text), max(size, 1), weight)
    return int(x + width)


@lru_cache(maxsize=256)
def _glyphs(text: str, size: int, weight: int) -> Mask:
    # OpenCV rasterises large letters anew at each call (12 ms at 100 px), so the result is kept.
    canvas = np.zeros((size * 3 // 2 + 2, text_width(text, size, weight) + size, 3), np.uint8)
    cv2.putText(canvas, text, (size // 2, size + 1), (255, 255, 255), font_for(text), size, weight)
    return Mask(canvas[:, :, 0].copy(), size // 2, size + 1)


def write(
    image: UInt8Array, text: str, x: float, y: float, size: int, colour: Colour = WHITE, weight: int = 400
) -> None:
    """Write text with its left end at x and its baseline at y. size: of the font, pixels; weight: 100..900."""
    mask = _glyphs(text, max(size, 1), weight)
    blend(image, colour, mask, round(x) - mask.x, round(y) - mask.y)


def write_centred(
    image: UInt8Array, text: str, x: float, y: float, size: int, colour: Colour = WHITE, weight: int = 400
) -> None:
    """Write text with its middle at x and its baseline at y."""
    write(image, text, x - text_width(text, size, weight) / 2, y, size, colour, weight)


def shorten(text: str, size: int, room: int, weight: int = 400) -> str:
    """Return text, or its beginning with an ellipsis, so that it fits into room pixels."""
    if text_width(text, size, weight) <= room:
        return text
    kept = bisect_right(range(len(text)), room, key=lambda count: text_width(text[:count] + "…", size, weight)) - 1
    return text[: max(kept, 0)].rstrip() + "…"


def wrap(text: str, size: int, room: int, most: int) -> list[str]:
    """Break text between words into lines of room pixels, at most so many; what is left over ends in an ellipsis."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and len(lines) < most and text_width(longer, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return [shorten(each, size, room) for each in lines]


def pill_width(text: str, layout: Layout) -> int:
    """Pixels that a pill around text takes."""
    return text_width(text, layout.px(18)) + layout.px(36)


def pill(
    image: UInt8Array, text: str, x: int, y: int, layout: Layout, colour: Colour = WHITE, *, indent: int = 0
) -> None:
    """Write small text in a round-ended panel with its corner at x, y. indent: pixels kept free before the text."""
    height = layout.px(36)
    panel(image, Rect(x, y, pill_width(text, layout) + indent, height), height // 2)
    write(image, text, x + layout.px(18) + indent, y + layout.px(24), layout.px(18), colour)


def line(image: UInt8Array, points: Points, colour: Colour, thickness: int) -> None:
    """Draw a polyline. points: float (N, 2), x and y in pixels."""
    lines(image, [points], colour, thickness)


def lines(image: UInt8Array, each: Sequence[Points], colour: Colour, thickness: int) -> None:
    """Draw several polylines at once; a call of OpenCV's has its price."""
    fixed = [np.round(points * (1 << _SHIFT)).astype(np.int32) for points in each]
    cv2.polylines(image, fixed, False, colour, max(thickness, 1), cv2.LINE_AA, _SHIFT)


def dot(image: UInt8Array, x: float, y: float, radius: float, colour: Colour) -> None:
    """Draw a filled circle."""
    one = 1 << _SHIFT
    centre = round(x * one), round(y * one)
    cv2.circle(image, centre, max(round(radius * one), one // 2), colour, -1, cv2.LINE_AA, _SHIFT)


def star(image: UInt8Array, x: float, y: float, radius: float, colour: Colour) -> None:
    """Draw a filled star of five points."""
    turns = np.arange(10) * math.pi / 5
    reach = np.where(np.arange(10) % 2, 0.45, 1.0) * radius
    points = np.column_stack((x + reach * np.sin(turns), y - reach * np.cos(turns)))
    cv2.fillPoly(image, [np.round(points * (1 << _SHIFT)).astype(np.int32)], colour, cv2.LINE_AA, _SHIFT)


def fill(image: UInt8Array, points: Points, colour: Colour, opacity: float) -> None:
    """Tint the inside of a polygon. points: float (N, 2), x and y in pixels, inside the picture."""
    low, high = np.floor(points.min(axis=0)).astype(int), np.ceil(points.max(axis=0)).astype(int) + 1
    roi = image[max(low[1], 0) : high[1], max(low[0], 0) : high[0]]
    if not roi.size:
        return
    fixed = np.round((points - np.maximum(low, 0)) * (1 << _SHIFT)).astype(np.int32)
    layer = roi.copy()
    cv2.fillPoly(layer, [fixed], colour, cv2.LINE_AA, _SHIFT)
    roi[:] = cv2.addWeighted(layer, opacity, roi, 1 - opacity, 0)


def mix(colour: Colour, other: Colour, share: float) -> Colour:
    """Return colour with a share, 0..1, of other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def veil(image: UInt8Array, rect: Rect, colour: Colour, opacity: float) -> None:
    """Tint a rectangle, evenly and fast."""
    roi = image[max(rect.y, 0) : max(rect.bottom, 0), max(rect.x, 0) : max(rect.right, 0)]
    if roi.size:
        roi[:] = cv2.addWeighted(plain(colour, roi.shape[0], roi.shape[1]), opacity, roi, 1 - opacity, 0)


def arc(x: float, y: float, radius: float, start: float, sweep: float) -> Points:
    """Points of a part of a circle; degrees, clockwise from the top."""
    count = max(2, math.ceil(abs(sweep) / 4) + 1)
    angles = np.radians(np.linspace(start, start + sweep, count) - 90)
    return np.column_stack((x + radius * np.cos(angles), y + radius * np.sin(angles)))


def frame_corners(image: UInt8Array, rect: Rect, radius: int, arm: int, colour: Colour, thickness: int) -> None:
    """Draw the four rounded corners of a box, with a dark rim that keeps them visible on a light scene."""
    left, right, top, bottom = rect.x + radius, rect.right - radius, rect.y + radius, rect.bottom - radius
    corners = (
        (left, top, 270, (0, arm), (arm, 0)),
        (right, top, 0, (-arm, 0), (0, arm)),
        (right, bottom, 90, (0, -arm), (-arm, 0)),
        (left, bottom, 180, (arm, 0), (0, -arm)),
    )
    strokes = []
    for x, y, start, before, after in corners:
        bend = arc(x, y, radius, start, 90)
        strokes.append(np.vstack((bend[:1] + before, bend, bend[-1:] + after)))
    for tint, width in (((INK, INK, INK), thickness + max(2, thickness // 2 * 2)), (colour, thickness)):
        lines(image, strokes, tint, width)
