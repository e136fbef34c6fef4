"""Closes the lips of an open mouth and smooths its folds: what of a smile no warp of the landmarks can undo."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from livecam.faces import mesh
from livecam.types import FloatArray, UInt8Array


def smoothstep(value: float | FloatArray, low: float, high: float) -> FloatArray:
    """Go smoothly from 0 at low to 1 at high."""
    t = np.clip((np.asarray(value, np.float32) - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def smooth_folds(image: UInt8Array, landmarks: FloatArray) -> UInt8Array:
    """Return a copy of image without the folds that a smile makes from the nose to the corners of the mouth.

    A resting face has next to none. The light of the cheek around them takes their place, under the skin's own grain.
    """
    unit = mesh.eye_span(landmarks)
    mask = np.zeros(image.shape[:2], np.float32)
    for fold in (mesh.RIGHT_SMILE_FOLD, mesh.LEFT_SMILE_FOLD):
        line = np.asarray(landmarks[list(fold), :2], np.int32).reshape(-1, 1, 2)
        cv2.polylines(mask, [line], False, 0.95, round(0.16 * unit))
    share = cv2.GaussianBlur(mask, (0, 0), 0.05 * unit)[..., None]
    light = cv2.GaussianBlur(image, (0, 0), 0.11 * unit).astype(np.float32)
    grain = image.astype(np.float32) - cv2.GaussianBlur(image, (0, 0), 0.012 * unit)
    return np.clip(image + (light + 0.6 * grain - image) * share + 0.5, 0, 255).astype(np.uint8)


def close_mouth(image: UInt8Array, landmarks: FloatArray, share: float) -> UInt8Array:
    """Return a copy of image with the lips of an open mouth brought together over the teeth.

    Works as ``model.shipped.painted_lids.paint_lid``: each lip is stretched to the seam, where the line between them
    is drawn.  share: 0 leaves the mouth as it is, 1 closes it.
    """
    out = image.copy()
    if share <= 0:
        return out
    points = landmarks[:, :2].astype(np.float64)
    corners = [mesh.RIGHT_MOUTH_CORNER, mesh.LEFT_MOUTH_CORNER]
    corner, other = points[corners]
    width = float(np.hypot(*(other - corner)))
    along = (other - corner) / width
    axes = np.stack([along, [-along[1], along[0]]], axis=1) / width
    knots = np.linspace(-0.2, 1.2, 141)

    def curve(row: tuple[int, ...]) -> npt.NDArray[np.float64]:
        uv = (points[list(row)] - corner) @ axes
        values = np.pad(np.interp(knots, uv[:, 0], uv[:, 1]), 6, mode="edge")
        return np.convolve(values, np.hanning(15)[1:-1] / np.hanning(15).sum(), mode="valid")

    upper_outer, upper = curve(mesh.UPPER_LIP_OUTER), curve(mesh.UPPER_LIP_INNER)
    lower_outer, lower = curve(mesh.LOWER_LIP_OUTER), curve(mesh.LOWER_LIP_INNER)
    lower = np.maximum(lower, upper)
    seam = upper + 0.25 * (lower - upper)
    up_now, low_now = upper + share * (seam - upper), lower - share * (lower - seam)
    slack = 0.012 * np.clip((lower - upper) / 0.05, 0, 1)
    x0, y0 = np.floor(points[[*corners, mesh.NOSE_BASE]].min(axis=0) - 0.2 * width).astype(int)
    x1, y1 = np.ceil(points[[*corners, mesh.BELOW_LIP]].max(axis=0) + 0.2 * width).astype(int)
    columns, rows = np.meshgrid(np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32))
    u, v = np.moveaxis((np.stack([columns, rows], axis=-1) - corner) @ axes, -1, 0)
    lines = (up_now, low_now, upper_outer - 0.10, lower_outer + 0.16, upper - share * slack, lower + share * slack)
    up, low, top, bottom, up_from, low_from = (np.interp(u, knots, line) for line in lines)
    upper_at, lower_at = np.interp(u, knots, upper), np.interp(u, knots, lower)
    middle = (up + low) / 2
    fall = np.clip((v - top) / (up - top), 0, 1) ** 1.3 * (up - up_from)
    rise = np.clip((bottom - v) / (bottom - low), 0, 1) ** 1.3 * (low_from - low)
    shift = np.where(v <= middle, -fall, rise) * ((v > top) & (v < bottom)) * width
    shift *= smoothstep(u, -0.06, 0.02) * smoothstep(-u, -1.06, -1.02)
    from_x, from_y = columns - shift * along[1], rows + shift * along[0]
    lips = cv2.remap(image, from_x.astype(np.float32), from_y.astype(np.float32), cv2.INTER_CUBIC).astype(np.float32)
    # Between the lips the teeth stay where they are, in the more shadow the narrower the gap.
    bright = 0.25 + 0.75 * smoothstep((low - up) / (lower_at - upper_at + 1e-3), 0.15, 0.75)
    teeth = image[y0:y1, x0:x1] * bright[..., None]
    pixel = 1.2 / width
    gap = smoothstep(v - up, -pixel, pixel) * smoothstep(low - v, -pixel, pixel) * smoothstep(low - up, 0, 2 * pixel)
    region = lips + (teeth - lips) * gap[..., None]
    line = np.exp(-(((v - middle) / 0.016) ** 2)) * smoothstep(u, 0.0, 0.12) * smoothstep(-u, -1.0, -0.88)
    depth = 0.55 * float(smoothstep(share, 0.7, 1.0))
    region *= 1 - (depth * line)[..., None] * np.array([0.75, 1.0, 1.0])
    out[y0:y1, x0:x1] = np.clip(region + 0.5, 0, 255).astype(np.uint8)
    return out
