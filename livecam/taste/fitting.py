"""The fit: one logistic regression for stars, pairs, keeps and rejects, with a prior that is the generic scorer.

Every choice says something of one number, the utility of a face, in logits: of a pair, that the one has more than the
other (Bradley and Terry 1952); of a keep or reject, that it lies above or below a limit; of stars, on which side of
each of four thresholds it lies (Rennie and Srebro 2005, all thresholds: convex, and one loss for all). The most
probable weights under a normal prior are found by Newton's method.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

THRESHOLDS = 4  # between five ratings


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """What was chosen, as numbers. Indices are of the rows of features.

    pairs: (P, 2), liked better and other.  rated: (S,) and stars: (S,), 0..4.  judged: (K,) and kept: (K,), 1 or 0.
    weights: of each pair, star and judgement, in this order.
    """

    pairs: Ints
    rated: Ints
    stars: Ints
    judged: Ints
    kept: Floats
    weights: tuple[Floats, Floats, Floats]

    def __len__(self) -> int:
        return len(self.pairs) + len(self.rated) + len(self.judged)

    def subset(self, rows: NDArray[np.bool_]) -> Choices:
        """Those of the choices, numbered as ``weights`` are, where rows is true, (N,)."""
        first, second = len(self.pairs), len(self.pairs) + len(self.rated)
        p, s, k = rows[:first], rows[first:second], rows[second:]
        weights = self.weights[0][p], self.weights[1][s], self.weights[2][k]
        return Choices(self.pairs[p], self.rated[s], self.stars[s], self.judged[k], self.kept[k], weights)


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """What is believed before any choice. mean, precision: (D,), of the weights; thresholds likewise, (4,)."""

    mean: Floats
    precision: Floats
    thresholds: Floats
    threshold_precision: float
    limit: float = 0.0
    limit_precision: float = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Weights, (D,); thresholds between the ratings, (4,), rising; the limit between keep and reject."""

    weights: Floats
    thresholds: Floats
    limit: float


def fit(features: Floats, choices: Choices, prior: Prior, start: Fitted | None = None) -> Fitted:
    """Return the most probable weights. features: (N, D).  start: where to begin, the prior if None."""
    begin = start or Fitted(prior.mean, prior.thresholds, prior.limit)
    mean = np.concatenate((prior.mean, prior.thresholds, [prior.limit]))
    precision = np.concatenate(
        (prior.precision, np.full(THRESHOLDS, prior.threshold_precision), [prior.limit_precision])
    )
    point = np.concatenate((begin.weights, begin.thresholds, [begin.limit]))
    value = _loss(point, features, choices, mean, precision)
    for _ in range(_STEPS):
        gradient, hessian = _slopes(point, features, choices)
        gradient += precision * (point - mean)
        hessian[np.diag_indices_from(hessian)] += precision
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        while (after := _loss(point - size * step, features, choices, mean, precision)) > value and size > _SMALLEST:
            size /= 2
        if after > value:
            break
        point = point - size * step
        if value - after < _ENOUGH:
            break
        value = after
    width = features.shape[1]
    thresholds = np.maximum.accumulate(point[width : width + THRESHOLDS])
    return Fitted(point[:width], thresholds, float(point[-1]))


def log_losses(utility: Floats, choices: Choices, fitted: Fitted) -> Floats:
    """Return how badly each choice was foreseen, (N,), 0 at best: the negative logarithm of its probability."""
    pairs = _softplus(utility[choices.pairs[:, 1]] - utility[choices.pairs[:, 0]])
    stars = np.zeros(len(choices.rated))
    if len(stars):
        chances = rating_probs(utility[choices.rated], fitted.thresholds)
        stars = -np.log(np.maximum(chances[np.arange(len(stars)), choices.stars], _LEAST))
    margin = utility[choices.judged] - fitted.limit
    kept = _softplus(np.where(choices.kept > 0, -margin, margin))
    return np.concatenate((pairs, stars, kept))


def rating_probs(utility: Floats, thresholds: Floats) -> Floats:
    """Return how probable each of five ratings is, (N, 5), at these utilities, (N,)."""
    above = _sigmoid(utility[:, None] - thresholds)
    ones = np.ones((len(utility), 1))
    return np.asarray(np.hstack((ones, above)) - np.hstack((above, 0 * ones)), np.float64)


_STEPS, _SMALLEST, _ENOUGH, _LEAST = 25, 1e-4, 1e-3, 1e-9


def _loss(point: Floats, features: Floats, choices: Choices, mean: Floats, precision: Floats) -> float:
    width = features.shape[1]
    utility, thresholds, limit = features @ point[:width], point[width:-1], point[-1]
    pairs = _softplus(utility[choices.pairs[:, 1]] - utility[choices.pairs[:, 0]])
    margins = utility[choices.rated][:, None] - thresholds
    above = choices.stars[:, None] > np.arange(THRESHOLDS)
    stars = _softplus(np.where(above, -margins, margins)).sum(axis=1)
    margin = utility[choices.judged] - limit
    kept = _softplus(np.where(choices.kept > 0, -margin, margin))
    told = (float(weight @ loss) for weight, loss in zip(choices.weights, (pairs, stars, kept), strict=True))
    return sum(told) + 0.5 * float(precision @ (point - mean) ** 2)


def _slopes(point: Floats, features: Floats, choices: Choices) -> tuple[Floats, Floats]:
    """Return gradient, (D + 5,), and Hessian of what the choices say."""
    width = features.shape[1]
    weights, thresholds, limit = point[:width], point[width:-1], point[-1]
    gradient, hessian = np.zeros(len(point)), np.zeros((len(point), len(point)))
    if len(choices.pairs):
        differences = features[choices.pairs[:, 0]] - features[choices.pairs[:, 1]]
        sure = _sigmoid(differences @ weights)
        gradient[:width] -= differences.T @ (choices.weights[0] * (1 - sure))
        hessian[:width, :width] += (differences.T * (choices.weights[0] * sure * (1 - sure))) @ differences
    if len(choices.rated):
        rated = features[choices.rated]
        sure = _sigmoid((rated @ weights)[:, None] - thresholds)
        off = choices.weights[1][:, None] * (sure - (choices.stars[:, None] > np.arange(THRESHOLDS)))
        bend = choices.weights[1][:, None] * sure * (1 - sure)
        gradient[:width] += rated.T @ off.sum(axis=1)
        gradient[width:-1] -= off.sum(axis=0)
        hessian[:width, :width] += (rated.T * bend.sum(axis=1)) @ rated
        hessian[:width, width:-1] -= rated.T @ bend
        hessian[width:-1, width:-1] += np.diag(bend.sum(axis=0))
    if len(choices.judged):
        judged = features[choices.judged]
        sure = _sigmoid(judged @ weights - limit)
        off, bend = choices.weights[2] * (sure - choices.kept), choices.weights[2] * sure * (1 - sure)
        gradient[:width] += judged.T @ off
        gradient[-1] -= off.sum()
        hessian[:width, :width] += (judged.T * bend) @ judged
        hessian[:width, -1] -= judged.T @ bend
        hessian[-1, -1] += bend.sum()
    hessian[width:, :width] = hessian[:width, width:].T
    return gradient, hessian


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * values)), np.float64)


def _softplus(values: Floats) -> Floats:
    return np.asarray(np.logaddexp(0.0, values), np.float64)
