"""How a person's face rests: how much of a smile that is, and how closed their open eyes look to livecam.

A mouth whose corners rest high is no smile, and narrow or hooded eyes are not closed. Both are learned from the faces
of a person's lessons, with bounds, so that the rule on closed eyes is moved and never unlearned.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livecam.faces.mesh import blendshape
from livecam.taste.lesson import Kind, Lesson, LessonFace
from livecam.types import EYE_CLOSED, Reason


@dataclass(frozen=True, slots=True)
class RestingSettings:
    """From how much a person's own face is known, and how far it may move a judgement. Set by hand."""

    # Faces that it takes to say how a person rests.
    least_faces: int = 12
    # A mouth rests where the lowest quarter of their faces lies; below this mouthSmile it is anybody's rest.
    quantile: float = 0.25
    usual_smile: float = 0.10
    most_smile: float = 0.6
    # Pictures that were liked although an eye looked closed, and their share of the liked ones, that it takes to call
    # the eyes narrow.
    least_narrow: int = 3
    narrow_share: float = 0.15
    # Log-odds by which the limit of closed eyes may rise (to 0.9) and fall (to 0.27), and how far from the eyes that
    # were liked it stays. Above 0.9 an eye is closed, whatever was liked.
    most_up: float = 2.2
    most_down: float = 1.0
    margin: float = 1.5
    # Liked pictures that it takes to ask more of wide eyes than of anybody's, and how near to closed, log-odds, nearly
    # all of them may come.
    least_wide: int = 20
    wide_from: float = -1.0


@dataclass(frozen=True, slots=True)
class Resting:
    """smile: mouthSmile at rest, 0 where it is anybody's.  eyes: log-odds to take from those of a closed eye."""

    smile: float = 0.0
    eyes: float = 0.0


_SETTINGS = RestingSettings()
# The scorer's rating by mouthSmile, as ``scoring.eye_policy`` fitted it.
_RATING_BY_SMILE = ((0.05, 0.35, 0.65, 0.95), (3.0, 4.0, 4.75, 4.91))


def resting_of(lessons: Sequence[Lesson], settings: RestingSettings = _SETTINGS) -> Resting:
    """Learn how the person of these lessons rests; what is not known is as anybody's."""
    faces = {one.picture: one for lesson in lessons for one in (lesson.face, lesson.other) if one is not None}
    liked = {lesson.face.picture: lesson.face for lesson in lessons if _liked(lesson)}
    return Resting(_smile(list(faces.values()), settings), _eyes(list(liked.values()), settings))


def less_resting_smile(score: float, smile: float, resting: Resting) -> float:
    """Return a score, [1, 5], less what the mouth's rest has added to it. smile: mouthSmile, 0..1."""
    if resting.smile <= 0:
        return score
    own = max(smile - resting.smile, 0.0) / (1 - resting.smile)
    less = float(np.interp(smile, *_RATING_BY_SMILE) - np.interp(own, *_RATING_BY_SMILE))
    return min(max(score - less, 1.0), 5.0)


def own_eyes(closed: tuple[float, float], resting: Resting) -> tuple[float, float]:
    """Return how probable it is that each eye of this person is closed, given what it is of anybody's."""
    left, right = closed
    return _moved(left, resting.eyes), _moved(right, resting.eyes)


def _moved(probability: float, less: float) -> float:
    return probability if less == 0 else 1 / (1 + math.exp(less - _log_odds(probability)))


def _liked(lesson: Lesson) -> bool:
    return lesson.kind in {Kind.PAIR, Kind.KEEP} or (lesson.kind is Kind.STARS and lesson.stars >= 4)


def _smile(faces: Sequence[LessonFace], settings: RestingSettings) -> float:
    if len(faces) < settings.least_faces:
        return 0.0
    rest = float(np.quantile([blendshape(face.shapes, "mouthSmile") for face in faces], settings.quantile))
    return min(rest, settings.most_smile) if rest > settings.usual_smile else 0.0


def _eyes(liked: Sequence[LessonFace], settings: RestingSettings) -> float:
    seen = [face for face in liked if Reason.EYES_HIDDEN not in face.reasons]
    if len(seen) < settings.least_faces:
        return 0.0
    odds = np.sort([_log_odds(max(face.eyes_closed)) for face in seen])
    at_limit = _log_odds(EYE_CLOSED)
    narrow = odds[(odds > at_limit) & (odds < settings.most_up)]
    if len(narrow) >= settings.least_narrow and len(narrow) >= settings.narrow_share * len(odds):
        return min(float(narrow[-1]) + settings.margin, settings.most_up)
    if len(seen) < settings.least_wide:
        return 0.0
    # Where nearly all that was liked is far from closed, what comes near it is a half-blink.
    highest = float(np.quantile(odds, 0.95))
    return max(min(highest - settings.wide_from - at_limit, 0.0), -settings.most_down)


def _log_odds(probability: float) -> float:
    sure = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(sure / (1 - sure))
