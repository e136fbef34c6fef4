"""What a learned taste comes down to, in points and in words that a person knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livecam.taste.head import TasteHead
from livecam.taste.lesson import Lesson, LessonFace
from livecam.taste.signals import SIGNALS, signals_of, standardised
from livecam.types import RATINGS

_WORTH_TELLING = 0.05  # points; set by hand


@dataclass(frozen=True, slots=True)
class Effect:
    """What a usual step of a signal changes. words: what it is that adds.  points: ≥ 0."""

    words: str
    points: float


@dataclass(frozen=True, slots=True)
class Seen:
    """One picture of the lessons. score, generic: by the taste and by the scorer, with open eyes, [1, 5]."""

    face: LessonFace
    score: float
    generic: float


@dataclass(frozen=True, slots=True)
class Insight:
    """effects: the largest first.  unnamed: points by which the embedding alone moves a picture, standard deviation.

    scorer: points that a point of the scorer is worth.  seen: all pictures of the lessons, the best liked first.
    """

    effects: tuple[Effect, ...]
    unnamed: float
    scorer: float
    seen: tuple[Seen, ...]


def insight_of(head: TasteHead, lessons: Sequence[Lesson]) -> Insight:
    """Return what head comes down to on the pictures of lessons."""
    faces = {one.picture: one for lesson in lessons for one in (lesson.face, lesson.other) if one is not None}
    utilities = {name: head.of_face(face) for name, face in faces.items()}
    slope = _points_a_logit(head, list(utilities.values()))
    effects = [
        Effect(signal.more if weight > 0 else signal.less, abs(float(weight)) * slope)
        for signal, weight in zip(SIGNALS.values(), head.signals, strict=True)
    ]
    told = sorted((one for one in effects if one.points >= _WORTH_TELLING), key=lambda one: -one.points)
    unnamed = [float(head.embedding @ face.vector) for face in faces.values()]
    seen = [Seen(face, _expected(head, utilities[name]), face.score) for name, face in faces.items()]
    return Insight(
        effects=tuple(told),
        unnamed=float(np.std(unnamed)) * slope if unnamed else 0.0,
        scorer=head.score * slope,
        seen=tuple(sorted(seen, key=lambda one: -one.score)),
    )


def strongest_signal(face: LessonFace) -> str:
    """Return in words what is most unusual in a face."""
    steps = standardised(signals_of(face))
    place = int(np.abs(steps).argmax())
    signal = list(SIGNALS.values())[place]
    return signal.more if steps[place] > 0 else signal.less


def _expected(head: TasteHead, utility: float) -> float:
    return float(head.probs(utility) @ np.array(RATINGS))


def _points_a_logit(head: TasteHead, utilities: Sequence[float]) -> float:
    middle = float(np.median(utilities)) if utilities else float(head.thresholds.mean())
    return _expected(head, middle + 0.5) - _expected(head, middle - 0.5)
