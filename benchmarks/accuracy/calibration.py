"""Whether the probabilities mean what they say (Guo et al. 2017, "On Calibration of Modern Neural Networks").

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
    """Outputs about as sure: their mean, how often it was so, 0..1, and how many they are."""

    said: float
    true: float
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


def bins(said: Floats, true: Floats, edges: Floats | None = None) -> tuple[Bin, ...]:
    """Sort what was said, (N,) in 0..1, into bins.

    true: (N,), 0..1.  edges: the borders between the bins, rising; of equal width if None.
    """
    borders = np.linspace(0, 1, BINS + 1)[1:-1] if edges is None else edges
    at = np.searchsorted(borders, said, side="right")
    counts = np.bincount(at, minlength=BINS)
    sums, trues = (np.bincount(at, weights=values, minlength=BINS) for values in (said, true))
    return tuple(Bin(float(s / n), float(t / n), int(n)) for s, t, n in zip(sums, trues, counts, strict=True) if n)


def ece(said: Floats, true: Floats, *, equal_mass: bool = False) -> float:
    """Return the mean gap between what was said and what was so, over the bins, weighted by their counts."""
    if not len(said):
        return math.nan
    edges = np.quantile(said, np.linspace(0, 1, BINS + 1)[1:-1]) if equal_mass else None
    return sum(b.count * abs(b.said - b.true) for b in bins(said, true, edges)) / len(said)


def of_states(name: str, blocks: Words, said: Floats, true: Floats) -> Calibration:
    """Return how the probability of a yes or no is calibrated; all (N,)."""
    squared = (said - true) ** 2
    return Calibration(
        name,
        estimate(blocks, lambda rows: ece(said[rows], true[rows])),
        estimate(blocks, lambda rows: ece(said[rows], true[rows], equal_mass=True)),
        estimate(blocks, lambda rows: float(squared[rows].mean())),
        bins(said, true),
    )


def of_ratings(name: str, blocks: Words, said: Floats, true: Floats) -> Calibration:
    """Return how the ratings' probabilities, (N, 5), are calibrated: the likeliest rating's against its share in true.

    true: (N, 5), each row sums to 1.
    """
    rows = np.arange(len(said))
    top = said.argmax(axis=1)
    squared = ((said - true) ** 2).sum(axis=1)
    best = of_states(name, blocks, said[rows, top], true[rows, top])
    return Calibration(name, best.ece, best.ece_mass, estimate(blocks, lambda at: float(squared[at].mean())), best.bins)


def of_each_rating(blocks: Words, said: Floats, true: Floats) -> list[Calibration]:
    """Return the calibration of each rating's own probability, 1 to 5: a stricter look, at the unlikely ones too."""
    return [
        of_states(f"rating {rating}", blocks, said[:, at].copy(), true[:, at].copy())
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
