"""Small makers of lessons: a face whose numbers say what it looks like, and what a person chose."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from livecam.faces.mesh import BLENDSHAPE_NAMES
from livecam.taste.lesson import Kind, Lesson, LessonFace, half_bytes
from livecam.types import EMBEDDING, Reason

NETWORK = "default-3"


def make_lesson_face(
    picture: str = "a",
    *,
    shapes: Mapping[str, float] | None = None,
    pose: tuple[float, float, float] = (0.0, 0.0, 0.0),
    score: float = 3.0,
    eyes: tuple[float, float] = (0.0, 0.0),
    reasons: tuple[Reason, ...] = (),
    embedding: np.ndarray | None = None,
    path: str = "",
) -> LessonFace:
    """A face with these blendshapes (a pair's name goes to both sides), else at rest; embedding: zeros if None."""
    values = dict.fromkeys(BLENDSHAPE_NAMES, 0.0)
    for name, amount in (shapes or {}).items():
        for side in (name,) if name in values else (f"{name}Left", f"{name}Right"):
            values[side] = amount
    probs = [max(1 - abs(rating - score), 0.0) for rating in range(1, 6)]
    vector = np.zeros(EMBEDDING, np.float32) if embedding is None else embedding
    return LessonFace(
        picture, half_bytes(vector), half_bytes(tuple(values.values())), pose, tuple(probs), eyes, reasons, path=path
    )


def make_lesson(
    kind: Kind = Kind.STARS,
    face: LessonFace | None = None,
    other: LessonFace | None = None,
    *,
    stars: int = 4,
    session: str = "day",
    taste: str = "me",
    time_s: float = 1.0,
) -> Lesson:
    """A lesson; of a pair, face is liked better than other."""
    rated = stars if kind is Kind.STARS else 0
    return Lesson(kind, face or make_lesson_face(), session, time_s, NETWORK, other, rated, taste, "test")
