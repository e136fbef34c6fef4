"""Glasses painted onto a face: a training augmentation.

Few of the closed eyes at hand are behind glasses, and many of the open ones are; a scorer that learns from them alone
takes a frame, or what a lens reflects, for an open eye. The method is our own: lenses along the line between the
eyes, sized by the eyes themselves, with a frame, a bridge, temples, a tint and reflections drawn at random.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from livecam.faces.mesh import LEFT_EYE, LEFT_TEMPLE, RIGHT_EYE, RIGHT_TEMPLE
from livecam.types import FloatArray, UInt8Array

_Float64 = npt.NDArray[np.float64]
Range = tuple[float, float]

_SHIFT = 4  # fractional bits of the coordinates that OpenCV draws
_TURN = np.linspace(0, 2 * np.pi, 48, endpoint=False)


@dataclass(frozen=True, slots=True)
class GlassesSettings:
    """How glasses differ; each range is drawn from evenly. All was set by hand.

    half_width, half_height, low: of a lens, and how far it sits below the eye's middle, distances between the eyes.
    roundness: exponent of the rim's superellipse, 2 an ellipse, more a box.
    tint, tint_colour: how much a lens takes of the light, and what share of that of each colour.
    reflection: chance for each lens; lamp: chance that it is a spot, else a slanting band.  at: where, from the lens's
    middle.  lamp_half_axes: of its smaller side.  band_half_width, edge: of its width.  slant: of its height.
    strength: opacity.  shine: grey levels.  shine_colour: share of that in each colour.
    full_rim, full_or_half_rim: chances; else there is none.  rim: thickness, distances between the eyes, drawn by its
    logarithm.  hinge: points of the rim, of 48, above its middle.
    dark: chance of a dark frame.  dark_frame, light_frame: grey levels.  colour: standard deviation, grey levels.
    opacity: of the frame.  shadow, shadow_px: how much light it takes, and how far below it.
    """

    half_width: Range = (0.36, 0.44)
    half_height: Range = (0.2, 0.4)
    roundness: Range = (2.0, 5.0)
    low: Range = (0.0, 0.08)
    tint: Range = (0.0, 0.25)
    tint_colour: Range = (0.5, 1.0)
    reflection: float = 0.6
    lamp: float = 0.5
    at: Range = (-0.4, 0.4)
    lamp_half_axes: Range = (0.04, 0.25)
    slant: Range = (-0.6, 0.6)
    band_half_width: Range = (0.08, 0.4)
    edge: Range = (0.0, 0.08)
    strength: Range = (0.15, 0.75)
    shine: Range = (150.0, 255.0)
    shine_colour: Range = (0.75, 1.0)
    full_rim: float = 0.75
    full_or_half_rim: float = 0.9
    rim: Range = (0.012, 0.09)
    hinge: tuple[int, int] = (2, 6)
    dark: float = 0.65
    dark_frame: Range = (0.0, 60.0)
    light_frame: Range = (60.0, 220.0)
    colour: float = 18.0
    opacity: Range = (0.7, 1.0)
    shadow: Range = (0.0, 0.25)
    shadow_px: tuple[int, int] = (1, 4)


GLASSES = GlassesSettings()


def paint_glasses(
    image: UInt8Array,
    landmarks: npt.NDArray[np.floating],
    blur: float,
    rng: np.random.Generator,
    settings: GlassesSettings = GLASSES,
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
    half_width, half_height = rng.uniform(*settings.half_width), rng.uniform(*settings.half_height)
    square, low = rng.uniform(*settings.roundness), rng.uniform(*settings.low)
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
        painted = _glass(painted, lens, blur, rng, settings)
    painted = _frame(painted, lenses, points[[RIGHT_TEMPLE, LEFT_TEMPLE]], apart, blur, rng, settings)
    if np.ptp(image[::8, ::8].astype(np.int16), axis=2).max() < 8:  # a grey picture stays grey
        painted[:] = painted.mean(axis=2, keepdims=True)
    return np.clip(painted, 0, 255).astype(np.uint8)


def _fixed(points: _Float64) -> npt.NDArray[np.int32]:
    return np.round(points * (1 << _SHIFT)).astype(np.int32)


def _soft(mask: UInt8Array, blur: float) -> FloatArray:
    softened = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), max(blur, 0.3))
    return np.asarray(softened, np.float32)[..., None]


def _glass(
    painted: FloatArray, lens: _Float64, blur: float, rng: np.random.Generator, settings: GlassesSettings
) -> FloatArray:
    """Tint what is seen through one lens, and let it reflect a lamp or a window."""
    inside = np.zeros(painted.shape[:2], np.uint8)
    cv2.fillPoly(inside, [_fixed(lens)], 255, cv2.LINE_AA, _SHIFT)
    mask = _soft(inside, blur)
    tint = mask * rng.uniform(*settings.tint) * rng.uniform(*settings.tint_colour, 3).astype(np.float32)
    painted = painted * (1 - tint)
    if rng.random() < settings.reflection:
        low, high = lens.min(axis=0), lens.max(axis=0)
        size, middle = high - low, (low + high) / 2
        shine = np.zeros(painted.shape[:2], np.uint8)
        if rng.random() < settings.lamp:  # a lamp: a spot
            at = middle + rng.uniform(*settings.at, 2) * size
            axes = rng.uniform(*settings.lamp_half_axes, 2) * size.min()
            fixed_at, fixed_axes = _fixed(at).tolist(), _fixed(axes).tolist()
            cv2.ellipse(shine, fixed_at, fixed_axes, 0, 0, 360, 255, -1, cv2.LINE_AA, _SHIFT)
        else:  # a window or a screen: a slanting band
            at, slant = middle + rng.uniform(*settings.at) * size * (1, 0), rng.uniform(*settings.slant)
            half = rng.uniform(*settings.band_half_width) * size[0]
            corners = [(-half - slant * size[1], -size[1]), (half - slant * size[1], -size[1])]
            corners += [(half + slant * size[1], size[1]), (-half + slant * size[1], size[1])]
            cv2.fillPoly(shine, [_fixed(at + np.array(corners))], 255, cv2.LINE_AA, _SHIFT)
        spread = blur + rng.uniform(*settings.edge) * float(size[0])
        reflected = mask * _soft(shine, spread) * np.float32(rng.uniform(*settings.strength))
        colour = (rng.uniform(*settings.shine) * rng.uniform(*settings.shine_colour, 3)).astype(np.float32)
        painted = painted * (1 - reflected) + reflected * colour
    return painted


def _frame(
    painted: FloatArray,
    lenses: list[_Float64],
    edges: _Float64,
    apart: float,
    blur: float,
    rng: np.random.Generator,
    settings: GlassesSettings,
) -> FloatArray:
    """Draw rims, bridge and temples."""
    mask = np.zeros(painted.shape[:2], np.uint8)
    thinnest, thickest = settings.rim
    thick = max(round(apart * float(np.exp(rng.uniform(np.log(thinnest), np.log(thickest))))), 1)
    draw = rng.random()
    if draw < settings.full_rim:
        cv2.polylines(mask, [_fixed(lens) for lens in lenses], True, 255, thick, cv2.LINE_AA, _SHIFT)
    elif draw < settings.full_or_half_rim:  # a half rim: the upper side alone
        upper = [lens[24:] for lens in lenses]
        cv2.polylines(mask, [_fixed(lens) for lens in upper], False, 255, thick, cv2.LINE_AA, _SHIFT)
    else:  # rimless
        cv2.polylines(mask, [_fixed(lens) for lens in lenses], True, 90, 1, cv2.LINE_AA, _SHIFT)
    right, left = lenses
    lowest, highest = settings.hinge
    height = int(rng.integers(lowest, highest + 1))  # where bridge and temples are fixed
    for start, end in ((right[-height], left[24 + height]), (right[24 + height], edges[0]), (left[-height], edges[1])):
        cv2.line(mask, _fixed(start).tolist(), _fixed(end).tolist(), 255, thick, cv2.LINE_AA, _SHIFT)
    base = rng.uniform(*(settings.dark_frame if rng.random() < settings.dark else settings.light_frame))
    colour = np.clip(base + rng.normal(0, settings.colour, 3), 0, 255).astype(np.float32)
    alpha = _soft(mask, blur) * np.float32(rng.uniform(*settings.opacity))
    nearest, farthest = settings.shadow_px
    below = int(rng.integers(nearest, farthest + 1))
    shadow = np.roll(alpha, below, axis=0) * np.float32(rng.uniform(*settings.shadow))
    painted = painted * (1 - shadow)
    framed: FloatArray = painted * (1 - alpha) + alpha * colour
    return framed
