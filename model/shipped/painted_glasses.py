"""Glasses painted onto a face: a training augmentation.

Few of the closed eyes at hand are behind glasses, and many of the open ones are; a scorer that learns from them alone
takes a frame, or what a lens reflects, for an open eye. The method is our own: lenses along the line between the
eyes, sized by the eyes themselves, with a frame, a bridge, temples, a tint and reflections drawn at random.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from livecam.faces.mesh import LEFT_EYE, LEFT_TEMPLE, RIGHT_EYE, RIGHT_TEMPLE
from livecam.types import FloatArray, UInt8Array

_Float64 = npt.NDArray[np.float64]

_SHIFT = 4  # fractional bits of the coordinates that OpenCV draws
_TURN = np.linspace(0, 2 * np.pi, 48, endpoint=False)


def paint_glasses(
    image: UInt8Array, landmarks: npt.NDArray[np.floating], blur: float, rng: np.random.Generator
) -> UInt8Array:
    """Return a copy of image, uint8 (H, W, 3), whose face wears glasses that rng draws.

    landmarks: (478, 2), pixels of image.  blur: standard deviation in pixels of the picture's own softness, which the
    glasses get too.
    """
    points = landmarks.astype(np.float64)
    middles = np.stack([points[list(eye.corners_and_lid_middles)].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE)])
    apart = float(np.hypot(*(middles[1] - middles[0])))
    if apart < 8:  # a profile: there is no second lens to be seen
        return image.copy()
    along = (middles[1] - middles[0]) / apart
    down = np.array([-along[1], along[0]])
    half_width, half_height = rng.uniform(0.36, 0.44), rng.uniform(0.2, 0.4)
    square, low = rng.uniform(2.0, 5.0), rng.uniform(0.0, 0.08)
    # A turned head shows the lens of the far eye as narrow as the eye itself.
    widths = np.array([float(np.hypot(*(points[eye.outer] - points[eye.inner]))) for eye in (RIGHT_EYE, LEFT_EYE)])
    narrow = np.clip(widths / max(float(widths.max()), 1e-6), 0.4, 1.0)
    cos, sin = np.cos(_TURN), np.sin(_TURN)
    rim = np.stack([np.sign(cos) * np.abs(cos) ** (2 / square), np.sign(sin) * np.abs(sin) ** (2 / square)], axis=1)
    lenses = [
        middle
        + apart * ((low * down) + rim[:, :1] * half_width * narrow[eye] * along + rim[:, 1:] * half_height * down)
        for eye, middle in enumerate(middles)
    ]
    painted = image.astype(np.float32)
    for lens in lenses:
        painted = _glass(painted, lens, blur, rng)
    painted = _frame(painted, lenses, points[[RIGHT_TEMPLE, LEFT_TEMPLE]], apart, blur, rng)
    if np.ptp(image[::8, ::8].astype(np.int16), axis=2).max() < 8:  # a grey picture stays grey
        painted[:] = painted.mean(axis=2, keepdims=True)
    return np.clip(painted, 0, 255).astype(np.uint8)


def _fixed(points: _Float64) -> npt.NDArray[np.int32]:
    return np.round(points * (1 << _SHIFT)).astype(np.int32)


def _soft(mask: UInt8Array, blur: float) -> FloatArray:
    softened = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), max(blur, 0.3))
    return np.asarray(softened, np.float32)[..., None]


def _glass(painted: FloatArray, lens: _Float64, blur: float, rng: np.random.Generator) -> FloatArray:
    """Tint what is seen through one lens, and let it reflect a lamp or a window."""
    inside = np.zeros(painted.shape[:2], np.uint8)
    cv2.fillPoly(inside, [_fixed(lens)], 255, cv2.LINE_AA, _SHIFT)
    mask = _soft(inside, blur)
    painted = painted * (1 - mask * rng.uniform(0.0, 0.25) * rng.uniform(0.5, 1.0, 3).astype(np.float32))
    if rng.random() < 0.6:
        low, high = lens.min(axis=0), lens.max(axis=0)
        size, middle = high - low, (low + high) / 2
        shine = np.zeros(painted.shape[:2], np.uint8)
        if rng.random() < 0.5:  # a lamp: a spot
            at, axes = middle + rng.uniform(-0.4, 0.4, 2) * size, rng.uniform(0.04, 0.25, 2) * size.min()
            fixed_at, fixed_axes = _fixed(at).tolist(), _fixed(axes).tolist()
            cv2.ellipse(shine, fixed_at, fixed_axes, 0, 0, 360, 255, -1, cv2.LINE_AA, _SHIFT)
        else:  # a window or a screen: a slanting band
            at, slant = middle + rng.uniform(-0.4, 0.4) * size * (1, 0), rng.uniform(-0.6, 0.6)
            half = rng.uniform(0.08, 0.4) * size[0]
            corners = [(-half - slant * size[1], -size[1]), (half - slant * size[1], -size[1])]
            corners += [(half + slant * size[1], size[1]), (-half + slant * size[1], size[1])]
            cv2.fillPoly(shine, [_fixed(at + np.array(corners))], 255, cv2.LINE_AA, _SHIFT)
        spread = blur + rng.uniform(0.0, 0.08) * float(size[0])
        reflected = mask * _soft(shine, spread) * np.float32(rng.uniform(0.15, 0.75))
        colour = (rng.uniform(150, 255) * rng.uniform(0.75, 1.0, 3)).astype(np.float32)
        painted = painted * (1 - reflected) + reflected * colour
    return painted


def _frame(
    painted: FloatArray,
    lenses: list[_Float64],
    edges: _Float64,
    apart: float,
    blur: float,
    rng: np.random.Generator,
) -> FloatArray:
    """Draw rims, bridge and temples."""
    mask = np.zeros(painted.shape[:2], np.uint8)
    thick = max(round(apart * float(np.exp(rng.uniform(np.log(0.012), np.log(0.09))))), 1)
    draw = rng.random()
    if draw < 0.75:
        cv2.polylines(mask, [_fixed(lens) for lens in lenses], True, 255, thick, cv2.LINE_AA, _SHIFT)
    elif draw < 0.9:  # a half rim: the upper side alone
        upper = [lens[24:] for lens in lenses]
        cv2.polylines(mask, [_fixed(lens) for lens in upper], False, 255, thick, cv2.LINE_AA, _SHIFT)
    else:  # rimless
        cv2.polylines(mask, [_fixed(lens) for lens in lenses], True, 90, 1, cv2.LINE_AA, _SHIFT)
    right, left = lenses
    height = int(rng.integers(2, 7))  # where bridge and temples are fixed: points of the rim above its middle
    for start, end in ((right[-height], left[24 + height]), (right[24 + height], edges[0]), (left[-height], edges[1])):
        cv2.line(mask, _fixed(start).tolist(), _fixed(end).tolist(), 255, thick, cv2.LINE_AA, _SHIFT)
    base = rng.uniform(0, 60) if rng.random() < 0.65 else rng.uniform(60, 220)
    colour = np.clip(base + rng.normal(0, 18, 3), 0, 255).astype(np.float32)
    alpha = _soft(mask, blur) * np.float32(rng.uniform(0.7, 1.0))
    shadow = np.roll(alpha, int(rng.integers(1, 5)), axis=0) * np.float32(rng.uniform(0.0, 0.25))
    painted = painted * (1 - shadow)
    framed: FloatArray = painted * (1 - alpha) + alpha * colour
    return framed
