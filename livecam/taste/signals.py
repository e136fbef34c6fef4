"""What a face shows, in named numbers: what a taste is learned in, and what the page of ``livecam taste`` speaks of.

They are MediaPipe's blendshapes, the pose and the words of the checks, put together to what a person would name.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from livecam.faces.mesh import (
    Blendshapes,
    blendshape,
    gaze_of,
    larger_side,
    lids_down,
    mouth_asymmetry_sum,
)
from livecam.taste.lesson import LessonFace
from livecam.types import FloatArray, Reason


@dataclass(frozen=True, slots=True)
class Signal:
    """One number. more, less: what much and little of it is called.

    usual, spread: its mean and standard deviation over the 2,476 rated portraits of the research data
    (``benchmarks/taste``): what a step of 1 is when weights are learned, and what stands in where it is not known.
    """

    more: str
    less: str
    usual: float
    spread: float


SIGNALS = {
    "smile": Signal("a broad smile", "no smile", 0.24, 0.34),
    "closed_smile": Signal("a smile with closed lips", "no smile with closed lips", 0.10, 0.19),
    "teeth": Signal("teeth that show", "lips closed over the teeth", 0.12, 0.24),
    "open_mouth": Signal("an open mouth", "a closed mouth", 0.02, 0.06),
    "pursed": Signal("pursed lips", "lips at rest", 0.12, 0.21),
    "pressed": Signal("pressed lips", "soft lips", 0.07, 0.09),
    "crooked": Signal("a crooked mouth", "an even mouth", 0.04, 0.06),
    "brows_up": Signal("raised brows", "brows at rest", 0.12, 0.19),
    "brows_down": Signal("lowered brows", "smooth brows", 0.12, 0.18),
    "lids": Signal("low lids", "eyes open wide", 0.14, 0.11),
    "squint": Signal("narrowed eyes", "eyes at rest", 0.41, 0.19),
    "look_down": Signal("eyes that look down", "eyes that do not look down", 0.15, 0.15),
    "look_up": Signal("eyes that look up", "eyes that do not look up", 0.14, 0.13),
    "look_away": Signal("eyes away from the camera", "eyes to the camera", 7.69, 11.46),
    "turned_left": Signal("the head turned to their left", "the head turned to their right", -1.40, 14.75),
    "turned": Signal("the head turned aside", "the head straight", 10.85, 10.09),
    "nod": Signal("the chin down", "the chin up", 2.43, 8.82),
    "tilted": Signal("the head tilted", "the head upright", 6.16, 5.53),
    "sharpness": Signal("a sharp picture", "a soft picture", 1.61, 0.15),
    "light": Signal("a bright face", "a dark face", 0.47, 0.11),
    "held_back": Signal("what the checks hold back", "what the checks let pass", 0.00, 0.30),
}
_USUAL = np.array([signal.usual for signal in SIGNALS.values()])
_SPREAD = np.array([signal.spread for signal in SIGNALS.values()])
_CLIP = 4.0  # spreads: farther out it is an odd face, of which nothing is known. Set by hand
_HELD_BACK = frozenset((Reason.BLURRED, Reason.CUT_OFF, Reason.TOO_DARK, Reason.TOO_BRIGHT))
# As in ``scoring.checks``: degrees of gaze for a blendshape's unit, and its value when looking straight.
_ASIDE_DEG, _ASIDE_AT_REST = 30.0, 0.10


def named_signals(  # what a face shows
    shapes: Blendshapes,
    pose: tuple[float, float, float],
    reasons: Collection[Reason] = (),
    sharpness: float | None = None,
    light: float | None = None,
) -> dict[str, float]:
    """Return every one of ``SIGNALS`` in its own unit: blendshapes 0..1, degrees, luma 0..1.

    shapes: the 52 blendshapes.  pose: yaw, pitch, roll, degrees.  sharpness, light: their usual value where None.
    """
    yaw, pitch, roll = pose
    smile, jaw = blendshape(shapes, "mouthSmile"), blendshape(shapes, "jawOpen")
    teeth = max(blendshape(shapes, "mouthUpperUp"), blendshape(shapes, "mouthLowerDown"))
    gaze = gaze_of(shapes)
    return {
        "smile": smile,
        "closed_smile": smile * max(1 - 2 * max(teeth, jaw), 0.0),
        "teeth": teeth,
        "open_mouth": jaw,
        "pursed": max(blendshape(shapes, "mouthPucker"), blendshape(shapes, "mouthFunnel")),
        "pressed": blendshape(shapes, "mouthPress"),
        "crooked": mouth_asymmetry_sum(shapes),
        "brows_up": blendshape(shapes, "browInnerUp"),
        "brows_down": blendshape(shapes, "browDown"),
        "lids": lids_down(shapes),
        "squint": larger_side(shapes, "eyeSquint"),
        "look_down": gaze.down,
        "look_up": gaze.up,
        "look_away": abs(yaw + _ASIDE_DEG * (gaze.aside - _ASIDE_AT_REST)),
        "turned_left": yaw,
        "turned": abs(yaw),
        "nod": pitch,
        "tilted": abs(roll),
        "sharpness": SIGNALS["sharpness"].usual if sharpness is None else sharpness,
        "light": SIGNALS["light"].usual if light is None else light,
        "held_back": float(any(reason in _HELD_BACK for reason in reasons)),
    }


def standardised(signals: dict[str, float]) -> FloatArray:
    """Return ``named_signals`` in steps of what they usually differ by, float32 (S,), in the order of ``SIGNALS``."""
    values = (np.fromiter(signals.values(), np.float64, len(signals)) - _USUAL) / _SPREAD
    return np.asarray(np.clip(values, -_CLIP, _CLIP), np.float32)


def signals_of(face: LessonFace) -> dict[str, float]:
    """Return the named signals of a face that a lesson keeps."""
    return named_signals(face.shapes.tolist(), face.pose, face.reasons, face.sharpness, face.light)
