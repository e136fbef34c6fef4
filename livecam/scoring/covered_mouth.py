"""How likely something is before the mouth of a face: a hand, a cup, a microphone, a sleeve.

A beard, a moustache or a blurred face can look like it to this network. So it says nothing of one frame by itself:
what it says is held against the same person's other frames (``livecam.best.ranking.assessment``). It sees a patch
around the lips in units of skin, as ``livecam.scoring.hidden_parts`` does: two convolutions and a hidden layer.
``model.shipped.covered_mouths`` trains it; its figures stand in MODEL_CARD.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from livecam.scoring.hidden_parts import MOUTH_PATCH, PatchLayout, patch_of
from livecam.types import Face, FaceCrop, FloatArray

# The lips with what lies around them.
LIP_PATCH = PatchLayout(
    (-1.0, 1.0), (-0.875, 0.875), 32, 28, MOUTH_PATCH.skin, around=(61, 291, 13, 14, 0, 17), crop_px=56
)
LOWEST, HIGHEST = -3.0, 2.0  # logarithms of colours to skin beyond which nothing is told apart


@dataclass(frozen=True, slots=True, eq=False)
class LipNetwork:
    """Weights: of both convolutions (K, C, k, k), of the hidden layer (U, N) and of its output (1, U); offsets of each.

    Both go in steps of two, with zeros around what they see.
    """

    first: FloatArray
    first_offset: FloatArray
    second: FloatArray
    second_offset: FloatArray
    inner: FloatArray
    inner_offset: FloatArray
    output: FloatArray
    output_offset: FloatArray

    @classmethod
    def read(cls, tables: dict[str, NDArray[np.generic]]) -> Self:
        """Read it out of what ``stored`` gave."""
        weights = {}
        for name in cls.__slots__:
            values = tables[name].astype(np.float32)
            steps = tables.get(f"{name}_step")
            weights[name] = values if steps is None else values * steps.astype(np.float32)
        return cls(**weights)

    def stored(self) -> dict[str, NDArray[np.generic]]:
        """Return it as it is kept: weights as int8 with the size of a step for each row, offsets as float16."""
        tables: dict[str, NDArray[np.generic]] = {}
        for name in self.__slots__:
            values: FloatArray = getattr(self, name)
            if name.endswith("_offset"):
                tables[name] = values.astype(np.float16)
                continue
            steps = np.abs(values).max(axis=tuple(range(1, values.ndim)), keepdims=True) / 127 + 1e-12
            tables[name] = np.rint(values / steps).astype(np.int8)
            tables[f"{name}_step"] = steps.astype(np.float32)
        return tables

    def log_odds(self, patch: FloatArray) -> float:
        """Return the log-odds that something is before the mouth, the mean of patch's and of its mirror image's."""
        seen = np.clip(patch, LOWEST, HIGHEST).reshape(LIP_PATCH.rows, LIP_PATCH.columns, 3).transpose(2, 0, 1)
        return (self._one_way(seen) + self._one_way(seen[:, :, ::-1])) / 2

    def _one_way(self, planes: FloatArray) -> float:
        for weights, offset in ((self.first, self.first_offset), (self.second, self.second_offset)):
            planes = _convolved(planes, weights, offset)
        inner = np.maximum(self.inner @ planes.reshape(-1) + self.inner_offset, 0)
        return float((self.output @ inner + self.output_offset)[0])


@cache
def _network() -> LipNetwork:
    with files("livecam.assets").joinpath("covered-mouth.npz").open("rb") as file, np.load(file) as stored:
        return LipNetwork.read(dict(stored))


def covered_mouth(face: Face, crop: FaceCrop) -> float:
    """Return the log-odds that something is before the mouth of a face; to be held against the same person's others."""
    matrix = crop.matrix.astype(np.float64)
    points = face.landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    return _network().log_odds(patch_of(crop.image, points, LIP_PATCH))


def _convolved(planes: FloatArray, weights: FloatArray, offset: FloatArray) -> FloatArray:
    """Convolve planes, (C, H, W), in steps of two; what is negative becomes 0."""
    size = weights.shape[-1]
    around = np.pad(planes, ((0, 0), (size // 2, size // 2), (size // 2, size // 2)))
    windows = sliding_window_view(around, (size, size), axis=(1, 2))[:, ::2, ::2]
    summed = np.tensordot(weights, windows, axes=((1, 2, 3), (0, 3, 4)))
    convolved: FloatArray = np.maximum(summed + offset[:, None, None], 0)
    return convolved
