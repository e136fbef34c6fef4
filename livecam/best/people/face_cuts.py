"""Faces cut out of a picture for somebody to look at: square, with a margin, all of one size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from livecam.best.records.frame import FaceRecord, FrameRecord
from livecam.types import UInt8Array


@dataclass(frozen=True, slots=True)
class CutSettings:
    """How faces are cut out of a picture. All set by hand.

    height: of the cut, pixels.  margin: side of the square over the face's.  most: faces, the largest.
    smallest: of the largest face, for a face to be shown.  within: the square is moved, and made smaller if need be, so
    that nothing of it lies beyond the picture's edge.
    """

    height: int = 360
    margin: float = 1.7
    most: int = 4
    smallest: float = 0.4
    within: bool = False


CUT_DEFAULTS = CutSettings()


def cut_faces(picture: UInt8Array, record: FrameRecord) -> UInt8Array:
    """Return the largest faces side by side, from the left, uint8 (height, n · height, 3); at least one is needed.

    picture: of record, uint8 (H, W, 3), RGB, maybe smaller than the photo.
    """
    largest = record.faces[0].size_px
    counted = [face for face in record.faces[: CUT_DEFAULTS.most] if face.size_px >= CUT_DEFAULTS.smallest * largest]
    from_left = sorted(counted, key=lambda face: face.middle[0])
    return np.concatenate([cut_face(picture, record, face) for face in from_left], axis=1)


def cut_face(
    picture: UInt8Array, record: FrameRecord, face: FaceRecord, settings: CutSettings = CUT_DEFAULTS
) -> UInt8Array:
    """Return one face of record, uint8 (height, height, 3), black beyond the picture's edge. picture: as above."""
    height, width = picture.shape[:2]
    scale = width / record.width
    x, y = face.middle[0] * scale, face.middle[1] * scale
    side = face.size_px * settings.margin * scale
    if settings.within:
        side = min(side, width, height)
        x, y = min(max(x, side / 2), width - side / 2), min(max(y, side / 2), height - side / 2)
    return _square(picture, (x, y), side, settings.height)


def _square(picture: UInt8Array, middle: tuple[float, float], side: float, size: int) -> UInt8Array:
    """Cut a square out, black beyond the picture's edge, and bring its side to size pixels."""
    half = max(round(side / 2), 1)
    x0, y0 = round(middle[0]) - half, round(middle[1]) - half
    height, width = picture.shape[:2]
    inside = picture[max(y0, 0) : max(y0 + 2 * half, 0), max(x0, 0) : max(x0 + 2 * half, 0)]
    beyond = max(-y0, 0), max(y0 + 2 * half - height, 0), max(-x0, 0), max(x0 + 2 * half - width, 0)
    if not inside.size:
        return np.zeros((size, size, 3), np.uint8)
    square = cv2.copyMakeBorder(inside, *beyond, cv2.BORDER_CONSTANT)
    method = cv2.INTER_AREA if 2 * half > size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (size, size), interpolation=method), np.uint8)
