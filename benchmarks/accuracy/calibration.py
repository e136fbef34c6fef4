"""How well predicted probabilities fit observed shares (Guo et al. 2017, "On Calibration of Modern Neural Networks").

A truth may be a share itself: a rating between two whole ones counts as each of them by its distance, as
``model.shipped.rubric.soft_label`` has it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from benchmarks.common.statistics import Estimate, Floats, Ints, Words, estimate
from livecam.types import RATINGS

BINS = 15


@dataclass(frozen=True, slots=True)
class Bin:
    """Outputs of about the same probability: its mean, how often the thing was true, 0..1, and how many they are."""

    predicted: float
    observed: float
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """How one output is calibrated.

    ece: expected calibration error over 15 bins of equal width; ece_mass: of equal count. Both 0..1, 0 is best.
    brier: mean squared error, summed over the classes.  bins: of equal width, the empty ones left out.
    """

    name: str
    ece: Estimate
    ece_mass: Estimate
    brier: Estimate
    bins: tuple[Bin, ...]


def bins(predicted: Floats, observed: Floats, edges: Floats | None = None) -> tuple[Bin, ...]:
    """Sort predicted probabilities, (N,) in 0..1, into bins.

    observed: what was true, (N,), 0..1.  edges: the borders between the bins, rising; of equal width if None.
    """
    borders = np.linspace(0, 1, BINS + 1)[1:-1] if edges is None else edges
    at = np.searchsorted(borders, predicted, side="right")
    counts = np.bincount(at, minlength=BINS)
    sums, trues = (np.bincount(at, weights=values, minlength=BINS) for values in (predicted, observed))
    return tuple(Bin(float(s / n), float(t / n), int(n)) for s, t, n in zip(sums, trues, counts, strict=True) if n)


def ece(predicted: Floats, observed: Floats, *, equal_mass: bool = False) -> float:
    """Return the mean gap between predicted and observed, over the bins, weighted by their counts."""
    if not len(predicted):
        return math.nan
    edges = np.quantile(predicted, np.linspace(0, 1, BINS + 1)[1:-1]) if equal_mass else None
    return sum(b.count * abs(b.predicted - b.observed) for b in bins(predicted, observed, edges)) / len(predicted)


def of_states(name: str, blocks: Words, predicted: Floats, observed: Floats) -> Calibration:
    """Return how the probability of a yes or no is calibrated; all (N,)."""
    squared = (predicted - observed) ** 2
    return Calibration(
        name,
        estimate(blocks, lambda rows: ece(predicted[rows], observed[rows])),
        estimate(blocks, lambda rows: ece(predicted[rows], observed[rows], equal_mass=True)),
        estimate(blocks, lambda rows: float(squared[rows].mean())),
        bins(predicted, observed),
    )


def of_ratings(name: str, blocks: Words, predicted: Floats, observed: Floats) -> Calibration:
    """Return how the ratings' probabilities, (N, 5), are calibrated: the likeliest one's against how often it was true.

    observed: (N, 5), each row sums to 1.
    """
    rows = np.arange(len(predicted))
    top = predicted.argmax(axis=1)
    squared = ((predicted - observed) ** 2).sum(axis=1)
    best = of_states(name, blocks, predicted[rows, top], observed[rows, top])
    return Calibration(name, best.ece, best.ece_mass, estimate(blocks, lambda at: float(squared[at].mean())), best.bins)


def of_each_rating(blocks: Words, predicted: Floats, observed: Floats) -> list[Calibration]:
    """Return the calibration of each rating's own probability, 1 to 5: a stricter look, at the unlikely ones too."""
    return [
        of_states(f"rating {rating}", blocks, predicted[:, at].copy(), observed[:, at].copy())
        for at, rating in enumerate(RATINGS)
    ]


@dataclass(frozen=True, slots=True)
class Level:
    """The scores of the views that the rubric puts at one rating: mean and 5th, 50th, 95th percentile, in 1..5."""

    rating: int
    count: int
    mean: float
    p5: float
    p50: float
    p95: float


def levels(rated: Floats, score: Floats) -> list[Level]:
    """Return how the scores lie at each of the rubric's ratings; rated and score: (N,), in 1..5."""
    nearest: Ints = np.rint(rated).astype(np.int64)
    found = []
    for rating in RATINGS:
        own = score[nearest == rating]
        if len(own):
            p5, p50, p95 = np.percentile(own, (5, 50, 95))
            found.append(Level(rating, len(own), float(own.mean()), float(p5), float(p50), float(p95)))
    return found
