"""Sunglasses and masks painted onto faces, and what only looks like them: lessons of ``model.shipped.hidden_parts``.

Few real ones are at hand, and their eyes and mouths are of few people. What is painted beside them as no cover, plain
glasses, shadowed eyes and a hand's colour over the mouth, keeps a network from taking every dark or smooth place for
one. The method is our own.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from livecam.faces.mesh import LEFT_CHEEK, LEFT_EYE, RIGHT_CHEEK, RIGHT_EYE
from livecam.types import UInt8Array
from model.shipped.painted_glasses import GLASSES, paint_glasses

Points = npt.NDArray[np.floating]

# Lenses that leave 3 to 30 % of the light, larger than those of plain glasses, with fainter reflections. Set by hand.
SUNGLASSES = replace(
    GLASSES, half_width=(0.38, 0.52), half_height=(0.26, 0.5), low=(0.02, 0.14), tint=(0.8, 1.0),
    tint_colour=(0.88, 0.97), reflection=0.5, strength=(0.05, 0.6),
)  # fmt: skip
# From the right side of the face over cheek and nose to the left one, higher or lower; then along the jaw, and back.
_SIDES = ((234, 454), (93, 323), (132, 361))
_UNDER_EYES = ((118, 347), (50, 280), (101, 330))
_NOSES = (197, 195, 5, 4)
_JAW = (361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132)
# By what the lower part of one face is laid over another: the eyes' corners, the nose's bridge, both sides.
_FIXED = [33, 133, 362, 263, 168, 6, 4, 234, 454]
_TONES = [50, 280, 4, 5]
_CLOTHS = (
    (165, 195, 215),
    (150, 185, 200),
    (228, 228, 226),
    (22, 22, 24),
    (40, 50, 90),
    (120, 30, 40),
    (190, 170, 150),
)


def paint_sunglasses(image: UInt8Array, points: Points, rng: np.random.Generator) -> UInt8Array:
    """Return a copy of image, uint8 (H, W, 3), that wears sunglasses. points: (478, 2), pixels of image."""
    return paint_glasses(image, points, rng.uniform(0.3, 1.5), rng, SUNGLASSES)


def paint_mask(image: UInt8Array, points: Points, rng: np.random.Generator) -> UInt8Array:
    """Return a copy of image, uint8 (H, W, 3), whose mouth and nose a mask covers. points: (478, 2), pixels."""
    right_side, left_side = _SIDES[rng.integers(len(_SIDES))]
    right_cheek, left_cheek = _UNDER_EYES[rng.integers(len(_UNDER_EYES))]
    edge = [right_side, right_cheek, int(rng.choice(_NOSES)), left_cheek, left_side, *_JAW]
    outline = points[edge].astype(np.float64)
    middle = outline.mean(axis=0)
    outline[5:] = middle + (outline[5:] - middle) * rng.uniform(0.97, 1.12)  # cloth stands off the chin
    colour = np.array(_CLOTHS[rng.integers(len(_CLOTHS))], np.float64) + rng.normal(0, 18, 3)
    if rng.random() < 0.25:
        colour = rng.uniform(10, 245, 3)
    height, width = image.shape[:2]
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    apart = float(np.ptp(outline[:, 0])) + 1e-6
    shade = 1 + rng.uniform(-0.35, 0.35) * (columns - middle[0]) / apart
    shade = shade - rng.uniform(0, 0.3) * np.abs(columns - middle[0]) / apart
    if rng.random() < 0.6:  # pleats
        span, number = float(np.ptp(outline[:, 1])) + 1e-6, rng.integers(2, 5)
        shade *= 1 - rng.uniform(0, 0.25) * (np.cos((rows - middle[1]) / span * 2 * np.pi * number) > 0.8)
    cheeks = image[points[[LEFT_CHEEK, RIGHT_CHEEK], 1].astype(int).clip(0, height - 1)]
    light = min(float(np.clip(np.percentile(cheeks, 75), 40, 255)) / 200, 1.15)
    weave = rng.normal(0, rng.uniform(0, 6), (height, width, 1))
    cloth = np.clip(colour * np.clip(shade, 0.2, 1.6)[..., None] * light + weave, 0, 255)
    return _laid_over(image, outline, cloth, rng)


def paint_hand(image: UInt8Array, points: Points, rng: np.random.Generator) -> UInt8Array:
    """Return a copy of image whose mouth is covered by something of the cheek's own colour, as by a hand."""
    cheek = points[[LEFT_CHEEK, RIGHT_CHEEK][rng.integers(2)]].astype(int)
    height, width = image.shape[:2]
    x, y = int(cheek[0].clip(2, width - 3)), int(cheek[1].clip(2, height - 3))
    colour = image[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3).mean(axis=0) * rng.uniform(0.8, 1.15)
    middle = points[[13, 14]].mean(axis=0) + rng.normal(0, 8, 2)
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    size = float(np.hypot(*(points[61] - points[291]))) * rng.uniform(0.6, 1.3)
    outline = middle + np.stack([np.cos(angles), rng.uniform(0.5, 1.0) * np.sin(angles)], axis=1) * size
    outline += rng.normal(0, size / 12, outline.shape)
    stripes = 1 - rng.uniform(0, 0.25) * (np.cos(np.arange(width) / size * rng.uniform(6, 14)) > 0.85)
    cloth = np.broadcast_to(colour, image.shape) * stripes[None, :, None]
    return _laid_over(image, outline, np.clip(cloth + rng.normal(0, 4, (height, width, 1)), 0, 255), rng)


