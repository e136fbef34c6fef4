"""From a face as the live view and ``livecam score`` see it to what a lesson keeps of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livecam.scoring.eye_policy import with_open_eyes
from livecam.taste.lesson import LessonFace, half_bytes
from livecam.types import Moment, Reason, Score, ScoredFace, UInt8Array

_COUNTS_FROM = 0.5  # of the largest face's size: a smaller one is a passer-by. Set by hand
_SAMPLES = 16  # rows and columns of pixels that the light is measured on. Set by hand
_LUMA = np.array((0.299, 0.587, 0.114))  # Rec. 601, as OpenCV's grey


def lesson_face(moment: Moment, picture: str, path: str = "") -> LessonFace | None:
    """Return what a lesson keeps of the largest face that counts in a picture; None without one.

    picture: what the picture is known by, see ``pictures.picture_of``.  path: where it lies.
    """
    faces = moment.counted or moment.faces
    if not faces:
        return None
    scored = max(faces, key=lambda one: one.face.size)
    face, score = scored.face, scored.generic or scored.score
    return LessonFace(
        picture=picture,
        embedding=half_bytes(score.embedding),
        blendshapes=half_bytes(face.blendshapes),
        pose=face.pose,
        rating_probs=open_probs(scored),
        eyes_closed=(float(score.eyes_closed[0]), float(score.eyes_closed[1])),
        reasons=scored.reasons,
        light=light_of(moment.frame.image, face.box),
        people=people_of([one.face.size for one in faces]),
        path=path,
    )


def open_probs(scored: ScoredFace) -> tuple[float, ...]:
    """Return the scorer's ratings as if the eyes were open, five numbers that sum to 1."""
    score: Score = scored.generic or scored.score
    # Of hidden eyes the score is that already, but for the scorer's own word beside a taste.
    if scored.generic is not None or Reason.EYES_HIDDEN not in scored.reasons:
        score = with_open_eyes(score, scored.face.blendshapes, scored.reasons)
    return tuple(score.rating_probs.tolist())


def people_of(sizes: Sequence[float]) -> int:
    """Return how many faces of a picture count, by their sizes."""
    return max(sum(size >= _COUNTS_FROM * max(sizes) for size in sizes), 1)


def light_of(image: UInt8Array, box: tuple[float, float, float, float]) -> float | None:
    """Return the mean luma of a face, 0..1; None where its box lies outside. image: uint8 (H, W, 3), RGB."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = (int(edge) for edge in box)
    rows, columns = slice(max(y0, 0), min(y1, height)), slice(max(x0, 0), min(x1, width))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return None
    steps = [max((part.stop - part.start) // _SAMPLES, 1) for part in (rows, columns)]
    pixels = image[rows, columns][:: steps[0], :: steps[1]]
    return float(pixels.reshape(-1, 3).mean(axis=0) @ _LUMA / 255)
