"""The one definition of the face crop: training, export and the camera all call it.

The crop is a square turned so that the eyes are level, centred on the face and a little larger than it,
so that eyes, mouth and chin always fall in about the same place.
"""

from __future__ import annotations

import cv2
import numpy as np

from livecam.faces.mesh import eye_line
from livecam.types import CROP_SIZE, Face, FaceCrop, FloatArray, UInt8Array

# The square's side over the larger side of the landmarks' box: room for the hair line, the chin and an open mouth.
MARGIN = 1.3


def crop_matrix(face: Face) -> FloatArray:
    """Return the float32 (2, 3) similarity that maps frame pixels to crop pixels."""
    points = face.landmarks[:, :2].astype(np.float64)
    dx, dy = eye_line(points)
    length = float(np.hypot(dx, dy)) or 1.0
    # Turns the eye line level. In a picture that is not mirrored the subject's left eye is on the right.
    turn = np.array([[dx, dy], [-dy, dx]]) / length
    turned = points @ turn.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    scale = CROP_SIZE / max(MARGIN * float((high - low).max()), 1e-6)
    linear = turn * scale
    # Pixel centres lie on whole numbers, so the middle of 224 pixels is 111.5.
    offset = (CROP_SIZE - 1) / 2 - (low + high) / 2 * scale
    return np.column_stack((linear, offset)).astype(np.float32)


def crop_face(image: UInt8Array, face: Face) -> FaceCrop:
    """Cut the face out of image, uint8 (H, W, 3) RGB; what lies outside the image is black."""
    matrix = crop_matrix(face)
    step = int(1 / float(np.hypot(matrix[0, 0], matrix[0, 1])))
    to_crop = matrix.astype(np.float64)
    if step >= 2:  # a large face: average whole blocks first, or fine texture turns into false sharpness
        corners = np.array([[0, 0], [CROP_SIZE, 0], [0, CROP_SIZE], [CROP_SIZE, CROP_SIZE]], np.float64)
        corners = (corners - to_crop[:, 2]) @ np.linalg.inv(to_crop[:, :2]).T
        height, width = image.shape[:2]
        x0, y0 = np.clip(np.floor(corners.min(axis=0)).astype(int) - step, 0, (width, height))
        x1, y1 = np.clip(np.ceil(corners.max(axis=0)).astype(int) + step, 0, (width, height))
        columns, rows = (x1 - x0) // step, (y1 - y0) // step
        if columns >= 1 and rows >= 1:
            region = image[y0 : y0 + rows * step, x0 : x0 + columns * step]
            image = np.asarray(cv2.resize(region, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
            # A small pixel (u, v) is the mean of frame pixels step·u + x0 .. step·u + x0 + step − 1.
            first = np.array([x0, y0], np.float64) + (step - 1) / 2
            to_crop = np.column_stack((to_crop[:, :2] * step, to_crop[:, :2] @ first + to_crop[:, 2]))
    crop = cv2.warpAffine(image, to_crop, (CROP_SIZE, CROP_SIZE), flags=cv2.INTER_LINEAR, borderValue=(0, 0, 0))
    return FaceCrop(image=np.asarray(crop, np.uint8), matrix=matrix)
