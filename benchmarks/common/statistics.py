"""Shares, areas and means with their 95 % intervals.

Rows are drawn again with replacement (Efron's percentile bootstrap), by whole blocks: a person's pictures, a clip's
frames, or neighbouring files that may show one person are no independent evidence. The draws and their seed are
fixed: the same rows have the same interval.

A bootstrap knows only the failures that it has: where there are none its interval has no width, where three blocks hold
them all it reaches none, and few blocks that happen to agree look sure. So where the interval of something that lies
in 0..1 reaches one of these ends, or comes of fewer than ten people and clips (``Evidence.units``), it takes the outer
ends of itself and of Wilson's interval (1927) for as many as these are: each counts once, however many pictures it has.
A share of pictures that are all independent has Wilson's interval for their number, and no bootstrap.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Literal, Self

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
_FEW = 10  # units: fewer are too few for a bootstrap alone. Set by hand.


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured number with the ends of its 95 % interval.

    count: how many faces (or eyes, pairs, bursts) it comes from.  independent: how many people and clips these are of,
    see ``Evidence.units``; of two kinds that are told apart, of the rarer one. None where nobody has counted them.
    """

    value: float
    low: float
    high: float
    count: int
    independent: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Which of N rows hang together, all (N,).

    blocks: what is drawn together.  units: what counts as one piece of evidence: a person or a clip, or a picture
    where nobody knows who is in it. A block is a unit, or several that may show one person.
    """

    blocks: Words
    units: Words

    @classmethod
    def by(cls, units: Words) -> Self:
        """Return the evidence of rows whose units, (N,), are all known."""
        return cls(units, units)

    def take(self, rows: Bools | Ints) -> Self:
        """Return the evidence of these rows, some of them repeated perhaps."""
        return type(self)(self.blocks[rows], self.units[rows])

    @property
    def count(self) -> int:
        """How many units there are."""
        return len(np.unique(self.units))


def share(right: Bools, evidence: Evidence) -> Estimate:
    """Return the share of right, (N,); nan in 0..1 without any.

    Its interval is drawn by blocks, see ``bounded``, and never narrower than that of as many independent rows.
    """
    value = float(right.mean()) if len(right) else math.nan
    independent = replace(wilson(value, len(right)), independent=evidence.count)
    if len(np.unique(evidence.blocks)) == len(right):
        return independent
    return _wider(bounded(evidence, lambda rows: float(right[rows].mean())), independent)


def separation(measure: Callable[[Bools, Floats], float], truth: Bools, value: Floats, evidence: Evidence) -> Estimate:
    """Return how well value, (N,), tells the true rows from the others by measure, ``auc`` or ``recall``.

    See ``bounded`` for its interval. As many units count as there are of the rarer kind: no more pairs of a true and a
    false one can be made without using a person twice.
    """
    independent = min(evidence.take(truth).count, evidence.take(~truth).count)
    return bounded(evidence, lambda rows: measure(truth[rows], value[rows]), independent)


def bounded(evidence: Evidence, statistic: Callable[[Ints], float], independent: int | None = None) -> Estimate:
    """Return statistic, which lies in 0..1, of all rows, with an interval that has a width at 0 and 1 too.

    It is the bootstrap's, see ``estimate``. Where that reaches 0 or 1, or there are few independent units (None: all
    that evidence has), Wilson's ends for as many take the place of those that lie further in.
    """
    units = evidence.count if independent is None else independent
    drawn = replace(estimate(evidence.blocks, statistic), independent=units)
    if math.isnan(drawn.value) or (units >= _FEW and drawn.low > 0 and drawn.high < 1):
        return drawn
    return _wider(drawn, wilson(drawn.value, units))


def _wider(one: Estimate, other: Estimate) -> Estimate:
    """Return one with the outer ends of both; an end that is nan does not count."""
    return replace(one, low=float(np.fmin(one.low, other.low)), high=float(np.fmax(one.high, other.high)))


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


def estimate(blocks: Words, statistic: Callable[[Ints], float]) -> Estimate:
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
    rng = np.random.default_rng(0)
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
