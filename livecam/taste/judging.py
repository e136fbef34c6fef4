"""The verdict on a head: does it surely agree with a person more often than livecam does without it?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from livecam.taste.examples import Examples
from livecam.taste.fitting import Floats, Ints
from livecam.taste.head import Verdict
from livecam.taste.held_out import Compared
from livecam.taste.selecting import HeldOut


@dataclass(frozen=True, slots=True)
class JudgingSettings:
    """How sure a verdict must be. Set by hand."""

    least_choices: int = 12  # with fewer no head is better, whatever it says
    least_gain: float = 0.01
    draws: int = 300  # of choices, to see how sure the gain is
    sure: float = 0.95


_SETTINGS = JudgingSettings()


def verdict_on(
    held: HeldOut,
    examples: Examples,
    pairs: Compared,
    groups: Ints,
    choices: int,
) -> Verdict:
    """Return the verdict on a head by what it foresaw of lessons without them.

    pairs: in which the two are compared.  groups: (L,), of ``groups_of``; the gain must be sure of other groups than
    these.  choices: that were made, with those that teach nothing.
    """
    if not len(pairs):
        return Verdict(choices)
    ours = pairs.agreement(held.own, held.other)
    generic = pairs.agreement(*without_taste(examples))
    gain = float((ours - generic).mean())
    error = _error_of_mean(ours - generic, pairs, groups)
    times = _students(_SETTINGS.sure, int(groups.max()))
    lessons = len(examples.lessons)
    better = lessons >= _SETTINGS.least_choices and gain >= _SETTINGS.least_gain and gain > times * error
    more = None if better else _lacking(lessons, gain, times * error)
    return Verdict(choices, len(pairs), float(ours.mean()), float(generic.mean()), better, more)


def without_taste(examples: Examples) -> tuple[Floats, Floats]:
    """Return what livecam says without a taste of each lesson's picture, and of its other one, (L,) each."""
    choices, pairs = examples.choices, len(examples.choices.pairs)
    own = examples.generic[np.concatenate((choices.pairs[:, 0], choices.rated, choices.judged))]
    other = np.zeros(len(own))
    own[:pairs], other[:pairs] = examples.worth[choices.pairs.T]
    return own, other


def _error_of_mean(gains: Floats, pairs: Compared, groups: Ints) -> float:
    """Standard error of the mean gain, by drawing groups anew with replacement: pairs by stars share photos."""
    count = int(groups.max()) + 1
    rng = np.random.default_rng(0)
    times = rng.multinomial(count, np.full(count, 1 / count), _SETTINGS.draws).astype(np.float64)
    better, worse = groups[pairs.better], groups[pairs.worse]
    weight = times[:, better] * np.where(pairs.other | (better == worse), 1.0, times[:, worse])
    total = weight.sum(axis=1)
    means = (weight @ gains)[total > 0] / total[total > 0]
    return float(means.std()) * math.sqrt(count / (count - 1)) if len(means) > 1 and count > 1 else math.inf


def _students(sure: float, freedom: int) -> float:
    """Return the quantile of Student's t, by Cornish and Fisher's expansion: of few groups no spread is well known."""
    if freedom < 1:
        return math.inf
    z = NormalDist().inv_cdf(sure)
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def _lacking(count: int, gain: float, margin: float) -> int:
    """About how many choices it takes until the gain, if it stays, is sure; in tens, 10 to 400.

    margin: what the gain must exceed to be sure.
    """
    least = _SETTINGS.least_choices - count
    if gain <= _SETTINGS.least_gain or not math.isfinite(margin):
        guess = max(count, 40)  # nothing to go by: twice as many tell more
    else:
        guess = round(count * ((margin / gain) ** 2 - 1))
    return min(max(math.ceil(max(guess, least) / 10) * 10, 10), 400)
