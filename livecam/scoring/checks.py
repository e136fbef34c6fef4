"""The named reasons that hold a shot back.

Every limit was set by measurement on pictures from ``../shared/data`` (2,474 portraits of ``ratings``, all 136 of
``pairs``, 692 of ``smile``, 1,386 frames of the ``videos``) and on portraits degraded on purpose. The figures beside
a limit are those measurements; ``tests/scoring/test_checks.py`` repeats the important ones.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from livecam.faces.mesh import BLENDSHAPE_NAMES
from livecam.scoring.sharpness import edge_ratio
from livecam.types import CROP_SIZE, EYE_CLOSED, Face, FaceCrop, Frame, Reason, Score, UInt8Array

# Pixels and share of the frame's shorter side. Below 50 px the eyes are about 7 px wide; 5 % is a group at 4 m.
_SMALLEST_PX, _SMALLEST_SHARE = 50.0, 0.05
# Share of the landmarks outside the frame. 99.5 % of close-cropped portraits have less than 0.06.
_MOST_OUTSIDE = 0.08
# Degrees. A head turned by 30° whose eyes come back to the camera still makes a portrait; looking 22° aside does not.
_YAW, _PITCH, _LOOK_ASIDE, _LOOK_UP_DOWN = 35.0, 28.0, 22.0, 38.0
# Degrees of gaze per unit of blendshape, and the blendshapes' value when looking straight. Fitted to the people of
# `pairs`, who all look at the camera: the head's yaw and their sideways gaze cancel (correlation -0.82), leaving ±4°.
# The vertical scale is rougher (a smile lowers the lids and reads as looking down), hence its wide limit.
_ASIDE_DEG, _ASIDE_REST = 30.0, 0.10
_UP_DEG, _UP_REST = 50.0, -0.06
# Luma of the brightest 2 % of the face, 0..255. It is the light on forehead, nose, teeth and the whites of the eyes,
# so it says how much light there is and little about the skin: its lowest value among the 288 portraits of black
# people is 98, among all 2,474 it is 80. Median luma, which cannot be used, goes down to 18.
# Three stops of under-exposure are called dark in about 85 % of the cases, four in all.
_DARKEST_HIGHLIGHT = 85.0
# Share of the face with a luma of 250 or more. No portrait has more than 0.08; two stops too much is caught in about
# 75 %, three in 88 %.
_CLIPPED_LUMA, _MOST_CLIPPED = 250, 0.20
# See sharpness.
_SHARPNESS_SIDE, _NATIVE_SHARE = 96, 0.75
_LEAST_SHARPNESS = 1.28

_INDEX = {name: i for i, name in enumerate(BLENDSHAPE_NAMES)}


def find_reasons(face: Face, crop: FaceCrop, score: Score, frame: Frame) -> tuple[Reason, ...]:
    """Return what holds this face back, the most important first; empty when nothing does.

    Closed eyes come first, then where the person is, then how they look, then light and sharpness.
    """
    eyes = _eyes(score)
    reasons = [eyes] if eyes else []
    if face.size < max(_SMALLEST_PX, _SMALLEST_SHARE * min(frame.height, frame.width)):
        reasons.append(Reason.TOO_FAR)
    if _outside(face, frame) > _MOST_OUTSIDE:
        reasons.append(Reason.CUT_OFF)
    # Behind closed lids the gaze is a guess.
    if _turned(face) or (eyes is None and _looks_elsewhere(face)):
        reasons.append(Reason.TURNED_AWAY)
    grey = np.asarray(cv2.cvtColor(crop.image, cv2.COLOR_RGB2GRAY), np.uint8)
    light = _light(grey, face, crop)
    if light:
        reasons.append(light)
    # In the dark the noise decides what is sharp; more light is the thing to ask for.
    if light is not Reason.TOO_DARK and sharpness(grey, crop) < _LEAST_SHARPNESS:
        reasons.append(Reason.BLURRED)
    return tuple(reasons)


def _eyes(score: Score) -> Reason | None:
    left, right = (bool(p > EYE_CLOSED) for p in score.eyes_closed)
    if left and right:
        return Reason.EYES_CLOSED
    if left:
        return Reason.LEFT_EYE_CLOSED
    return Reason.RIGHT_EYE_CLOSED if right else None


def _outside(face: Face, frame: Frame) -> float:
    """Share of the landmarks that lie outside the frame."""
    points = face.landmarks[:, :2]
    return float(((points < 0) | (points >= (frame.width, frame.height))).any(axis=1).mean())


def _turned(face: Face) -> bool:
    yaw, pitch, _ = face.pose
    return abs(yaw) > _YAW or abs(pitch) > _PITCH


def _looks_elsewhere(face: Face) -> bool:
    """Whether head and eyes together look past the camera."""
    yaw, pitch, _ = face.pose

    def shape(name: str) -> float:
        return float(face.blendshapes[_INDEX[name]])

    to_left = (shape("eyeLookOutLeft") + shape("eyeLookInRight")) / 2
    to_right = (shape("eyeLookInLeft") + shape("eyeLookOutRight")) / 2
    up = (shape("eyeLookUpLeft") + shape("eyeLookUpRight")) / 2
    down = (shape("eyeLookDownLeft") + shape("eyeLookDownRight")) / 2
    aside = yaw + _ASIDE_DEG * (to_left - to_right - _ASIDE_REST)
    below = pitch - _UP_DEG * (up - down - _UP_REST)
    return abs(aside) > _LOOK_ASIDE or abs(below) > _LOOK_UP_DOWN


def _light(grey: UInt8Array, face: Face, crop: FaceCrop) -> Reason | None:
    """TOO_DARK or TOO_BRIGHT by the luma of the face's own pixels, None when the light is good."""
    matrix = crop.matrix.astype(np.float64)
    points = face.landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    hull = cv2.convexHull(points.astype(np.float32))
    mask = cv2.fillConvexPoly(np.zeros(grey.shape, np.uint8), hull.round().astype(np.int32), 1)
    skin = grey[mask > 0]
    if skin.size == 0 or np.percentile(skin, 98) < _DARKEST_HIGHLIGHT:
        return Reason.TOO_DARK
    return Reason.TOO_BRIGHT if np.mean(skin >= _CLIPPED_LUMA) > _MOST_CLIPPED else None


def sharpness(grey: UInt8Array, crop: FaceCrop) -> float:
    """See ``livecam.scoring.sharpness``; here of the middle of the face, at a size that means the same for each; ≥ 1.

    At 96 px a side, below what pixel noise and JPEG reach, and never finer than three quarters of the pixels that the
    camera gave, so that a small, enlarged face is not blurred.

    Measured at the limit of 1.28, in pixels of the 224 px crop. False alarms: 0.1 % of portraits, none of the videos'
    frames, none of sharp faces shrunk to 50 to 100 px; 3 % of `smile`, about half of them really soft. Found: a
    Gaussian blur of sigma 2, 3, 4 px in 14, 77, 100 %; a motion of 9, 15, 21 px in 12, 85, 99 %, and with noise of
    6 grey levels on top a motion of 15, 21 px in 81, 97 %.
    """
    scale = math.hypot(float(crop.matrix[0, 0]), float(crop.matrix[0, 1]))  # crop pixels for one of the frame's
    native = CROP_SIZE / max(scale, 1e-6)
    side = round(min(_SHARPNESS_SIDE, max(_NATIVE_SHARE * native, 20)))
    small = np.asarray(cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    return edge_ratio(small, rows=(0.22, 0.85))
