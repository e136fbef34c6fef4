"""A picture of a face, and what is painted before it: layers of colour that hide more and more of it.

Pictures are half as large as a crop: the patches that are taken of them show no more.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from livecam.faces.mesh import LEFT_CHEEK, RIGHT_CHEEK
from livecam.types import CROP_SIZE, UInt8Array
from model.shipped.painted_covers import Points, lips_and_unit

_Floats = npt.NDArray[np.floating]

SIDE = CROP_SIZE // 2  # pixels of the pictures that are painted
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE].astype(np.float32)  # of each pixel
_SKIN = (LEFT_CHEEK, RIGHT_CHEEK, 151, 5, 50, 280)  # landmarks


@dataclass(slots=True)
class Scene:
    """What is being painted. other: another picture.  lips: their middle, and unit: between the eyes, pixels.

    skin: of a hand, RGB.  colour: (S, S, 3), grey levels.  mask: (S, S), how much of the picture it hides, 0..1.
    """

    other: UInt8Array
    lips: Points
    unit: float
    skin: Points
    rng: np.random.Generator
    colour: _Floats = field(default_factory=lambda: np.zeros((SIDE, SIDE, 3), np.float32))
    mask: _Floats = field(default_factory=lambda: np.zeros((SIDE, SIDE), np.float32))

    @classmethod
    def of(cls, image: UInt8Array, points: Points, other: UInt8Array, rng: np.random.Generator) -> Scene:
        """Begin one before a face. image: of it.  points: (478, 2), pixels."""
        lips, unit = lips_and_unit(points)
        return cls(other, lips, unit, _skin(image, points, rng), rng)

    def near_lips(self, across: float, down: float = 0.0) -> Points:
        """Return a place so far from the lips, standard deviations, in units; down is added to it."""
        at: Points = self.lips + (self.rng.normal(0, across, 2) + np.array([0, down])) * self.unit
        return at

    def lay(self, colour: Points, mask: _Floats) -> None:
        """Lay a colour, RGB or one of each pixel, over what is there."""
        self.colour = self.colour * (1 - mask[..., None]) + (colour * mask[..., None]).astype(np.float32)
        self.mask = np.maximum(self.mask, mask)

    def limb(self, start: Points, end: Points, radii: tuple[float, float], colour: Points, creases: int = 0) -> None:
        """Lay a rounded cylinder from start to end, as thick as radii there, darker at its sides."""
        along = end - start
        share = ((COLUMNS - start[0]) * along[0] + (ROWS - start[1]) * along[1]) / max(float(along @ along), 1e-6)
        share = np.clip(share, 0, 1)
        radius = radii[0] + (radii[1] - radii[0]) * share
        off = np.hypot(COLUMNS - start[0] - share * along[0], ROWS - start[1] - share * along[1]) / radius
        light = 1 - self.rng.uniform(0.15, 0.6) * np.clip(off, 0, 1) ** 2
        for _ in range(creases):
            near = np.exp(-(((share - self.rng.uniform(0.1, 0.9)) / 0.025) ** 2))
            light = light * (1 - self.rng.uniform(0.05, 0.35) * near)
        self.lay(colour * light[..., None], np.clip((1 - off) * min(radii) / 0.9, 0, 1).astype(np.float32))


def _skin(image: UInt8Array, points: Points, rng: np.random.Generator) -> Points:
    x, y = np.clip(points[_SKIN[rng.integers(len(_SKIN))]].astype(int), 2, SIDE - 3)
    tone = image[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3).mean(axis=0)
    skin: Points = np.clip(tone * rng.uniform(0.65, 1.3) * (1 + rng.normal(0, 0.04, 3)), 3, 250)
    return skin


def filled(outline: list[Points]) -> _Floats:
    """Return how much of each pixel lies within outline, (SIDE, SIDE), 0..1."""
    drawn = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(drawn, [np.round(np.asarray(outline) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return drawn.astype(np.float32) / 255