def shadow_eyes(image: UInt8Array, points: Points, rng: np.random.Generator) -> UInt8Array:
    """Return a copy of image whose eye sockets lie in soft shadow: deep-set eyes, a hat, light from above."""
    mask = np.zeros(image.shape[:2], np.float32)
    apart = float(np.hypot(*(points[LEFT_EYE.outer] - points[RIGHT_EYE.outer]))) / 2
    for eye in (RIGHT_EYE, LEFT_EYE):
        at = points[[*eye.corners, eye.brow[2]]].mean(axis=0)
        axes = (max(int(apart * rng.uniform(0.4, 0.7)), 1), max(int(apart * rng.uniform(0.2, 0.5)), 1))
        cv2.ellipse(mask, (int(at[0]), int(at[1])), axes, 0, 0, 360, 1.0, -1)
    if rng.random() < 0.3:  # a hat's brim
        mask[: int(points[[RIGHT_EYE.lower[4], LEFT_EYE.lower[4]], 1].mean().clip(0, image.shape[0]))] = 1.0
    soft = cv2.GaussianBlur(mask, (0, 0), apart * rng.uniform(0.12, 0.4) + 0.5)[..., None]
    return np.clip(image * (1 - soft * rng.uniform(0.2, 0.65)), 0, 255).astype(np.uint8)


def paint_shadow(image: UInt8Array, points: Points, rng: np.random.Generator) -> UInt8Array:
    """Return a copy of image with a shadow, or light, on the lower face: nothing is before it."""
    lips, unit = lips_and_unit(points)
    at, turn = lips + rng.normal(0, 0.5, 2) * unit, np.sort(rng.uniform(0, 2 * np.pi, 6))
    outline = at + np.stack([np.cos(turn), np.sin(turn)], axis=1) * unit * rng.uniform(0.4, 1.6)
    soft = cv2.GaussianBlur(_filled(outline, image), (0, 0), rng.uniform(0.5, 6))[..., None]
    factor = rng.uniform(0.25, 0.8) if rng.random() < 0.7 else rng.uniform(1.2, 2)
    return np.clip(image * (1 - soft + soft * factor), 0, 255).astype(np.uint8)


def lay_over(
    covered: UInt8Array, its_points: Points, image: UInt8Array, points: Points, rng: np.random.Generator
) -> UInt8Array | None:
    """Return a copy of image with the lower face of covered, as large, in its light; None if the faces do not fit."""
    fitted, _ = cv2.estimateAffinePartial2D(
        its_points[_FIXED].astype(np.float32), points[_FIXED].astype(np.float32), method=cv2.LMEDS
    )
    if fitted is None:
        return None
    moved = cv2.warpAffine(covered, fitted, image.shape[1::-1], borderMode=cv2.BORDER_REFLECT).astype(np.float32)
    (x, y), unit = lips_and_unit(points)
    wide, high = unit * rng.uniform(0.75, 1.1), unit * rng.uniform(0.55, 0.8)
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    soft = np.clip((1.15 - np.hypot((columns - x) / wide, (rows - y - 0.12 * unit) / high)) / 0.3, 0, 1)[..., None]
    tones = [
        shown[at[:, 1], at[:, 0]].astype(np.float64).mean(axis=0) + 8
        for shown, at in (
            (shown, np.clip(its[_TONES], 0, np.array(shown.shape[1::-1]) - 1).astype(int))
            for shown, its in ((image, points), (covered, its_points))
        )
    ]
    light = np.clip(tones[0] / tones[1], 0.3, 3)
    laid: UInt8Array = np.clip(image * (1 - soft) + moved * light * soft, 0, 255).astype(np.uint8)
    return laid


def lips_and_unit(points: Points) -> tuple[Points, float]:
    """Return the middle of the lips and how far the eyes are apart, at least 8 pixels."""
    right, left = (points[list(eye.corners)].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE))
    lips: Points = points[[0, 17]].mean(axis=0).astype(np.float64)
    return lips, max(float(np.hypot(*(left - right))), 8.0)


def _laid_over(
    image: UInt8Array, outline: Points, cloth: npt.NDArray[np.float64], rng: np.random.Generator
) -> UInt8Array:
    mask = cv2.GaussianBlur(_filled(outline, image), (0, 0), rng.uniform(0.4, 1.5))[..., None]
    if np.ptp(image[::8, ::8].astype(np.int16), axis=2).max() < 8:  # a grey picture stays grey
        cloth = np.broadcast_to(cloth.mean(axis=2, keepdims=True), image.shape)
    return np.clip(image * (1 - mask) + cloth * mask, 0, 255).astype(np.uint8)


def _filled(outline: Points, image: UInt8Array) -> npt.NDArray[np.floating]:
    inside = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return inside.astype(np.float32) / 255
