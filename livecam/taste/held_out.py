"""What is held out to try a taste on: folds of whole sessions, and the pairs in which two scores are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from livecam.taste.fitting import Choices, Floats, Ints
from livecam.taste.lesson import Kind, Lesson


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Pairs of pictures of which one was liked better, by the lessons that say so.

    better, worse: (M,), places of lessons.  other: (M,), whether the worse picture is the other one of a pair's lesson;
    else it is that lesson's own.
    """

    better: Ints
    worse: Ints
    other: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.better)

    def agreement(self, own: Floats, other: Floats) -> Floats:
        """Return for each pair 1 where utilities say so too, 0 where not, 0.5 for a tie, (M,).

        own, other: (L,), the utilities of each lesson's picture and of its other one.
        """
        worse = np.where(self.other, other[self.worse], own[self.worse])
        return np.asarray(0.5 + 0.5 * np.sign(own[self.better] - worse), np.float64)


def groups_of(lessons: Sequence[Lesson]) -> Ints:
    """Return which group each lesson belongs to, (N,): lessons of one group say much the same.

    A session is one; where there are fewer than three, pictures that were compared with each other; and where all
    were, each lesson by itself.
    """
    groups = [lesson.session for lesson in lessons]
    if len(set(groups)) < 3:
        groups = _connected(lessons)
    if len(set(groups)) < 3:
        groups = [str(place) for place in range(len(lessons))]
    return np.unique(groups, return_inverse=True)[1]


def folds_of(groups: Ints, most: int) -> Ints:
    """Return which of at most ``most`` folds each lesson is held out in, (N,): whole groups, as evenly as they go."""
    sizes = np.bincount(groups)
    folds = np.zeros(len(sizes), np.int64)
    load = np.zeros(min(most, len(sizes)))
    order = np.random.default_rng(0).permutation(len(sizes))
    for group in sorted(order.tolist(), key=lambda one: -sizes[one]):
        folds[group] = load.argmin()
        load[folds[group]] += sizes[group]
    return folds[groups]


def compared(lessons: Sequence[Lesson], choices: Choices, most: int) -> Compared:
    """Return the pairs that lessons, in the order of choices, speak of; of those by stars, keeps and rejects at most
    ``most``, drawn by lot: within each session, or over all where no session has any.
    """
    first = len(choices.pairs)
    worth = _worth(choices)
    sessions = np.array([lesson.session for lesson in lessons[first:]])
    kinds = np.array([lesson.kind is Kind.STARS for lesson in lessons[first:]], bool)
    found = [
        pair
        for session in np.unique(sessions)
        for pair in _differing(np.flatnonzero(sessions == session), worth, kinds)
    ]
    if not found and not first:
        found = list(_differing(np.arange(len(kinds)), worth, kinds))
    if len(found) > most:
        drawn = np.random.default_rng(0).choice(len(found), most, replace=False)
        found = [found[place] for place in np.sort(drawn)]
    places = np.array(found, np.int64).reshape(-1, 2) + first
    own = np.arange(first)
    return Compared(
        better=np.concatenate((own, places[:, 0])),
        worse=np.concatenate((own, places[:, 1])),
        other=np.arange(first + len(places)) < first,
    )


def _worth(choices: Choices) -> Floats:
    return np.concatenate((choices.stars.astype(np.float64), choices.kept))


def _differing(places: Ints, worth: Floats, kinds: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Those of all pairs of places that are worth different, the better first; stars are compared with stars alone."""
    found: list[tuple[int, int]] = []
    for kind in (True, False):
        alike = places[kinds[places] == kind]
        values = worth[alike]
        above, below = np.nonzero(values[:, None] > values[None, :])
        found += zip(alike[above].tolist(), alike[below].tolist(), strict=True)
    return found


def _connected(lessons: Sequence[Lesson]) -> list[str]:
    """Return for each lesson the name of its group: those that share a picture, however far around, share it."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for lesson in lessons:
        faces = [lesson.face] if lesson.other is None else [lesson.face, lesson.other]
        for one, other in combinations([face.picture for face in faces], 2):
            parent[root(one)] = root(other)
    return [root(lesson.face.picture) for lesson in lessons]
