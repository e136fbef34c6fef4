"""How right a model was, by scikit-learn's and SciPy's measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, confusion_matrix, mean_absolute_error, mean_squared_error, roc_auc_score

from model.data.dataset import Int64Array

FloatArray64 = npt.NDArray[np.float64]
CALIBRATION_BINS = 10


@dataclass(frozen=True, slots=True)
class ClassMetrics:
    """The photos of one class. accuracy: the share called so, 0..1.  mae: classes.  None without photos."""

    label: str
    photos: int
    predicted: int
    accuracy: float | None
    mae: float | None


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Photos about as sure: what the model believed of its likeliest class, and how often that was right, 0..1."""

    confidence: float
    accuracy: float
    photos: int


@dataclass(frozen=True, slots=True)
class Metrics:
    """All about one set of predictions.

    accuracy, within_one: shares, 0..1.  mae, mse: classes, classes².  spearman: rank correlation of the expected class
    with the true one, None where one of them does not vary.  pairwise: of two photos of different classes, how often
    the better has the higher expected class (half for a tie), None with one class.  ece: expected calibration error,
    0..1 (Guo et al. 2017).  confusion: row true, column predicted, photos.
    """

    photos: int
    accuracy: float
    mae: float
    mse: float
    within_one: float
    spearman: float | None
    pairwise: float | None
    ece: float
    per_class: tuple[ClassMetrics, ...]
    confusion: tuple[tuple[int, ...], ...]
    calibration: tuple[CalibrationBin, ...]


def measure(classes: Int64Array, predicted: Int64Array, probs: FloatArray64, labels: Sequence[str]) -> Metrics:
    """Compare predictions with the truth.

    classes, predicted: (N,), 0..K-1, N ≥ 1.  probs: (N, K).  labels: the K classes' names.
    """
    steps = np.arange(len(labels))
    expected = probs @ steps
    matrix = confusion_matrix(classes, predicted, labels=steps)
    calibration = _calibration(probs.max(axis=1), classes == probs.argmax(axis=1))
    gaps = [abs(one.confidence - one.accuracy) for one in calibration]
    varies = len(np.unique(classes)) > 1 and len(np.unique(expected)) > 1
    return Metrics(
        photos=len(classes),
        accuracy=float(accuracy_score(classes, predicted)),
        mae=float(mean_absolute_error(classes, predicted)),
        mse=float(mean_squared_error(classes, predicted)),
        within_one=float(accuracy_score(np.abs(classes - predicted) <= 1, np.ones(len(classes), bool))),
        spearman=float(spearmanr(classes, expected).statistic) if varies else None,
        pairwise=_pairwise(classes, expected),
        ece=float(np.average(gaps, weights=[one.photos for one in calibration])),
        per_class=tuple(_of_class(k, label, classes, predicted) for k, label in enumerate(labels)),
        confusion=tuple(tuple(int(count) for count in row) for row in matrix),
        calibration=calibration,
    )


def always(k: int, classes: Int64Array, labels: Sequence[str]) -> Metrics:
    """Measure the answer that is always class k. classes: (N,), the truth."""
    return measure(classes, np.full(len(classes), k), np.tile(np.eye(len(labels))[k], (len(classes), 1)), labels)


def spread(values: Sequence[float | None]) -> tuple[float, float] | None:
    """Return mean and sample standard deviation (0 for a single value) of the values that are known."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    return float(np.mean(known)), float(np.std(known, ddof=1)) if len(known) > 1 else 0.0


def _of_class(k: int, label: str, classes: Int64Array, predicted: Int64Array) -> ClassMetrics:
    own = classes == k
    count, called = int(own.sum()), int((predicted == k).sum())
    if not count:
        return ClassMetrics(label, 0, called, None, None)
    right = float(accuracy_score(classes[own], predicted[own]))
    return ClassMetrics(label, count, called, right, float(mean_absolute_error(classes[own], predicted[own])))


def _pairwise(classes: Int64Array, expected: FloatArray64) -> float | None:
    """The ROC AUC of each pair of classes is that pair's share of rightly ordered photos; weigh by the photo pairs."""
    shares, pairs = [], []
    for low, high in combinations(np.unique(classes), 2):
        both = (classes == low) | (classes == high)
        shares.append(roc_auc_score(classes[both] == high, expected[both]))
        pairs.append(int((classes == low).sum()) * int((classes == high).sum()))
    return float(np.average(shares, weights=pairs)) if pairs else None


def _calibration(confidence: FloatArray64, right: npt.NDArray[np.bool_]) -> tuple[CalibrationBin, ...]:
    confidence = np.clip(confidence, 0, 1)
    accuracy, mean = calibration_curve(right, confidence, n_bins=CALIBRATION_BINS)
    # The same bins as calibration_curve, which leaves out the empty ones and does not say how many fall in each.
    edges = np.linspace(0, 1, CALIBRATION_BINS + 1)
    counts = np.bincount(np.searchsorted(edges[1:-1], confidence), minlength=CALIBRATION_BINS)
    return tuple(
        CalibrationBin(float(m), float(a), int(n)) for m, a, n in zip(mean, accuracy, counts[counts > 0], strict=True)
    )
