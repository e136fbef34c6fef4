"""From lessons to numbers: the faces as rows of features, and what was chosen among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from livecam.taste.fitting import Choices, Floats, Ints
from livecam.taste.lesson import Kind, Lesson, LessonFace
from livecam.taste.resting import Resting, less_resting_smile, own_eyes
from livecam.taste.signals import SIGNALS, signals_of, standardised
from livecam.types import EMBEDDING, EYE_CLOSED, Reason

Worth = Callable[[LessonFace], float]


@dataclass(frozen=True, slots=True)
class ExampleSettings:
    """How lessons become numbers."""

    # Principal components of the embeddings, and the power of their variance that they are divided by: 0 leaves them as
    # they are, 0.5 makes all alike. Of 13 raters who are not among the nine of ``benchmarks/taste``, Spearman with 100,
    # 200 and 400 photos: 0.249, 0.294, 0.337 by 64 components at 0.25, and 0.258, 0.299, 0.342 as here.
    components: int = 100
    whitening: float = 0.35
    # Weight of a photo's stars, which are four answers that depend on each other, beside a pair. Mean error of those 13
    # with 10, 25, 50, 100 and 400 photos at 0.5: 0.952, 0.940, 0.910, 0.879, 0.831; as here 0.946, 0.932, 0.909, 0.880,
    # 0.831; at 0.25 0.941, 0.929, 0.907, 0.884, 0.836.
    stars_weight: float = 0.35
    # What a picture of a pair is worth beyond its score where pictures of one person are compared, beside a point of
    # the score: there it counts with any taste (``TasteWeights`` of ``livecam.best.ranking.tasted``, 1.5 / 2.5), so
    # none has to learn it.
    # By 40 pairs of stated tastes (``benchmarks.taste.simulated``) 79 to 98 % of the picks are turned at 0, 81 to 99 %
    # as here.
    beyond_score: float = 0.6
    # Of a keep or reject: many are kept for what they show, not for how. Set by hand.
    judged_weight: float = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Lessons as numbers; the first column of features is the scorer's score, the next S the signals.

    features: (N, D), of each picture; one that is in pairs and judged alone, too, has two rows: in pairs what it is
    worth beyond its score is added to that.  choices: by rows of features.  lessons: those that choices hold, in the
    order of ``Choices.weights``.  basis: (512, K) and centre: (512,), from embeddings to the last K columns.  score:
    the mean that the first column is less.  generic: (N,), the scorer's own word, with open eyes.
    worth: (N,), what livecam makes of that where pictures of one burst are compared.
    """

    features: Floats
    choices: Choices
    lessons: tuple[Lesson, ...]
    basis: Floats
    centre: Floats
    score: float
    generic: Floats
    worth: Floats


_SETTINGS = ExampleSettings()


def examples_of(lessons: Sequence[Lesson], resting: Resting, worth: Worth | None = None) -> Examples:
    """Return lessons, at least one, as numbers. What closed eyes explain teaches nothing of taste, and is left out.

    worth: see ``Examples``; the scorer's own word if None.
    """
    useful = [lesson for lesson in lessons if not _told_by_eyes(lesson, resting)]
    ordered = [lesson for kind in ((Kind.PAIR,), (Kind.STARS,), (Kind.KEEP, Kind.REJECT)) for lesson in useful
               if lesson.kind in kind]  # fmt: skip
    rows: dict[_Row, int] = {}
    faces: list[LessonFace] = []
    for lesson in ordered:
        for face in (lesson.face, lesson.other):
            if face is not None and _row(face, lesson) not in rows:
                rows[_row(face, lesson)] = len(faces)
                faces.append(face)
    named = [signals_of(face) for face in faces]
    generic = np.array([face.score for face in faces])
    own = np.array([
        less_resting_smile(face.score, signals["smile"], resting) for face, signals in zip(faces, named, strict=True)
    ])  # fmt: skip
    signals = np.array([standardised(one) for one in named], np.float64).reshape(len(faces), len(SIGNALS))
    embeddings = np.array([face.vector for face in faces], np.float64).reshape(len(faces), EMBEDDING)
    centre, basis = _components(embeddings)
    mean = float(own.mean()) if len(own) else 0.0
    known = generic if worth is None else np.array([worth(face) for face in faces])
    first = own - mean
    in_pairs = np.array([compared for _, compared in rows], bool)
    if in_pairs.any():
        beyond = (known - generic)[in_pairs]
        first[in_pairs] += _SETTINGS.beyond_score * (beyond - beyond.mean())
    features = np.hstack((first[:, None], signals / np.sqrt(len(SIGNALS)), (embeddings - centre) @ basis))
    return Examples(features, _choices(ordered, rows), tuple(ordered), basis, centre, mean, generic, known)


