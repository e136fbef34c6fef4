"""MediaPipe's face mesh and blendshapes by name, and what is measured on them: the one home of face geometry.

Left and right are the subject's. Where one thing is measured in two ways, both stand here, since a limit, a weight or
the shipped model was fitted to each: to change one is to fit again what is said to use it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from livecam.types import FloatArray

Eye = Literal["left", "right"]
Points = NDArray[np.floating[Any]]
Blendshapes = Sequence[float] | FloatArray

# MediaPipe's blendshapes, in its order.
BLENDSHAPE_NAMES = (
    "_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
    "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight",
    "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen",
    "jawRight", "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthFunnel", "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight",
    "mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft",
    "mouthUpperUpRight", "noseSneerLeft", "noseSneerRight",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EyePoints:
    """Landmarks of one eye, each row from the outer to the inner side.

    upper, lower: the edges of the lids, nine points each, the corners among them.  brow, brow_top: the lower and the
    upper edge of the brow, five each.  iris: its middle.
    """

    upper: tuple[int, ...]
    lower: tuple[int, ...]
    brow: tuple[int, ...]
    brow_top: tuple[int, ...]
    iris: int

    @property
    def outer(self) -> int:
        """The outer corner."""
        return self.upper[0]

    @property
    def inner(self) -> int:
        """The inner corner."""
        return self.upper[-1]

    @property
    def corners(self) -> tuple[int, int]:
        """The outer and the inner corner."""
        return self.outer, self.inner

    @property
    def corners_and_lid_middles(self) -> tuple[int, int, int, int]:
        """Four points around the eye: glasses are painted around their mean (``model.shipped.painted_glasses``)."""
        return self.outer, self.inner, self.upper[4], self.lower[4]

    @property
    def corners_and_outer_lower_lid(self) -> tuple[int, int, int, int]:
        """Four points around the eye: hidden when half of them are (``model.shipped.augment``)."""
        return self.outer, self.lower[3], self.upper[4], self.inner

    @property
    def contour(self) -> tuple[int, ...]:
        """The sixteen points around the opening, from the outer corner along the lower lid and back."""
        return (*self.lower, *self.upper[-2:0:-1])


LEFT_EYE = EyePoints(
    upper=(263, 466, 388, 387, 386, 385, 384, 398, 362),
    lower=(263, 249, 390, 373, 374, 380, 381, 382, 362),
    brow=(276, 283, 282, 295, 285),
    brow_top=(300, 293, 334, 296, 336),
    iris=473,
)
RIGHT_EYE = EyePoints(
    upper=(33, 246, 161, 160, 159, 158, 157, 173, 133),
    lower=(33, 7, 163, 144, 145, 153, 154, 155, 133),
    brow=(46, 53, 52, 65, 55),
    brow_top=(70, 63, 105, 66, 107),
    iris=468,
)
EYES: Mapping[Eye, EyePoints] = {"left": LEFT_EYE, "right": RIGHT_EYE}

# Edges of the lips from the right corner of the mouth to the left one, both included.
UPPER_LIP_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
UPPER_LIP_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_LIP_INNER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
LOWER_LIP_OUTER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
RIGHT_MOUTH_CORNER, LEFT_MOUTH_CORNER = 61, 291
# From the nose to below the corner of the mouth: where a smile folds the cheek.
RIGHT_SMILE_FOLD, LEFT_SMILE_FOLD = (129, 203, 206, 216, 212), (358, 423, 426, 436, 432)

NOSE_BRIDGE, NOSE_TIP, NOSE_BASE = 168, 1, 2  # between the eyes; the tip; where the nose meets the upper lip
FOREHEAD, BELOW_LIP, CHIN_FRONT, CHIN = 10, 200, 199, 152  # at the hair line; below the lower lip; the lowest is CHIN
RIGHT_EAR, LEFT_EAR, RIGHT_TEMPLE, LEFT_TEMPLE = 234, 454, 127, 356  # of the outline; glasses reach it at the temples
RIGHT_JAW, LEFT_JAW, RIGHT_CHEEK, LEFT_CHEEK = 172, 397, 50, 280
# Around the outline and over the middle: the share of them that is hidden stands for the hidden share of the face.
ALL_OVER_THE_FACE = (
    FOREHEAD, CHIN, RIGHT_EAR, LEFT_EAR, RIGHT_TEMPLE, LEFT_TEMPLE, RIGHT_JAW, LEFT_JAW, NOSE_TIP, UPPER_LIP_INNER[5],
    LOWER_LIP_INNER[5], RIGHT_MOUTH_CORNER, LEFT_MOUTH_CORNER, *RIGHT_EYE.corners, *LEFT_EYE.corners,
    RIGHT_EYE.brow_top[2], LEFT_EYE.brow_top[2], RIGHT_CHEEK, LEFT_CHEEK, CHIN_FRONT,
)  # fmt: skip


def box_middle(box: tuple[float, float, float, float]) -> tuple[float, float]:
    """Return x, y of the middle of a box x0, y0, x1, y1, in its unit."""
    x0, y0, x1, y1 = box
    return (x0 + x1) / 2, (y0 + y1) / 2


def eye_line(points: Points) -> Points:
    """Return x, y, (2,), from the middle of the right eye's corners to that of the left eye's.  points: (478, 2)."""
    line: Points = points[list(LEFT_EYE.corners)].mean(axis=0) - points[list(RIGHT_EYE.corners)].mean(axis=0)
    return line


def eye_span(points: Points) -> float:
    """Return the distance between the outer corners of the eyes in the points' unit.  points: (478, 2 or 3)."""
    return float(np.hypot(*(points[LEFT_EYE.outer, :2] - points[RIGHT_EYE.outer, :2])))


