"""How a person's face rests: how much of a smile that is, and how closed their open eyes look to livecam.

A mouth whose corners rest high is no smile, narrow or hooded eyes are not closed, and half a blink of wide eyes is no
open eye. It is learned from the faces of a person's lessons, with bounds, so that the rule on closed eyes is moved and
never unlearned.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livecam.faces.mesh import Blendshapes, blendshape, blendshape_places, larger_side
from livecam.taste.lesson import Kind, Lesson, LessonFace
from livecam.types import EYE_CLOSED, Reason

MOST_UP = 2.2  # see ``RestingSettings``: no head may have more, wherever it comes from


@dataclass(frozen=True, slots=True)
class RestingSettings:
    """From how much a person's own face is known, and how far it may move a judgement.

    Measured on the clips of 15 people who were chosen from by eye (``benchmarks/labels``); no number was tried on
    people who were not in sight. Where nothing is said of it, set by hand.
    """

    # Faces that it takes to say how a person rests.
    least_faces: int = 12
    # A mouth rests where the lowest tenth of their faces lies; below this mouthSmile it is anybody's rest. By one half
    # of a person's bursts and by the other it differs by at most 0.06; the lowest quarter, by 0.26.
    quantile: float = 0.1
    usual_smile: float = 0.10
    most_smile: float = 0.6
    # Pictures that were liked although an eye looked closed, and their share of the liked ones, that it takes to call
    # the eyes narrow. No person of the research data has as many.
    least_narrow: int = 3
    narrow_share: float = 0.15
    # Log-odds by which the limit of closed eyes may rise (to 0.9), and how far from the eyes that were liked it stays.
    # Above 0.9 an eye is closed, whatever was liked.
    most_up: float = MOST_UP
    margin: float = 1.5
    # Half-blinks: by how much eyeBlink lies over that of nine tenths of the liked faces. Learned from half of a
    # person's bursts, of the other half and of the labelled frames (nine halves of people, before and after): closed
    # eyes are called so in 89 and 98 %, half-closed ones in 8 and 21, open ones in 0 of 236, frames that readers refuse
    # in 62 and 73 %, and none of 180 that they choose. A broad smile adds at most 0.08 in 90 % of 68 people.
    lids_over: float = 0.15
    # No lower, for others are seen by the same taste: 0.9 % of 2,401 strangers' open eyes lie over it, at 0.2 one in
    # five; with that, half-closed ones were called so in 32 %. See _SURELY_OPEN.
    least_lids: float = 0.4
    # That is known only of one person: nine tenths and one tenth of the liked faces are less apart than this. Of 15
    # people 11 are, of twenty strangers one time in a hundred.
    most_apart: float = 0.12


@dataclass(frozen=True, slots=True)
class Resting:
    """smile: mouthSmile at rest, 0 where it is anybody's.  eyes: log-odds, ≥ 0, to take from those of a closed eye.

    lids: eyeBlink from which on an eye is half closed at least, 1 where that is not known.
    """

    smile: float = 0.0
    eyes: float = 0.0
    lids: float = 1.0


_SETTINGS = RestingSettings()
# The scorer's rating by mouthSmile, as ``scoring.eye_policy`` fitted it.
_RATING_BY_SMILE = ((0.05, 0.35, 0.65, 0.95), (3.0, 4.0, 4.75, 4.91))


def resting_of(lessons: Sequence[Lesson]) -> Resting:
    """Learn how the person of these lessons rests; what is not known is as anybody's."""
    faces = {one.picture: one for lesson in lessons for one in (lesson.face, lesson.other) if one is not None}
    liked = list({lesson.face.picture: lesson.face for lesson in lessons if _liked(lesson)}.values())
    return Resting(_smile(list(faces.values())), _eyes(liked), _lids(liked))


def less_resting_smile(score: float, smile: float, resting: Resting) -> float:
    """Return a score, [1, 5], less what the mouth's rest has added to it. smile: mouthSmile, 0..1."""
    if resting.smile <= 0:
        return score
    own = max(smile - resting.smile, 0.0) / (1 - resting.smile)
    usual = float(np.interp(own, *_RATING_BY_SMILE))
    less = float(np.interp(smile, *_RATING_BY_SMILE)) - usual
    # Of many a raised mouth the scorer sees that it rests: never less than such a smile gets of anybody.
    return min(max(score - less, min(score, usual), 1.0), 5.0)