_Row = tuple[str, bool]  # a picture, and whether it is in a pair


def _row(face: LessonFace, lesson: Lesson) -> _Row:
    return face.picture, lesson.kind is Kind.PAIR


def _components(embeddings: Floats) -> tuple[Floats, Floats]:
    """Return the mean, (512,), and what makes components of all embeddings, whose squares sum to 1 on average."""
    if len(embeddings) < 2:
        return embeddings.mean(axis=0) if len(embeddings) else np.zeros(EMBEDDING), np.zeros((EMBEDDING, 0))
    centre = embeddings.mean(axis=0)
    around = embeddings - centre
    # Of few faces the small matrix has the same components.
    if len(around) < EMBEDDING:
        values, vectors = np.linalg.eigh(around @ around.T / len(around))
        keep = _largest(values, _SETTINGS.components)
        directions = around.T @ vectors[:, keep] / np.sqrt(values[keep] * len(around))
    else:
        values, vectors = np.linalg.eigh(around.T @ around / len(around))
        keep = _largest(values, _SETTINGS.components)
        directions = vectors[:, keep]
    if not len(keep):
        return centre, np.zeros((EMBEDDING, 0))
    variance = values[keep]
    basis = directions / variance**_SETTINGS.whitening
    return centre, np.asarray(basis / np.sqrt((variance ** (1 - 2 * _SETTINGS.whitening)).sum()), np.float64)


def _largest(values: Floats, most: int) -> Ints:
    order = np.argsort(-values)[:most]
    return order[values[order] > 1e-9 * max(float(values.max()), 1e-9)]


def _choices(lessons: Sequence[Lesson], rows: dict[_Row, int]) -> Choices:
    pairs = [(rows[one.face.picture, True], rows[one.other.picture, True]) for one in lessons if one.other is not None]
    rated = [(rows[one.face.picture, False], one.stars - 1) for one in lessons if one.kind is Kind.STARS]
    judged = [(rows[one.face.picture, False], one.kind is Kind.KEEP) for one in lessons if one.kind in _JUDGED]
    return Choices(
        pairs=np.array(pairs, np.int64).reshape(-1, 2),
        rated=np.array([row for row, _ in rated], np.int64),
        stars=np.array([stars for _, stars in rated], np.int64),
        judged=np.array([row for row, _ in judged], np.int64),
        kept=np.array([float(kept) for _, kept in judged]),
        weights=(
            np.ones(len(pairs)),
            np.full(len(rated), _SETTINGS.stars_weight),
            np.full(len(judged), _SETTINGS.judged_weight),
        ),
    )


_JUDGED = (Kind.KEEP, Kind.REJECT)


def closed(face: LessonFace, resting: Resting) -> bool:
    """Whether an eye of a face that can be seen is closed, as it is judged of this person."""
    return (
        Reason.EYES_HIDDEN not in face.reasons
        and max(own_eyes(face.eyes_closed, face.shapes.tolist(), resting)) > EYE_CLOSED
    )


def _told_by_eyes(lesson: Lesson, resting: Resting) -> bool:
    if lesson.other is not None:
        return closed(lesson.face, resting) != closed(lesson.other, resting)
    return closed(lesson.face, resting)