def _places() -> dict[str, tuple[int, ...]]:
    places: dict[str, tuple[int, ...]] = {name: (place,) for place, name in enumerate(BLENDSHAPE_NAMES)}
    lefts = [name.removesuffix("Left") for name in BLENDSHAPE_NAMES if name.endswith("Left")]
    return places | {name: places[f"{name}Left"] + places[f"{name}Right"] for name in lefts}


_PLACES = _places()


def blendshape_places(name: str) -> tuple[int, ...]:
    """Return where a blendshape stands among the 52; of a pair such as "eyeBlink" the left and the right one.

    Raises KeyError for a name that is neither.
    """
    return _PLACES[name]


# For each blendshape the place of the one that it becomes in a mirrored picture.
MIRRORED_BLENDSHAPES = tuple(
    _PLACES[re.sub("(Left|Right)$", lambda side: "Right" if side[0] == "Left" else "Left", name)][0]
    for name in BLENDSHAPE_NAMES
)


def blendshape(values: Blendshapes, name: str) -> float:
    """Return one blendshape of the 52 by its name, 0..1; of a pair such as "mouthSmile" the mean of both sides.

    Raises KeyError for a name that is neither.
    """
    places = _PLACES[name]
    if len(places) == 1:
        return float(values[places[0]])
    left, right = places
    return (float(values[left]) + float(values[right])) / 2


def larger_side(values: Blendshapes, name: str) -> float:
    """Return the larger of a pair of blendshapes such as "noseSneer", 0..1; of one without sides its value."""
    return max(float(values[place]) for place in _PLACES[name])


def side_difference(values: Blendshapes, name: str) -> float:
    """Return by how much the two sides of a pair of blendshapes differ, 0..1."""
    left, right = _PLACES[name]
    return abs(float(values[left]) - float(values[right]))


def lids_down(values: Blendshapes) -> float:
    """Return how far down the lower of the two lids is, 0..1. A smile narrows the eyes too, which is no blink."""
    return larger_side(values, "eyeBlink")


def smile_in_single_precision(values: FloatArray) -> float:
    """Return the mean of both sides' mouthSmile, 0..1, summed as float32: the shipped model's rubric was made so."""
    left, right = _PLACES["mouthSmile"]
    return float((values[left] + values[right]) / 2)


def smile_less_press(values: Blendshapes) -> float:
    """Return how much the mouth smiles less how much the lips are pressed together, -1..1."""
    return blendshape(values, "mouthSmile") - blendshape(values, "mouthPress")


def mouth_asymmetry_max(values: Blendshapes) -> float:
    """Return how far the mouth is drawn to one side, 0..1: by a one-sided smile or as a whole, whichever is more.

    ``livecam.shutter.smile_check`` sets its limit on this one.
    """
    return max(side_difference(values, "mouthSmile"), side_difference(values, "mouth"))


def mouth_asymmetry_sum(values: Blendshapes) -> float:
    """Return how far the mouth is drawn to one side, 0..2: by a one-sided smile and as a whole, together.

    The weight of ``livecam.best.ranking.ranked`` was fitted to this one.
    """
    return side_difference(values, "mouthSmile") + side_difference(values, "mouth")


class Gaze(NamedTuple):
    """How far the eyes look to the subject's left and right, up and down in the head: means of both eyes, 0..1."""

    left: float
    right: float
    up: float
    down: float

    @property
    def aside(self) -> float:
        """To the left less to the right, -1..1: ``livecam.scoring.checks`` turns it into degrees."""
        return self.left - self.right

    @property
    def upwards(self) -> float:
        """Up less down, -1..1: ``livecam.scoring.checks`` turns it into degrees."""
        return self.up - self.down

    @property
    def largest_but_down(self) -> float:
        """The largest but down, which lowered lids read as, 0..1: ``model.shipped.rubric`` knows no other gaze."""
        return max(self.left, self.right, self.up)


def gaze_of(values: Blendshapes) -> Gaze:
    """Return where the eyes look in the head, from the 52 blendshapes."""
    return Gaze(
        left=(blendshape(values, "eyeLookOutLeft") + blendshape(values, "eyeLookInRight")) / 2,
        right=(blendshape(values, "eyeLookInLeft") + blendshape(values, "eyeLookOutRight")) / 2,
        up=blendshape(values, "eyeLookUp"),
        down=blendshape(values, "eyeLookDown"),
    )