def own_eyes(closed: tuple[float, float], shapes: Blendshapes, resting: Resting) -> tuple[float, float]:
    """Return how probable it is that each eye of this person is closed, given what it is of anybody's.

    closed: subject's left and right.  shapes: the 52 blendshapes.
    """
    if resting.eyes == 0 and resting.lids >= 1:
        return closed
    left, right = (
        max(_moved(probability, resting.eyes), _over_lids(float(shapes[place]), resting.lids, probability))
        for probability, place in zip(closed, blendshape_places("eyeBlink"), strict=True)
    )
    return left, right


def _over_lids(blink: float, lids: float, probability: float) -> float:
    """How probable it is that an eye is closed by its lids: 0.5 at their limit, never as surely as a shut one.

    Where a burst has nothing better, half a blink is picked before closed eyes. probability: the scorer's.
    """
    if lids >= 1 or _log_odds(probability) < _SURELY_OPEN:
        return 0.0
    return min(_chance((blink - lids) / _LIDS_STEP), _MOST_BY_LIDS)


# Log-odds of a closed eye below which the scorer is sure that it is open: a narrow eye of somebody else's, not half a
# blink. Of 23 narrow eyes of strangers that are open to the eye (children, laughing; ``more/`` of the research data) 5
# are called closed by lids that were learned of somebody with wide eyes; 17 without this, 1 without a taste. Of the
# half-closed eyes of a person's own it loses 2 of 30, of the closed ones none. Chosen with these in sight.
_SURELY_OPEN = -5.0
# eyeBlink that makes the odds e times as high, and the most probable that lids make it. Set by hand.
_LIDS_STEP, _MOST_BY_LIDS = 0.02, 0.9


def _moved(probability: float, less: float) -> float:
    return probability if less == 0 else _chance(_log_odds(probability) - less)


def _liked(lesson: Lesson) -> bool:
    return lesson.kind in {Kind.PAIR, Kind.KEEP} or (lesson.kind is Kind.STARS and lesson.stars >= 4)


def _smile(faces: Sequence[LessonFace]) -> float:
    if len(faces) < _SETTINGS.least_faces:
        return 0.0
    rest = float(np.quantile([blendshape(face.shapes, "mouthSmile") for face in faces], _SETTINGS.quantile))
    return min(rest, _SETTINGS.most_smile) if rest > _SETTINGS.usual_smile else 0.0


def _eyes(liked: Sequence[LessonFace]) -> float:
    seen = [face for face in liked if Reason.EYES_HIDDEN not in face.reasons]
    if len(seen) < _SETTINGS.least_faces:
        return 0.0
    odds = np.sort([_log_odds(max(face.eyes_closed)) for face in seen])
    at_limit = _log_odds(EYE_CLOSED)
    narrow = odds[(odds > at_limit) & (odds < _SETTINGS.most_up)]
    if len(narrow) >= _SETTINGS.least_narrow and len(narrow) >= _SETTINGS.narrow_share * len(odds):
        return min(float(narrow[-1]) + _SETTINGS.margin, _SETTINGS.most_up)
    return 0.0


def _lids(liked: Sequence[LessonFace]) -> float:
    blinks = [larger_side(face.shapes, "eyeBlink") for face in liked if Reason.EYES_HIDDEN not in face.reasons]
    if len(blinks) < _SETTINGS.least_faces:
        return 1.0
    low, high = np.quantile(blinks, (0.1, 0.9))
    return 1.0 if high - low > _SETTINGS.most_apart else max(float(high) + _SETTINGS.lids_over, _SETTINGS.least_lids)


def _chance(log_odds: float) -> float:
    """Undo ``_log_odds``, of numbers of any size: those of lessons and heads may come from anywhere."""
    return 0.5 * (1 + math.tanh(0.5 * log_odds))


def _log_odds(probability: float) -> float:
    sure = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(sure / (1 - sure))
