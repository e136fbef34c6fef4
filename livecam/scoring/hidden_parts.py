"""Whether sunglasses hide the eyes of a face, or a mask its mouth: two small networks on what the crop shows there.

What the scorer says of eyes that nobody can see is a guess, and so are the landmarks' words on a covered mouth; both
must be said, and not be held against anybody. Each network sees a patch of the crop that the landmarks lay out, as the
logarithm of its colours to those of skin nearby, so that neither how light a skin is nor how much light there is counts
for much. One hidden layer each. ``model.shipped.hidden_parts`` trains them; its figures stand in MODEL_CARD.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from livecam.faces.mesh import LEFT_EYE, RIGHT_EYE, Points
from livecam.types import CROP_SIZE, Face, FaceCrop, FloatArray, UInt8Array

_DARKEST = 6.0  # grey levels that are added before the logarithm is taken, or noise in the dark would be loud


@dataclass(frozen=True, slots=True)
class PatchLayout:
    """Where a patch lies, in distances between the middles of the eyes from the point between them, x to the right.

    x, y: first and last.  columns, rows: pixels.  skin: landmarks whose mean colour is the patch's unit.  around:
    landmarks whose middle it lies around instead, if any.  crop_px: that the crop is shrunk to first, so that a patch
    is not sampled from single pixels.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    columns: int
    rows: int
    skin: tuple[int, ...]
    around: tuple[int, ...] = ()
    crop_px: int = 96


# Both eyes with the brows and what lies under glasses; the cheeks, the nose and the forehead are its skin.
EYE_PATCH = PatchLayout((-1.3, 1.3), (-0.55, 0.65), 39, 18, (4, 5, 50, 280, 205, 425, 9, 151))
# From the nose's bridge to the chin; the bridge, the forehead and the rims under the eyes are its skin.
MOUTH_PATCH = PatchLayout((-1.15, 1.15), (0.1, 2.0), 30, 25, (168, 6, 9, 8, 119, 348, 151))


class Hidden(NamedTuple):
    """How probable it is that the eyes, and that the mouth, are hidden, 0..1."""

    eyes: float
    mouth: float


def patch_of(image: UInt8Array, points: Points, layout: PatchLayout) -> FloatArray:
    """Return a patch as the network takes it, float32 (rows * columns * 3,).

    image: uint8 (224, 224, 3) RGB, the crop, or one shrunk already.  points: (478, 2), pixels of the crop.
    """
    return _patch(_shrunk(image, layout.crop_px), points, layout)


def _shrunk(image: UInt8Array, side: int) -> UInt8Array:
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _patch(small: UInt8Array, points: Points, layout: PatchLayout) -> FloatArray:
    scale = layout.crop_px / CROP_SIZE
    at = (points.astype(np.float64) + 0.5) * scale - 0.5
    right, left = (at[list(eye.corners)].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE))
    across = left - right
    down = np.array([-across[1], across[0]])
    if float(np.hypot(*across)) < 1.0:  # a profile: the patch would be a line
        down, across = np.array([0.0, 10.0]), np.array([10.0, 0.0])
    xs, ys = (np.linspace(*ends, number) for ends, number in ((layout.x, layout.columns), (layout.y, layout.rows)))
    steps = np.stack([across * (xs[-1] - xs[0]) / (len(xs) - 1), down * (ys[-1] - ys[0]) / (len(ys) - 1)], axis=1)
    middle = at[list(layout.around)].mean(axis=0) if layout.around else (left + right) / 2
    first = middle + across * xs[0] + down * ys[0]
    patch = cv2.warpAffine(
        small,
        np.column_stack((steps, first)),
        (layout.columns, layout.rows),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    where = np.clip(np.rint(at[list(layout.skin)]).astype(int), 0, layout.crop_px - 1)
    skin = np.log(small[where[:, 1], where[:, 0]].astype(np.float32) + _DARKEST).mean(axis=0)
    relative: FloatArray = (np.log(patch.astype(np.float32) + _DARKEST) - skin).reshape(-1)
    return relative


@dataclass(frozen=True, slots=True, eq=False)
class PatchNetwork:
    """One hidden layer: mean and deviation of each input, (n,), weights (n, h), (h,), (h,), and an offset."""

    mean: FloatArray
    deviation: FloatArray
    first: FloatArray
    first_offset: FloatArray
    second: FloatArray
    second_offset: FloatArray

    @classmethod
    def read(cls, tables: dict[str, NDArray[np.generic]], name: str) -> Self:
        """Read the network called name out of what ``model.shipped.hidden_parts`` wrote."""
        return cls(*(tables[f"{name}_{field}"].astype(np.float32) for field in cls.__slots__))

    def probability(self, patch: FloatArray) -> float:
        """Return the probability that what the patch shows is hidden, 0..1."""
        inner = np.maximum(((patch - self.mean) / self.deviation) @ self.first + self.first_offset, 0.0)
        logit = float(inner @ self.second + self.second_offset)
        return float(1 / (1 + np.exp(-np.clip(logit, -30.0, 30.0))))


@cache
def _networks() -> tuple[PatchNetwork, PatchNetwork]:
    with files("livecam.assets").joinpath("hidden-parts.npz").open("rb") as file, np.load(file) as stored:
        tables = dict(stored)
    return PatchNetwork.read(tables, "eyes"), PatchNetwork.read(tables, "mouth")


def hidden_parts(face: Face, crop: FaceCrop) -> Hidden:
    """Return how probable it is that the eyes and the mouth of a face are hidden."""
    matrix = crop.matrix.astype(np.float64)
    points = face.landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    eyes, mouth = _networks()
    small = _shrunk(crop.image, MOUTH_PATCH.crop_px)  # the eyes' too
    return Hidden(
        eyes=eyes.probability(_patch(small, points, EYE_PATCH)),
        mouth=mouth.probability(_patch(small, points, MOUTH_PATCH)),
    )
