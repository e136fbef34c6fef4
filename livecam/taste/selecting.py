"""How strongly a taste is believed: the weakest that foresees what is held out about as well as the best does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from livecam.taste.examples import Examples
from livecam.taste.fitting import THRESHOLDS, Choices, Fitted, Floats, Ints, Prior, fit, log_losses
from livecam.taste.signals import SIGNALS
from livecam.types import RATINGS


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
    def freedom(self) -> float:
        """How much it leaves open."""
        return self.signals + self.embedding


@dataclass(frozen=True, slots=True)
class SelectionSettings:
    """What is tried. Set by hand, around what suits the nine raters and simulated tastes (``benchmarks/taste``)."""

    # A point of the scorer is worth so many logits: then stars scatter about it by 0.7 points.
    logits_a_point: float = 2.5
    generic: tuple[float, ...] = (1.0, 0.4, 0.0)  # shares of that
    # Of signals and embedding, logits.
    spreads: tuple[tuple[float, float], ...] = (
        (0.0, 0.0), (0.25, 0.25), (0.5, 0.5), (1.0, 1.0), (2.0, 0.5), (4.0, 1.0), (8.0, 2.0),
    )  # fmt: skip
    least_generic: float = 0.02  # logits a point
    generic_spread: float = 0.5  # logits a point by which the scorer's worth may differ
    threshold_precision: float = 0.3
    known_stars: float = 2.0  # as many as the scorer's mean counts for
    # Standard errors by which a weaker one may foresee worse than the best.
    slack: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What was foreseen of each lesson without it.

    own, other: (L,), utilities of its picture and of a pair's other one (0 without one), logits.  thresholds: (L, 4),
    those that went with them.  losses: (L,), see ``fitting.log_losses``.
    """

    own: Floats
    other: Floats
    thresholds: Floats
    losses: Floats


_SETTINGS = SelectionSettings()


def select(examples: Examples, folds: Ints, settings: SelectionSettings = _SETTINGS) -> tuple[Strength, HeldOut]:
    """Return the strength to fit with, and what it foresees of each lesson that is held out. folds: (L,)."""
    tried: list[tuple[Strength, HeldOut]] = []
    for share, (signals, embedding) in product(settings.generic, settings.spreads):
        strength = Strength(share * settings.logits_a_point, signals, embedding)
        tried.append((strength, held_out(examples, folds, strength, settings)))
    weights = np.concatenate(examples.choices.weights)
    best = min(tried, key=lambda one: float(weights @ one[1].losses))
    # Of those that foresee about as well, the ones that leave least open; where only the scorer's order is left, the
    # one that spreads ratings least, for few stars cannot tell how far it is to be trusted.
    good = [one for one in tried if _about_as_good(one[1].losses, best[1].losses, weights, settings.slack)]
    return min(
        good, key=lambda one: (one[0].freedom, one[0].generic if not one[0].freedom else float(weights @ one[1].losses))
    )


def held_out(
    examples: Examples,
    folds: Ints,
    strength: Strength,
    settings: SelectionSettings = _SETTINGS,
    *,
    share: float = 1.0,
) -> HeldOut:
    """Return what is foreseen of each lesson by what is learned from the other folds. share: of these, by lot."""
    count = len(folds)
    own, other, losses = np.zeros(count), np.zeros(count), np.zeros(count)
    thresholds = np.zeros((count, THRESHOLDS))
    pairs = len(examples.choices.pairs)
    rows = np.concatenate((examples.choices.pairs[:, 0], examples.choices.rated, examples.choices.judged))
    lots = np.random.default_rng(0).random(count)
    fitted: Fitted | None = None
    for fold in np.unique(folds):
        out = folds == fold
        fitted = fit_with(examples, examples.choices.subset(~out & (lots < share)), strength, settings, fitted)
        utility = examples.features @ fitted.weights
        own[out] = utility[rows[out]]
        of_pairs = np.flatnonzero(out[:pairs])
        other[of_pairs] = utility[examples.choices.pairs[of_pairs, 1]]
        thresholds[out] = fitted.thresholds
        losses[out] = log_losses(utility, examples.choices.subset(out), fitted)
    return HeldOut(own, other, thresholds, losses)


def fit_with(
    examples: Examples,
    choices: Choices,
    strength: Strength,
    settings: SelectionSettings = _SETTINGS,
    start: Fitted | None = None,
) -> Fitted:
    """Fit choices with a strength; where nothing but the scorer's word is left, its order stays, however faint."""
    fitted = fit(examples.features, choices, _prior(examples, strength, settings), start)
    if strength.freedom == 0:
        weights = np.zeros_like(fitted.weights)
        weights[0] = max(float(fitted.weights[0]), settings.least_generic)
        return replace(fitted, weights=weights)
    return fitted


def _prior(examples: Examples, strength: Strength, settings: SelectionSettings) -> Prior:
    """The prior of a strength for the columns of examples' features."""
    width = examples.features.shape[1]
    spread = np.full(width, max(strength.embedding, _NONE))
    spread[0] = settings.generic_spread
    spread[1 : 1 + len(SIGNALS)] = max(strength.signals, _NONE)
    mean = np.zeros(width)
    mean[0] = strength.generic
    between = np.array(RATINGS[:-1]) + 0.5
    # Around the stars that this person gives, as far as there are some.
    stars = examples.choices.stars + 1.0
    middle = (examples.score * settings.known_stars + stars.sum()) / (settings.known_stars + len(stars))
    thresholds = settings.logits_a_point * (between - middle)
    return Prior(mean, spread**-2.0, thresholds, settings.threshold_precision)


_NONE = 1e-3  # a spread of nothing, which can be divided by


def _about_as_good(losses: Floats, best: Floats, weights: Floats, slack: float) -> bool:
    worse = weights * (losses - best)
    error = float(worse.std()) * np.sqrt(len(worse))
    return bool(worse.sum() <= slack * error + 1e-9)
