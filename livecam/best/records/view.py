"""What a whole picture shows, tiny: enough to see that the view has slid, has stayed, or is in focus elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt

from livecam.types import FloatArray, UInt8Array

_LONGER_SIDE = 48  # cells: a third of it still has 16 to recognise where two pictures overlap
_CELL = 4  # cells of the view across one of focus
_MEASURED_AT = 960  # pixels of the longer side at which edges are measured: what a screen shows
STEPS_A_DOUBLING = 16.0  # of ``View.focus``: a step is 4 %


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """grey: uint8 (h, w), the longer side 48.

    focus: uint8 (h / 4, w / 4), how strong the edges are there: 16 log2(1 + root mean square of the difference of
    neighbouring pixels, grey levels). An edge out of focus is as high but wider, and so less in the square.
    """

    grey: UInt8Array
    focus: UInt8Array

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"grey": _text_of(self.grey), "focus": _text_of(self.focus)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Undo ``as_dict``. Raises KeyError, TypeError or ValueError on anything else."""
        return cls(_array_of(values["grey"]), _array_of(values["focus"]))


def view_of(grey: UInt8Array) -> View:
    """Return the view of a grey picture, uint8 (H, W)."""
    grey = np.asarray(_in_whole_blocks(grey, _MEASURED_AT), np.uint8)
    longest = max(grey.shape)
    if longest > _MEASURED_AT:
        grey = _resized(grey, max(round(grey.shape[1] * _MEASURED_AT / longest), 2), _MEASURED_AT / longest)
    if min(grey.shape) < 2:  # a line of pixels, or a single one, as web pages have them, has no edges
        grey = np.asarray(np.pad(grey, [(0, int(length < 2)) for length in grey.shape], "edge"), np.uint8)
    longest = max(grey.shape)
    columns, rows = (max(round(length * _LONGER_SIDE / longest), 1) for length in (grey.shape[1], grey.shape[0]))
    across = cv2.absdiff(grey[:-1, 1:], grey[:-1, :-1])
    down = cv2.absdiff(grey[1:, :-1], grey[:-1, :-1])
    edges = np.maximum(across, down).astype(np.float32)
    cells = max(columns // _CELL, 1), max(rows // _CELL, 1)
    squares = _in_whole_blocks(np.asarray(edges * edges, np.float32), 2 * _LONGER_SIDE)
    strength = np.sqrt(cv2.resize(squares, cells, interpolation=cv2.INTER_AREA))
    return View(
        grey=np.asarray(cv2.resize(grey, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8),
        focus=np.rint(STEPS_A_DOUBLING * np.log2(1 + strength)).astype(np.uint8),
    )


def _in_whole_blocks(array: UInt8Array | FloatArray, longest: int) -> npt.NDArray[Any]:
    """Reduce to no less than longest by whole blocks, which takes a tenth of the time of any other size."""
    block = min(max(array.shape) // longest, *array.shape)
    if block < 2:
        return array
    rows, columns = (length // block for length in array.shape)
    whole = array[: rows * block, : columns * block]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA))


def _resized(grey: UInt8Array, columns: int, scale: float) -> UInt8Array:
    rows = max(round(grey.shape[0] * scale), 2)
    return np.asarray(cv2.resize(grey, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


def _text_of(array: UInt8Array) -> list[Any]:
    rows, columns = array.shape
    return [rows, columns, base64.b64encode(array.tobytes()).decode("ascii")]


def _array_of(values: list[Any]) -> UInt8Array:
    rows, columns, text = values
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(rows, columns)
