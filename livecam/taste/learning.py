"""From lessons to a head, and to a verdict on it: does it agree better with choices that it has not seen?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livecam.errors import LivecamError
from livecam.taste.examples import Examples, Worth, examples_of
from livecam.taste.fitting import Fitted, Floats, Ints, rating_probs
from livecam.taste.head import Story, TasteHead
from livecam.taste.held_out import Compared, compared, folds_of, groups_of
from livecam.taste.judging import verdict_on, without_taste
from livecam.taste.lesson import Kind, Lesson
from livecam.taste.places import DEFAULT_NAME
from livecam.taste.resting import Resting, resting_of
from livecam.taste.selecting import HeldOut, Selected, foreseen_from, select
from livecam.taste.signals import SIGNALS
from livecam.types import RATINGS


class TooLittleError(LivecamError):
    """There is nothing to learn from yet."""


@dataclass(frozen=True, slots=True)
class LearningSettings:
    """How a head is tried. Set by hand."""

    folds: int = 5
    most_pairs: int = 3000  # of those by stars
    curve: tuple[float, ...] = (0.25, 0.5)  # shares of the lessons; 0 and all of them besides
    most_lessons: int = 4000  # the last so many


_SETTINGS = LearningSettings()
_FAR, _HALVINGS = 5.0, 30  # logits beyond the thresholds
_ALONE_RIDGE = 0.003  # of the embedding's variance, which is 1 in all. Set by hand


def learn(
    lessons: Sequence[Lesson],
    name: str = DEFAULT_NAME,
    settings: LearningSettings = _SETTINGS,
    *,
    worth: Worth | None = None,
) -> TasteHead:
    """Return what is learned from lessons of one network, with the verdict on it in its story.

    worth: what livecam makes of a face where pictures of one burst are compared, beside which pairs are judged.

    Raises TooLittleError, one line, where nothing can be told from them.
    """
    lessons = lessons[-settings.most_lessons :]
    networks = {lesson.network for lesson in lessons}
    if len(networks) > 1:
        raise ValueError(f"lessons of several networks: {networks}")
    resting = resting_of(lessons)
    examples = examples_of(lessons, resting, worth)
    _require_something(examples)
    groups = groups_of(examples.lessons)
    folds = folds_of(groups, settings.folds)
    selected = select(examples, folds)
    pairs = compared(examples.lessons, examples.choices, settings.most_pairs)
    verdict = verdict_on(selected.held, examples, pairs, groups, len(lessons))
    curve = _curve(examples, folds, selected, pairs, settings)
    story = Story(verdict, curve, _calibration(examples, selected.held))
    return _head(examples, selected.fitted, resting, name, networks.pop(), story)


def _require_something(examples: Examples) -> None:
    count = len(examples.lessons)
    if count < 2:
        had = {0: "there are no choices to learn from", 1: "there is one choice to learn from"}[count]
        raise TooLittleError(f"{had}: rate some pictures (livecam rate, the keys 1 to 5, stars in your photos)")
    kinds = {lesson.kind for lesson in examples.lessons}
    stars = {lesson.stars for lesson in examples.lessons if lesson.kind is Kind.STARS}
    if Kind.PAIR not in kinds and len(kinds) == 1 and len(stars) <= 1:
        same = f"all {count} have {stars.pop()} stars" if stars else f"all {count} are alike"
        raise TooLittleError(f"nothing to tell apart, {same}: rate some that you like less, or more")


def _head(examples: Examples, fitted: Fitted, resting: Resting, name: str, network: str, story: Story) -> TasteHead:
    count = len(SIGNALS)
    embedding = examples.basis @ fitted.weights[1 + count :]
    alone, more = _alone(examples, fitted.weights)
    return TasteHead(
        name=name,
        network=network,
        embedding=embedding.astype(np.float32),
        signals=(fitted.weights[1 : 1 + count] / np.sqrt(count)).astype(np.float32),
        score=float(fitted.weights[0]),
        offset=float(-fitted.weights[0] * examples.score - embedding @ examples.centre),
        thresholds=fitted.thresholds.astype(np.float32),
        resting=resting,
        story=story,
        alone=alone.astype(np.float32),
        level=_level(examples.features @ fitted.weights, fitted.thresholds, float(np.median(examples.generic))),
        alone_offset=float(-fitted.weights[0] * examples.score - alone @ examples.centre + more),
    )


def _level(utilities: Floats, thresholds: Floats, wanted: float) -> float:
    """What is to be added to utilities so that the middle one is expected to get the rating wanted, by bisection."""
    middle = float(np.median(utilities))
    low, high = thresholds[0] - middle - _FAR, thresholds[-1] - middle + _FAR
    for _ in range(_HALVINGS):
        between = (low + high) / 2
        expected = float((rating_probs(np.array([middle + between]), thresholds) @ np.array(RATINGS))[0])
        low, high = (between, high) if expected < wanted else (low, between)
    return float(low + high) / 2


def _alone(examples: Examples, weights: Floats) -> tuple[Floats, float]:
    """Weights of the embedding, (512,), that stand in for those of the signals too, and what is to be added."""
    first = 1 + len(SIGNALS)
    said = examples.features[:, 1:first] @ weights[1:first]
    parts = examples.features[:, first:]
    ridge = _ALONE_RIDGE * len(parts) * np.eye(parts.shape[1])
    stand_in = np.linalg.solve(parts.T @ parts + ridge, parts.T @ (said - said.mean()))
    return np.asarray(examples.basis @ (weights[first:] + stand_in), np.float64), float(said.mean())


def _curve(
    examples: Examples, folds: Ints, selected: Selected, pairs: Compared, settings: LearningSettings
) -> tuple[tuple[int, float], ...]:
    """How many choices were learned from, and the agreement with those that were not."""
    if not len(pairs):
        return ()
    learned = len(examples.lessons)
    points = [(0, float(pairs.agreement(*without_taste(examples)).mean()))]
    for part in settings.curve:
        fewer = foreseen_from(examples, folds, selected.shares, part)
        points.append((round(part * learned), float(pairs.agreement(fewer.own, fewer.other).mean())))
    return (*points, (learned, float(pairs.agreement(selected.held.own, selected.held.other).mean())))


def _calibration(examples: Examples, held: HeldOut) -> tuple[tuple[float, float, int], ...]:
    """What was expected of held-out photos with stars, and what they got, from the lowest expected on."""
    first = len(examples.choices.pairs)
    rated = slice(first, first + len(examples.choices.rated))
    if not len(examples.choices.rated):
        return ()
    probs = np.vstack([rating_probs(held.own[[i]], held.thresholds[i]) for i in range(rated.start, rated.stop)])
    expected = probs @ np.array(RATINGS)
    order = np.argsort(expected, kind="stable")
    steps = np.array_split(order, min(5, max(len(order) // 8, 1)))
    given = examples.choices.stars + 1
    return tuple((float(expected[step].mean()), float(given[step].mean()), len(step)) for step in steps)
