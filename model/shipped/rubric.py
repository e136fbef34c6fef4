"""What the ratings 1 to 5 mean, in public and in numbers.

The default scorer learns this rubric; MODEL_CARD.md tells it in words. It speaks of one person's frames
against each other and knows nothing of looks:

5  eyes open, towards the camera, a genuine smile, sharp, well lit, nothing in front of the face
4  the same with a slight smile
3  a sharp, well-lit, open-eyed neutral face
2  one thing clearly wrong: a grimace or a mouth caught in mid-word; half-closed eyes, turned aside, soft, dim
1  eyes closed, turned away, blurred, black or covered

The mouth sets a base of 2 to 5, from which little things that are not quite right take up to 0.75 (eyes a little
aside, a head a little turned, lids a little low, a mouth drawn to one side): among good frames these decide. The worst
of the other things caps it. Closed eyes (of the worse eye), a face turned away, blurred, black or covered can never
pass 2.

Every number below was set by hand: the rubric is a rule, and the network learns it as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livecam.faces import mesh
from livecam.types import RATINGS, FloatArray

# (value, cap) points: fine up to the first, hopeless from the last, straight lines between.
_EYES = ((0.3, 5.0), (0.6, 2.2), (0.8, 1.3), (1.0, 1.0))  # closedness of the worse eye, 0..1
_YAW = ((22.0, 5.0), (36.0, 2.5), (50.0, 1.2))  # degrees, either way
_PITCH = ((20.0, 5.0), (30.0, 2.5), (42.0, 1.2))  # degrees from level, either way
_GAZE = ((0.75, 5.0), (1.0, 3.0))  # eyeLook… blendshape, the larger of the directions both eyes share
# Standard deviation in crop pixels, of a face that is about 170 high.
_BLUR = ((1.2, 5.0), (2.0, 3.6), (3.0, 2.2), (4.5, 1.5), (7.0, 1.0))
_DARK = ((1.2, 5.0), (2.2, 3.0), (3.2, 1.8), (4.5, 1.0))  # stops below a good exposure
_BURNT = ((0.12, 5.0), (0.3, 3.0), (0.5, 1.6), (0.8, 1.0))  # share of the face that is clipped white
_NOISE = ((14.0, 5.0), (40.0, 2.5))  # standard deviation in grey levels
# (value, loss) points of the little things: nothing is lost up to the first, no more from the last on.
_LITTLE_GAZE = ((0.25, 0.0), (0.75, 0.2))
_LITTLE_TURN = ((6.0, 0.0), (22.0, 0.15))
_LITTLE_LIDS = ((0.15, 0.0), (0.45, 0.2))  # eyeBlink of the lower lid; half of it is forgiven a full smile
_LITTLE_ONE_SIDED = ((0.08, 0.0), (0.4, 0.2))
_COVERED = ((0.03, 5.0), (0.15, 2.2), (0.35, 1.0))  # share of the face hidden or outside the picture


@dataclass(frozen=True, slots=True)
class Condition:
    """What is known of one view of a face.

    eyes_closed: closedness of the subject's left and right eye, 0 open to 1 shut.  smile: 0..1, 0.5 a slight
    one.  grimace: 0..1.  yaw, pitch: degrees.  gaze: 0..1 away from the camera.  lids: how low the
    lower lid of open eyes is, 0..1.  one_sided: how far the mouth is drawn to one side, 0..1.  blur: crop pixels.
    dark: stops.  burnt, covered: shares of the face, 0..1.  noise: grey levels.
    """

    eyes_closed: tuple[float, float] = (0.0, 0.0)
    smile: float = 0.0
    grimace: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    gaze: float = 0.0
    lids: float = 0.0
    one_sided: float = 0.0
    blur: float = 0.0
    dark: float = 0.0
    burnt: float = 0.0
    noise: float = 0.0
    covered: float = 0.0


def rate(condition: Condition) -> float:
    """Return the rubric's rating of a view, in [1, 5]."""
    base = 3.0 + 2.0 * condition.smile - 1.2 * condition.grimace * (1.0 - condition.smile)
    base -= _interpolate(condition.gaze, _LITTLE_GAZE)
    base -= _interpolate(max(abs(condition.yaw), abs(condition.pitch)), _LITTLE_TURN)
    base -= _interpolate(condition.lids, _LITTLE_LIDS) * (1.0 - 0.5 * condition.smile)
    base -= _interpolate(condition.one_sided, _LITTLE_ONE_SIDED)
    caps = (
        _interpolate(max(condition.eyes_closed), _EYES),
        _interpolate(abs(condition.yaw), _YAW),
        _interpolate(abs(condition.pitch), _PITCH),
        _interpolate(condition.gaze, _GAZE),
        _interpolate(condition.blur, _BLUR),
        _interpolate(condition.dark, _DARK),
        _interpolate(condition.burnt, _BURNT),
        _interpolate(condition.noise, _NOISE),
        _interpolate(condition.covered, _COVERED),
    )
    return float(np.clip(min(base, *caps), 1.0, 5.0))


def _interpolate(value: float, points: tuple[tuple[float, float], ...]) -> float:
    at, values = zip(*points, strict=True)
    return float(np.interp(value, at, values))


def soft_label(rating: float) -> FloatArray:
    """Spread a rating in [1, 5] over its two neighbouring whole ratings, float32 (5,), so that the mean stays."""
    distance = np.abs(np.asarray(RATINGS, np.float32) - rating)
    return np.asarray(np.clip(1.0 - distance, 0.0, 1.0), np.float32)


def smile_of(blendshapes: FloatArray) -> float:
    """Return how much a face smiles, 0..1, from MediaPipe's 52 blendshapes."""
    corners = mesh.smile_in_single_precision(blendshapes)
    return float(np.interp(corners, (0.02, 0.12, 0.35, 0.65, 0.95), (0.0, 0.04, 0.5, 0.92, 1.0)))


def grimace_of(blendshapes: FloatArray) -> float:
    """Return how far a mouth is from rest or smile (mid-word, pucker, pressed, sneer), 0..1."""
    worst = 0.0
    for name, fine, bad in (
        ("jawOpen", 0.12, 0.45),
        ("mouthFunnel", 0.12, 0.4),
        ("mouthPucker", 0.85, 1.0),
        ("mouthFrown", 0.15, 0.5),
        ("noseSneer", 0.1, 0.4),
        ("mouthStretch", 0.25, 0.7),
        ("mouth", 0.3, 0.7),  # drawn to the left or to the right
    ):
        strongest = mesh.larger_side(blendshapes, name)
        worst = max(worst, float(np.interp(strongest, (fine, bad), (0.0, 1.0))))
    return worst


def gaze_of(blendshapes: FloatArray) -> float:
    """Return how far the eyes look away from straight ahead in the head, 0..1."""
    return mesh.gaze_of(blendshapes).largest_but_down
