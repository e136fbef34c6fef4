"""The numbers that Blake's paper gives, and what follows from them."""

from __future__ import annotations

import numpy as np

from model.data.dataset import Target, classes_of
from model.evaluation.metrics import Metrics, measure

# Figures 4 and 5: row true 1..5, column predicted 1..5, photos.
CROSS_ENTROPY = ((6, 3, 0, 0, 0), (2, 8, 6, 3, 0), (3, 4, 22, 6, 0), (2, 1, 6, 8, 2), (0, 0, 2, 2, 0))
L2 = ((0, 2, 7, 0, 0), (0, 3, 16, 0, 0), (0, 2, 28, 5, 0), (0, 0, 15, 4, 0), (0, 1, 3, 0, 0))
# Figure 7, with open before closed as everywhere here.
EYES = ((70, 1), (8, 7))
# Tables 1 and 2 as printed: accuracy and mean absolute error for scores 1 to 5.
TABLE_1 = (("67%", "0.3"), ("42%", "0.7"), ("63%", "0.5"), ("42%", "0.8"), ("0%", "1.5"))
TABLE_2 = (("0%", "1.8"), ("16%", "0.8"), ("80%", "0.2"), ("21%", "0.8"), ("0%", "2.3"))


def metrics_of(confusion: tuple[tuple[int, ...], ...], target: Target) -> Metrics:
    """Measure a printed confusion matrix; what needs probabilities has no meaning in it."""
    matrix = np.array(confusion)
    true, predicted = np.indices(matrix.shape)
    classes, called = np.repeat(true, matrix.ravel()), np.repeat(predicted, matrix.ravel())
    return measure(classes.astype(np.int64), called.astype(np.int64), np.eye(len(matrix))[called], classes_of(target))


def always_three() -> Metrics:
    """Measure the answer 3 for each of the paper's 86 photos."""
    return metrics_of(tuple((0, 0, sum(row), 0, 0) for row in CROSS_ENTROPY), Target.RATING)
