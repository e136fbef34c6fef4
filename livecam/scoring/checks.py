"""The named reasons that hold a shot back.

The limits were measured on pictures from ``../shared/data`` (2,474 portraits of ``ratings``, all 136 of
``pairs``, 692 of ``smile``, 1,386 frames of the ``videos``) and on portraits degraded on purpose. What stands beside
a limit are those measurements; ``tests/scoring/test_checks.py`` repeats the important ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import cv2
import numpy as np

from livecam.faces.mesh import gaze_of
from livecam.scoring.eye_policy import EyePolicy, closed_reason, forgives
from livecam.scoring.head_pose import MOST_PITCH_DEG, MOST_YAW_DEG, head_turned
from livecam.scoring.hidden_parts import hidden_parts
from livecam.scoring.sharpness import edge_ratio
from livecam.types import CROP_SIZE, Face, FaceCrop, Frame, Reason, Score, UInt8Array


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """From where on each reason holds a shot back."""

    # Pixels and share of the frame's shorter side of the smallest face. Below 50 px the eyes are about 7 px wide; 5 %
    # is a group at 4 m. Set by hand.
    smallest_px: float = 50.0
    smallest_share: float = 0.05
    # Share of the landmarks outside the frame. 99.5 % of close-cropped portraits have less than 0.06; above the limit
    # are 0.2 % of every sixth portrait of `ratings` and 1.6 % of every twelfth picture of `people`.
    most_outside: float = 0.08
    # Degrees of the head, either way, and of head and eyes together. A head turned by 30 degrees whose eyes come back
    # to the camera still makes a portrait; looking 22 degrees aside does not: set by hand. The 136 people of `pairs`,
    # who look at the camera, stay below 7.1, 11.0, 4.9 and 19.4. Above the limits are 1.9, 1.2, 13 and 0.7 % of every
    # sixth portrait of `ratings`, and none, none, 12 and 0.6 % of every twelfth picture of `people`.
    yaw_deg: float = MOST_YAW_DEG
    pitch_deg: float = MOST_PITCH_DEG
    look_aside_deg: float = 22.0
    look_up_down_deg: float = 38.0
    # Degrees of gaze per unit of blendshape, and the blendshapes' value when looking straight. Fitted to the people of
    # `pairs`, who all look at the camera: the head's yaw and their sideways gaze cancel (correlation -0.82), leaving
    # 4 degrees either way. The vertical scale is rougher (a smile lowers the lids and reads as looking down), hence
    # its wide limit.
    aside_deg_per_unit: float = 30.0
    aside_at_rest: float = 0.10
    upwards_deg_per_unit: float = 50.0
    upwards_at_rest: float = -0.06
    # Luma of the brightest 2 % of the face, 0..255. It is the light on forehead, nose, teeth and the whites of the
    # eyes, so it says how much light there is and little about the skin: its lowest value among the 288 portraits of
    # black people is 98, among all 2,474 it is 80. Median luma, which cannot be used, goes down to 18.
    # Three stops of under-exposure are called dark in about 85 % of the cases, four in all.
    darkest_highlight: float = 85.0
    # Luma that counts as clipped, and the share of the face that may be. No portrait has more than 0.08; two stops too
    # much is caught in about 75 %, three in 88 %.
    clipped_luma: int = 250
    most_clipped: float = 0.20
    # Of ``sharpness``. Measured at this limit, in pixels of the 224 px crop. False alarms: 0.1 % of portraits, none of
    # the videos' frames, none of sharp faces shrunk to 50 to 100 px; 3 % of `smile`, about half of them really soft.
    # Found: a Gaussian blur of sigma 2, 3, 4 px in 14, 77, 100 %; a motion of 9, 15, 21 px in 12, 85, 99 %, and with
    # noise of 6 grey levels on top a motion of 15, 21 px in 81, 97 %.
    least_sharpness: float = 1.28
    # Pixels of the side at which a face's sharpness is measured: below what pixel noise and JPEG reach. Set by hand.
    sharpness_side_px: int = 96
    # And never finer than this share of the pixels that the camera gave, so that a small, enlarged face is not called
    # blurred. Set by hand.
    native_share: float = 0.75
    # Of ``hidden_parts``, the probability from which on eyes and mouth are called hidden; chosen with these test faces
    # in sight. Eyes: 21 of 26 pairs of dark glasses, 2 of 2,435 other test stills that were looked at (1 of 288 with
    # glasses), none of 1,020 faces with closed eyes and 7,349 frames of clips; at 0.4 22 and 4, at 0.5 20 and 2. Mouth:
    # 92 % of 240 test faces that wear a photographed mask, 90 % of painted ones, 5 of 3,382 test stills (two of them
    # flowers), no frame of a clip; nobody in the data wears a real one.
    eyes_hidden: float = 0.46
    mouth_hidden: float = 0.5

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not (math.isfinite(value) and (value >= 0 or item.name.endswith("_at_rest"))):
                raise ValueError(f"{item.name} must be finite and not negative, not {value}")


_SETTINGS = CheckSettings()
_ROWS = (0.22, 0.85)  # of the crop: from the brows to below the mouth, where every face has edges
_LEAST_SIDE_PX = 20  # ``edge_ratio`` needs some pixels


def find_reasons(
    face: Face,
    crop: FaceCrop,
    score: Score,
    frame: Frame,
    settings: CheckSettings = _SETTINGS,
    eyes: EyePolicy = EyePolicy.OPEN,
) -> tuple[Reason, ...]:
    """Return what is the matter with this face, the most important first; empty when nothing is.

    Closed eyes come first, then where the person is, then how they look, then light and sharpness; at the end what is
    hidden, which holds nothing back. Of hidden eyes nothing else is said.  eyes: what closed ones count for; where they
    are forgiven, they hold nothing back, and with ANY neither does where they look.
    """
    hidden = hidden_parts(face, crop)
    eyes_hidden = hidden.eyes >= settings.eyes_hidden
    closed = closed_reason(score)
    reasons = [closed] if closed and not eyes_hidden and not forgives(eyes, face.blendshapes) else []
    if face.size < max(settings.smallest_px, settings.smallest_share * min(frame.height, frame.width)):
        reasons.append(Reason.TOO_FAR)
    if _outside(face, frame) > settings.most_outside:
        reasons.append(Reason.CUT_OFF)
    # Behind closed lids and dark lenses the gaze is a guess.
    gaze_counts = closed is None and not eyes_hidden and eyes is not EyePolicy.ANY
    turned = head_turned(face.pose, settings.yaw_deg, settings.pitch_deg)
    if turned or (gaze_counts and _looks_elsewhere(face, settings)):
        reasons.append(Reason.TURNED_AWAY)
    grey = np.asarray(cv2.cvtColor(crop.image, cv2.COLOR_RGB2GRAY), np.uint8)
    light = _light(grey, face, crop, settings)
    if light:
        reasons.append(light)
    # In the dark the noise decides what is sharp; more light is the thing to ask for.
    if light is not Reason.TOO_DARK and sharpness(grey, crop, settings) < settings.least_sharpness:
        reasons.append(Reason.BLURRED)
    if eyes_hidden:
        reasons.append(Reason.EYES_HIDDEN)
    if hidden.mouth >= settings.mouth_hidden:
        reasons.append(Reason.MOUTH_HIDDEN)
    if face.turned:
        reasons.append(Reason.TURN_PICTURE)
    return tuple(reasons)


def _outside(face: Face, frame: Frame) -> float:
    """Share of the landmarks that lie outside the frame."""
    points = face.landmarks[:, :2]
    return float(((points < 0) | (points >= (frame.width, frame.height))).any(axis=1).mean())


def _looks_elsewhere(face: Face, settings: CheckSettings) -> bool:
    """Return whether head and eyes together look past the camera."""
    yaw, pitch, _ = face.pose
    gaze = gaze_of(face.blendshapes)
    aside = yaw + settings.aside_deg_per_unit * (gaze.aside - settings.aside_at_rest)
    below = pitch - settings.upwards_deg_per_unit * (gaze.upwards - settings.upwards_at_rest)
    return abs(aside) > settings.look_aside_deg or abs(below) > settings.look_up_down_deg


def _light(grey: UInt8Array, face: Face, crop: FaceCrop, settings: CheckSettings) -> Reason | None:
    """Return TOO_DARK or TOO_BRIGHT by the luma of the face's own pixels, None when the light is good."""
    matrix = crop.matrix.astype(np.float64)
    points = face.landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    hull = cv2.convexHull(points.astype(np.float32))
    mask = cv2.fillConvexPoly(np.zeros(grey.shape, np.uint8), hull.round().astype(np.int32), 1)
    skin = grey[mask > 0]
    if skin.size == 0 or np.percentile(skin, 98) < settings.darkest_highlight:
        return Reason.TOO_DARK
    return Reason.TOO_BRIGHT if np.mean(skin >= settings.clipped_luma) > settings.most_clipped else None


def sharpness(grey: UInt8Array, crop: FaceCrop, settings: CheckSettings = _SETTINGS) -> float:
    """Return how sharp the middle of a face is, about 1 or more, see ``livecam.scoring.sharpness``.

    grey: uint8 (224, 224), the crop without its colours. It is measured at a size that means the same for each face.
    """
    scale = math.hypot(float(crop.matrix[0, 0]), float(crop.matrix[0, 1]))  # crop pixels for one of the frame's
    native = CROP_SIZE / max(scale, 1e-6)
    side = round(min(settings.sharpness_side_px, max(settings.native_share * native, _LEAST_SIDE_PX)))
    small = np.asarray(cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    return edge_ratio(small, rows=_ROWS)
