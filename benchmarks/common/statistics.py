"""Shares, areas and means with their 95 % intervals.

Shares of faces get Wilson's interval (1927), which keeps a width where nothing failed. Everything else is drawn
again with replacement (Efron's percentile bootstrap), by whole blocks: a person's pictures, or neighbouring files
that may show one person, are no independent evidence.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.str_]

FALSE_ALARMS = 0.01  # the share of open eyes that may be called closed when the recall is read off
_SPREAD = NormalDist().inv_cdf(0.975)
_DRAWS = 400


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured number with the ends of its 95 % interval and how many faces (or pairs) it comes from."""

    value: float
    low: float
    high: float
    count: int


def share(right: Bools) -> Estimate:
    """Return the share of right, (N,), with Wilson's interval; nan in 0..1 without any."""
    return wilson(float(right.mean()) if len(right) else math.nan, len(right))


def wilson(value: float, count: int) -> Estimate:
    """Return a share with Wilson's interval, count: of what is independent; nan in 0..1 where that is nothing."""
    if not count:
        return Estimate(math.nan, 0.0, 1.0, 0)
    squared = _SPREAD**2
    middle = (value + squared / (2 * count)) / (1 + squared / count)
    half = _SPREAD / (1 + squared / count) * math.sqrt(value * (1 - value) / count + squared / (4 * count**2))
    # At 0 and 1 the one end is exact, where rounding would put it a hair beyond the value.
    low = 0.0 if value == 0 else middle - half
    return Estimate(value, low, 1.0 if value == 1 else middle + half, count)


def estimate(blocks: Words, statistic: Callable[[Ints], float], *, seed: int = 0) -> Estimate:
    """Return statistic of all rows with its bootstrap interval by blocks.

    blocks: (N,), which rows belong together.  statistic: maps row numbers, some of them repeated, to a number; nan
    where a draw has no answer (one class alone), which is left out.
    """
    every = np.arange(len(blocks))
    if not len(every):
        return Estimate(math.nan, math.nan, math.nan, 0)
    _, whose, sizes = np.unique(blocks, return_inverse=True, return_counts=True)
    order = np.argsort(whose, kind="stable")
    ends = np.cumsum(sizes)
    rng = np.random.default_rng(seed)
    drawn = np.empty(_DRAWS)
    for turn in range(_DRAWS):
        picked = rng.integers(len(sizes), size=len(sizes))
        lengths = sizes[picked]
        # The rows of the picked blocks one after the other: each block's first place, and a count within it.
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        drawn[turn] = statistic(order[np.repeat(ends[picked] - lengths, lengths) + within])
    drawn = drawn[~np.isnan(drawn)]
    low, high = np.quantile(drawn, (0.025, 0.975)) if len(drawn) else (math.nan, math.nan)
    return Estimate(statistic(every), float(low), float(high), len(every))


def auc(truth: Bools, value: Floats) -> float:
    """Return the chance that a true one has a higher value than a false one (ties half); nan with one class."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return math.nan
    above = float(rankdata(value)[truth].sum()) - positives * (positives + 1) / 2
    return above / (positives * negatives)


def recall(truth: Bools, value: Floats, false_alarms: float = FALSE_ALARMS) -> float:
    """Return the share of true ones above the lowest threshold that at most this share of false ones passes."""
    negatives = np.sort(value[~truth])[::-1]
    if not len(negatives) or not truth.any():
        return math.nan
    threshold = negatives[int(false_alarms * len(negatives))]
    return float((value[truth] > threshold).mean())


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number, the bar that it should reach, and what the blendshapes reach.

    scorer: what the scorer alone reaches, where found is of the camera's own judgement, in which both count.
    at_least: whether the bar is a least or a most.  unit: of value, bar and blendshapes; a share of faces is "%" and
    stays in 0..1 here, points are those of the score, "" is a pure number.
    """

    section: str
    name: str
    found: Estimate
    blendshapes: Estimate | None = None
    bar: float | None = None
    at_least: bool = True
    unit: Literal["%", "points", ""] = "%"
    scorer: Estimate | None = None

    @property
    def met(self) -> bool | None:
        """Whether the value itself reaches the bar; None without a bar, or without a value."""
        if self.bar is None or math.isnan(self.found.value):
            return None
        return self.found.value >= self.bar if self.at_least else self.found.value <= self.bar
