"""How strongly a taste is believed: fits of several strengths are averaged by how well each foresees what is held out.

Choosing the one that foresees best would be a lottery with few lessons. What is foreseen of a lesson, by which a taste
is judged, comes from an average that was weighed without that lesson too (nested cross-validation): a judge who had
helped to choose would find the choice good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np

from livecam.taste.examples import Examples
from livecam.taste.fitting import THRESHOLDS, Choices, Fitted, Floats, Ints, Prior, fit, log_losses
from livecam.taste.signals import SIGNALS


@dataclass(frozen=True, slots=True)
class Strength:
    """What is believed before any choice.

    generic: logits that a point of the scorer is worth.  signals, embedding: how far utilities are believed to differ
    from that by each, logits; 0: not at all.
    """

    generic: float
    signals: float
    embedding: float

    @property
    def free(self) -> bool:
        """Whether more than the scorer's own order can be learned."""
        return self.signals + self.embedding > 0


@dataclass(frozen=True, slots=True)
class SelectionSettings:
    """What is tried, and how probable it is before any choice.

    Chosen with the lessons of 13 raters (the tenth to the 22nd busiest) who are not among the nine that
    ``benchmarks/taste`` reports.
    """

    # A point of the scorer is worth so many logits before it is seen: then stars scatter by 0.7 points.
    logits_a_point: float = 2.5
    # Or so many among pairs, for one who goes by something else; among stars nothing. It keeps side effects small.
    # At 0.5, 0.75 and 1, with 40 pairs of a stated taste (``benchmarks.taste.simulated``): where nothing differs by
    # what the taste sees, 47, 48 and 49 % of the readers choose the pick (livecam's own: 74); where something does, of
    # the five tastes the least turns 81, 79 and 77 % of the picks. 80 is asked for.
    less_in_pairs: float = 0.5
    # How probable the first is. It is about one person's faces, as pairs are; of the order in which those raters see
    # strangers it knows nothing (mean Spearman -0.004). At 0.02 their mean error with 25 lessons is 0.005 less; but who
    # rates pictures of their own is nearer to it than they are.
    by_scorer_in_pairs: float = 0.5
    by_scorer_in_stars: float = 0.1
    # Of signals and embedding, logits; and how probable each is. With 10 lessons the mean error is 0.998, 0.970 and
    # 0.958 classes with all alike, with halves from step to step, and as here; a constant has 0.987.
    spreads: tuple[tuple[float, float], ...] = ((0.0, 0.0), (0.5, 0.5), (1.0, 1.0), (3.0, 3.0), (8.0, 2.0))
    probable: tuple[float, ...] = (0.7, 0.16, 0.08, 0.04, 0.02)
    generic_spread: float = 0.5  # logits a point by which the scorer's worth may differ
    # Shares of ratings that are expected below 2, 3, 4 and 5, and how surely (logits^-2): about as three ratings say.
    # At 1 the mean error with 25 lessons is 0.01 less; but those raters' classes are cut to like shares, and who gives
    # hardly anything but ones would be foreseen as giving twos after ten.
    below: tuple[float, ...] = (0.1, 0.3, 0.7, 0.9)
    threshold_precision: float = 0.3
    # Of lessons, by which it is seen how sure their word on the strengths is (Yao, Vehtari, Simpson, Gelman 2018,
    # pseudo-BMA+). Set by hand.
    draws: int = 100
    least_share: float = 0.02  # of an average; below it a strength is left out


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What was foreseen of each lesson without it.

    own, other: (L,), utilities of its picture and of a pair's other one (0 without one), logits.  thresholds: (L, 4),
    those that went with them.
    """

    own: Floats
    other: Floats
    thresholds: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """What is learned. fitted: from all lessons.  held: what is foreseen of each.

    shares: of each strength, (F, S), in what foresees the lessons of each fold, in the order of its number.
    """

    fitted: Fitted
    held: HeldOut
    shares: Floats


_SETTINGS = SelectionSettings()


def select(examples: Examples, folds: Ints) -> Selected:
    """Return what is learned from examples, and what is foreseen of each lesson that is held out. folds: (L,)."""
    tried = _strengths(examples.choices)
    before = _probable(examples.choices)
    weights = np.concatenate(examples.choices.weights)
    fits = [_fit_all(examples, folds, strength) for strength in tried]
    losses = np.array([one.losses for one in fits]) * weights
    shares = _shares(losses, before)
    of_folds = []
    for place, fold in enumerate(np.unique(folds)):
        seen = folds != fold
        inner = np.array([one.inner[place] for one in fits]) * weights
        of_folds.append(_shares(inner[:, seen], before))
    return Selected(
        _average([one.full for one in fits], shares),
        _held_out(examples, folds, [one.without for one in fits], of_folds),
        np.array(of_folds),
    )


def foreseen_from(examples: Examples, folds: Ints, shares: Floats, part: float) -> HeldOut:
    """Return what is foreseen of each lesson by a part of those of the other folds, by lot. shares: of ``Selected``."""
    lots = np.random.default_rng(0).random(len(folds))
    tried = _strengths(examples.choices)
    numbers = np.unique(folds)
    fits: list[list[Fitted]] = []
    for strength, used in zip(tried, shares.T, strict=True):
        fitted: Fitted | None = None
        fits.append([])
        for fold, share in zip(numbers, used, strict=True):
            if share > 0 or fitted is None:
                fitted = _fit(examples, examples.choices.subset((folds != fold) & (lots < part)), strength)
            fits[-1].append(fitted)
    return _held_out(examples, folds, fits, list(shares))


@dataclass(frozen=True, slots=True, eq=False)
class _Fits:
    """Of one strength: from all lessons, without each fold, and how badly each lesson is foreseen.

    losses: (L,), by what its own fold is not in.  inner: (F, L), by what neither its own nor that fold is in.
    """

    full: Fitted
    without: list[Fitted]
    losses: Floats
    inner: Floats


def _fit_all(examples: Examples, folds: Ints, strength: Strength) -> _Fits:
    choices, numbers = examples.choices, np.unique(folds)
    full = _fit(examples, choices, strength)
    without: list[Fitted] = []
    losses, inner = np.zeros(len(folds)), np.zeros((len(numbers), len(folds)))
    for fold in numbers:
        out = folds == fold
        without.append(_fit(examples, choices.subset(~out), strength, full))
        losses[out] = _losses(examples, choices.subset(out), without[-1])
    for one, other in combinations(range(len(numbers)), 2):
        first, second = folds == numbers[one], folds == numbers[other]
        fitted = _fit(examples, choices.subset(~first & ~second), strength, without[one])
        inner[one, second] = _losses(examples, choices.subset(second), fitted)
        inner[other, first] = _losses(examples, choices.subset(first), fitted)
    return _Fits(full, without, losses, inner)


def _losses(examples: Examples, choices: Choices, fitted: Fitted) -> Floats:
    return log_losses(examples.features @ fitted.weights, choices, fitted)


def _held_out(examples: Examples, folds: Ints, fits: Sequence[Sequence[Fitted]], shares: Sequence[Floats]) -> HeldOut:
    """fits: of each strength, without each fold.  shares: of the strengths, for each fold."""
    choices, count = examples.choices, len(folds)
    pairs = len(choices.pairs)
    rows = np.concatenate((choices.pairs[:, 0], choices.rated, choices.judged))
    own, other, thresholds = np.zeros(count), np.zeros(count), np.zeros((count, THRESHOLDS))
    for place, fold in enumerate(np.unique(folds)):
        out = folds == fold
        fitted = _average([of_strength[place] for of_strength in fits], shares[place])
        utility = examples.features @ fitted.weights
        own[out] = utility[rows[out]]
        of_pairs = np.flatnonzero(out[:pairs])
        other[of_pairs] = utility[choices.pairs[of_pairs, 1]]
        thresholds[out] = fitted.thresholds
    return HeldOut(own, other, thresholds)


def _strengths(choices: Choices) -> list[Strength]:
    less = (1 - _stars(choices)) * _SETTINGS.less_in_pairs
    return [
        Strength(generic, *spread) for generic, spread in product((_SETTINGS.logits_a_point, less), _SETTINGS.spreads)
    ]


def _stars(choices: Choices) -> float:
    """The share of stars."""
    return len(choices.rated) / max(len(choices), 1)


def _probable(choices: Choices) -> Floats:
    """How probable each strength is before any choice, (S,)."""
    stars = _stars(choices)
    by_scorer = stars * _SETTINGS.by_scorer_in_stars + (1 - stars) * _SETTINGS.by_scorer_in_pairs
    return np.outer((by_scorer, 1 - by_scorer), _SETTINGS.probable).ravel()


def _shares(losses: Floats, before: Floats) -> Floats:
    """Return the share of each strength in an average, (S,). losses: (S, L), of what was held out."""
    count = losses.shape[1]
    lots = np.random.default_rng(0).exponential(size=(_SETTINGS.draws, count))
    lots *= count / np.maximum(lots.sum(axis=1, keepdims=True), 1e-9)
    likely = -(lots @ losses.T) + np.log(before)
    odds = np.exp(likely - likely.max(axis=1, keepdims=True))
    shares = (odds / odds.sum(axis=1, keepdims=True)).mean(axis=0)
    shares[shares < _SETTINGS.least_share] = 0.0
    return np.asarray(shares / shares.sum(), np.float64)


def _average(fits: Sequence[Fitted], shares: Floats) -> Fitted:
    weights = shares @ np.array([one.weights for one in fits])
    thresholds = shares @ np.array([one.thresholds for one in fits])
    return Fitted(weights, thresholds, float(shares @ np.array([one.limit for one in fits])))


def _fit(
    examples: Examples,
    choices: Choices,
    strength: Strength,
    start: Fitted | None = None,
) -> Fitted:
    width = examples.features.shape[1]
    used = width if strength.free else 1
    prior = _prior(examples, strength, used)
    begin = None if start is None else replace(start, weights=start.weights[:used])
    fitted = fit(examples.features[:, :used], choices, prior, begin)
    return replace(fitted, weights=np.concatenate((fitted.weights, np.zeros(width - used))))


def _prior(examples: Examples, strength: Strength, used: int) -> Prior:
    """The prior of a strength for the first columns of examples' features."""
    spread = np.concatenate((
        [_SETTINGS.generic_spread],
        np.full(len(SIGNALS), strength.signals),
        np.full(examples.features.shape[1] - 1 - len(SIGNALS), strength.embedding),
    ))[:used]  # fmt: skip
    mean = np.zeros(used)
    mean[0] = strength.generic
    below = np.array(_SETTINGS.below)
    # What the scorer spreads apart needs limits that are farther apart for the same shares (3 / pi^2 of a logistic's
    # variance is 1).
    wide = np.sqrt(1 + 3 / np.pi**2 * (strength.generic * examples.features[:, 0].std()) ** 2)
    return Prior(mean, spread**-2.0, np.log(below / (1 - below)) * wide, _SETTINGS.threshold_precision)
