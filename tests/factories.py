"""Small makers of frames, faces, scores and moments for the tests: plausible by default, special by argument."""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from livecam.faces.mesh import BLENDSHAPE_NAMES
from livecam.types import (
    BLENDSHAPES,
    CROP_SIZE,
    EMBEDDING,
    LANDMARKS,
    Face,
    FaceCrop,
    FloatArray,
    Frame,
    Moment,
    Reason,
    Score,
    ScoredFace,
)

# Where MediaPipe's best-known landmarks lie on a face of half-height 1: x to the picture's right (the subject's
# left), y up, z towards the camera. The rest of the mesh is spread over the same ellipsoid; nothing reads those
# one by one.
_ANCHORS: Mapping[int, tuple[float, float]] = {
    10: (0.0, 1.0), 152: (0.0, -1.0), 234: (-0.78, 0.05), 454: (0.78, 0.05), 1: (0.0, -0.12), 168: (0.0, 0.32),
    33: (-0.50, 0.27), 133: (-0.20, 0.25), 159: (-0.35, 0.33), 145: (-0.35, 0.21), 468: (-0.35, 0.27),
    362: (0.20, 0.25), 263: (0.50, 0.27), 386: (0.35, 0.33), 374: (0.35, 0.21), 473: (0.35, 0.27),
    61: (-0.28, -0.48), 291: (0.28, -0.48), 13: (0.0, -0.46), 14: (0.0, -0.49), 0: (0.0, -0.40), 17: (0.0, -0.57),
    105: (-0.40, 0.48), 334: (0.40, 0.48),
}  # fmt: skip
_HALF_WIDTH, _DEPTH = 0.78, 0.7
_PINNED_IRIS = {468: (469, 470, 471, 472), 473: (474, 475, 476, 477)}


def shared_data(*parts: str) -> Path:
    """Path inside the research data; skips the test where the data is not there."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    path = Path(os.environ.get("LIVECAM_DATA", default)).joinpath(*parts)
    if not path.exists():
        pytest.skip(f"needs the research data: {path} is not here (set LIVECAM_DATA)")
    return path


def make_frame(t_ms: float = 0.0, *, width: int = 64, height: int = 48, grey: int = 128, index: int = 0) -> Frame:
    """A plain grey frame."""
    return Frame(np.full((height, width, 3), grey, np.uint8), float(t_ms), index, captured_s=t_ms / 1000)


def rotation(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> FloatArray:
    """float32 (4, 4): the transform whose ``Face.pose`` is these degrees."""
    y, p, r = (math.radians(a) for a in (yaw, pitch, -roll))
    about_y = np.array([[math.cos(y), 0, math.sin(y)], [0, 1, 0], [-math.sin(y), 0, math.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(p), -math.sin(p)], [0, math.sin(p), math.cos(p)]])
    about_z = np.array([[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]])
    transform = np.eye(4, dtype=np.float32)
    transform[:3, :3] = about_y @ about_x @ about_z
    transform[:3, 3] = (0, 0, -40)
    return transform


def _mesh() -> np.ndarray:
    """float64 (478, 3): the face before it is turned; a golden-angle spiral with the known points pinned."""
    i = np.arange(LANDMARKS)
    radius, angle = np.sqrt((i + 0.5) / LANDMARKS), i * math.pi * (3 - math.sqrt(5))
    flat = np.stack([_HALF_WIDTH * radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    for index, (x, y) in _ANCHORS.items():
        flat[index] = x, y
    for centre, ring in _PINNED_IRIS.items():
        flat[list(ring)] = flat[centre] + np.array([(0.05, 0), (0, 0.05), (-0.05, 0), (0, -0.05)])
    inside = np.clip(1 - (flat[:, 0] / _HALF_WIDTH) ** 2 - flat[:, 1] ** 2, 0, 1)
    return np.column_stack([flat, _DEPTH * np.sqrt(inside)])


def make_face(
    *,
    centre: tuple[float, float] = (320.0, 240.0),
    size: float = 200.0,
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    blendshapes: Mapping[str, float] | None = None,
) -> Face:
    """A face of about size px around centre (px of the frame), turned by degrees; blendshapes by their names."""
    transform = rotation(yaw, pitch, roll)
    turned = _mesh() @ transform[:3, :3].astype(np.float64).T * (size / 2)
    landmarks = np.column_stack([centre[0] + turned[:, 0], centre[1] - turned[:, 1], -turned[:, 2]])
    shapes = np.zeros(BLENDSHAPES, np.float32)
    if blendshapes:
        for name, amount in blendshapes.items():
            shapes[BLENDSHAPE_NAMES.index(name)] = amount
    return Face(landmarks.astype(np.float32), shapes, transform)


def make_crop(image: np.ndarray | None = None) -> FaceCrop:
    """A crop of these pixels (224, 224, 3), else grey noise, which is sharp and well lit."""
    if image is None:
        image = np.random.default_rng(0).integers(60, 200, (CROP_SIZE, CROP_SIZE, 3), np.uint8)
    return FaceCrop(image, np.array([[1, 0, 0], [0, 1, 0]], np.float32))


def make_score(value: float = 3.0, eyes: tuple[float, float] = (0.0, 0.0)) -> Score:
    """A score with this expected rating, [1, 5], and these probabilities of closed eyes (left, right)."""
    probs = np.zeros(5, np.float32)
    low = min(int(value), 4)
    probs[low - 1], probs[low] = 1 - (value - low), value - low
    return Score(probs, np.asarray(eyes, np.float32), np.zeros(EMBEDDING, np.float32))


def make_gated_score(value: float, eyes: tuple[float, float]) -> Score:
    """What the network gives for a face worth so much with its eyes open: 1.15 where they are surely closed."""
    open_eyed = make_score(value, eyes)
    both_open = float((1 - open_eyed.eyes_closed).prod())
    probs = (1 - both_open) * np.array((0.85, 0.15, 0, 0, 0)) + both_open * open_eyed.rating_probs
    return Score(probs.astype(np.float32), open_eyed.eyes_closed, open_eyed.embedding)


_FACE = make_face()
_FRAME = make_frame()


@functools.lru_cache(maxsize=1024)
def _scored(score: float, reasons: tuple[Reason, ...]) -> ScoredFace:
    return ScoredFace(_FACE, make_score(score), reasons)


def make_moment(t_ms: float, score: float, *reasons: Reason, faces: int = 1) -> Moment:
    """A moment at t_ms with this score; ``faces=0``: nobody is there. The first face bears the reasons.

    Further faces are better than the first, so that the score given is the moment's.
    """
    scored = tuple(_scored(min(score + 0.3 * i, 5.0), reasons if i == 0 else ()) for i in range(faces))
    return Moment(Frame(_FRAME.image, float(t_ms), 0, captured_s=t_ms / 1000), scored)
