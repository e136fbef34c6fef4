"""What people like in a face beyond the score, in points of the 1..5 scale: the mouth, the look, the eyes, brows, head.

A sum of MediaPipe's blendshapes, of how far the sides of some differ, and of the pose, with weights that were fitted to
what readers preferred in bursts: see ``livecam.best.ranking.settings``. It knows no scorer and no person.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livecam.faces.mesh import BLENDSHAPE_NAMES, Blendshapes, blendshape_places

_Floats = NDArray[np.float64]


class Part(enum.Enum):
    """What of a face is liked more or less."""

    MOUTH = enum.auto()
    MOUTH_SIDES = enum.auto()
    GAZE = enum.auto()
    EYES = enum.auto()
    BROWS = enum.auto()
    HEAD = enum.auto()


# By how a blendshape's name begins. Cheeks and nose are left out: MediaPipe's hardly ever move.
_PARTS = {"eyeLook": Part.GAZE, "eye": Part.EYES, "brow": Part.BROWS, "jaw": Part.MOUTH, "mouth": Part.MOUTH}
_MEANS = tuple(
    dict.fromkeys(
        name.removesuffix("Left").removesuffix("Right")
        for name in BLENDSHAPE_NAMES
        if any(name.startswith(beginning) for beginning in _PARTS)
    )
)
_PAIRS = tuple(name for name in _MEANS if name.startswith(("jaw", "mouth")) and len(blendshape_places(name)) == 2)
_SIDES = " sides"
_POSE = ("yaw", "pitch", "roll")
BLENDSHAPE_FEATURES = (*_MEANS, *(name + _SIDES for name in _PAIRS))
# What has a weight: blendshapes, of a pair the mean; how far the mouth's sides differ; how far the head is from
# straight, whichever way, degrees.
FEATURES = (*BLENDSHAPE_FEATURES, *_POSE)

_TO_MEANS = np.zeros((len(_MEANS), len(BLENDSHAPE_NAMES)))
for _row, _name in enumerate(_MEANS):
    _TO_MEANS[_row, list(blendshape_places(_name))] = 1 / len(blendshape_places(_name))
_LEFT, _RIGHT = (np.array([blendshape_places(name)[side] for name in _PAIRS]) for side in (0, 1))


def features_of(blendshapes: Blendshapes, pose: Sequence[float]) -> _Floats:
    """Return FEATURES of a face, (F,). blendshapes: (52,), 0..1.  pose: yaw, pitch, roll, degrees."""
    shapes = np.asarray(blendshapes, np.float64)
    return np.concatenate((_TO_MEANS @ shapes, np.abs(shapes[_LEFT] - shapes[_RIGHT]), np.abs(pose)))


def part_of(feature: str) -> Part:
    """Return what of a face one of FEATURES is of."""
    if feature.endswith(_SIDES):
        return Part.MOUTH_SIDES
    return next((part for beginning, part in _PARTS.items() if feature.startswith(beginning)), Part.HEAD)


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """Weights of FEATURES. weights: points for a blendshape of 1 or a degree; of those that are not named 0."""

    weights: Mapping[str, float]
    _by_part: _Floats

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> Expression:
        """Make it. Raises ValueError for a feature that is none."""
        by_part = np.zeros((len(Part), len(FEATURES)))
        for feature, weight in weights.items():
            if feature not in FEATURES:
                raise ValueError(f"no feature {feature!r} of a face")
            by_part[list(Part).index(part_of(feature)), FEATURES.index(feature)] = weight
        return cls(weights, by_part)

    def points(self, blendshapes: Blendshapes, pose: Sequence[float]) -> dict[Part, float]:
        """Return the points of each part of a face, see ``features_of``."""
        return dict(zip(Part, (self._by_part @ features_of(blendshapes, pose)).tolist(), strict=True))
