"""Pictures and faces turned by quarters of a turn, anticlockwise as ``numpy.rot90`` has it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from livecam.faces.mesh import Points
from livecam.types import Face, Frame, UInt8Array

_TURNS = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}


def clockwise_degrees(quarters: int) -> int:
    """Return the same turn as people say it: 0, 90, 180 or 270 degrees clockwise."""
    return -90 * quarters % 360


def turned_image(image: UInt8Array, quarters: int) -> UInt8Array:
    """Return image turned, in memory of its own."""
    if quarters % 4 == 0:
        return np.ascontiguousarray(image)
    return np.asarray(cv2.rotate(image, _TURNS[quarters % 4]), np.uint8)  # several times as fast as NumPy's


def turned_frame(frame: Frame, quarters: int) -> Frame:
    """Return frame with its picture turned."""
    return replace(frame, image=turned_image(frame.image, quarters))


def turned_points(points: Points, width: int, height: int, quarters: int) -> Points:
    """Return where the points of a picture lie once it is turned.

    points: (N, 2 or more), x, y, pixels, the middle of a pixel on whole numbers.  width, height: before the turn.
    """
    points = points.copy()
    for _ in range(quarters % 4):
        x, y = points[:, 0].copy(), points[:, 1].copy()
        points[:, 0], points[:, 1] = y, width - 1 - x
        width, height = height, width
    return points


def turned_back(face: Face, width: int, height: int, quarters: int) -> Face:
    """Return a face that was found in a picture turned by so many quarters in the pixels of the picture itself.

    width, height: of the turned picture. The pose stays as it is in the turned one, where the face is upright.
    """
    return replace(face, landmarks=turned_points(face.landmarks, width, height, -quarters).astype(np.float32))
