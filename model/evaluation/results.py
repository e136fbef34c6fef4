"""What an evaluation finds: each checkpoint's predictions, and all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from model.checkpoint import Metadata
from model.data.dataset import Dataset, Int64Array
from model.evaluation.metrics import FloatArray64, Metrics, always, spread

# In the order of the reports: field of Metrics, name, whether it is a share.
MEASURES = (
    ("accuracy", "accuracy", True),
    ("mae", "mean absolute error, classes", False),
    ("mse", "mean squared error, classes²", False),
    ("within_one", "within one class", True),
    ("spearman", "Spearman rank correlation", False),
    ("pairwise", "pairs in the right order", True),
    ("ece", "expected calibration error", True),
)
_OF_CLASSES = ("accuracy", "mae", "mse", "within_one")  # of which one answer for all photos has some
INTERVAL = "{:.1%} to {:.1%}"


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What was said of N photos. classes: (N,).  probs: (N, K).

    head_classes, head_probs: by the head alone, before closed eyes count; the same where a class is no rating.
    """

    classes: Int64Array
    probs: FloatArray64
    head_classes: Int64Array
    head_probs: FloatArray64


@dataclass(frozen=True, slots=True, eq=False)
class FoldResult:
    """What one checkpoint predicted for N photos. rows, classes: (N,).  metrics: of what it said."""

    checkpoint: Path
    rows: Int64Array
    classes: Int64Array
    said: Predictions
    metrics: Metrics


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """All folds together.

    metadata: of the first.  pooled: of all photos, as the camera rates them.  head_alone: the same, before closed eyes
    count.  held_out: no checkpoint was trained on its photos, by its own metadata.  untouched: nor did they decide when
    any of them stopped.
    """

    dataset: Dataset
    metadata: Metadata
    folds: tuple[FoldResult, ...]
    pooled: Metrics
    head_alone: Metrics
    held_out: bool
    untouched: bool

    @property
    def which_photos(self) -> str:
        """What part the photos had in the training, in words."""
        if not self.held_out:
            return "all labelled, perhaps its training photos too"
        if not self.untouched:
            return "photos it was not trained on, but which decided when to stop: the figures are a little too good"
        return "photos that had no part in its training"

    @property
    def constant(self) -> tuple[str, Metrics]:
        """The best that can be said without a look at the photos: always the middle class of them, and how right it is.

        Its certainty and the order of what is all the same mean nothing.
        """
        truth, labels = np.concatenate([fold.classes for fold in self.folds]), self.metadata.labels
        middle = int(np.sort(truth)[len(truth) // 2])
        return labels[middle], always(middle, truth, labels)

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Return what there is to tell in a table: measure, mean over the folds, their spread, always the same."""
        _, constant = self.constant
        found = []
        for name, text, share in MEASURES:
            mean, form = self.spread(name), "{:.1%}" if share else "{:.3f}"
            known = ("unknown", "") if mean is None else (form.format(mean[0]), f"± {form.format(mean[1])}")
            found.append((text, *known, form.format(getattr(constant, name)) if name in _OF_CLASSES else ""))
        return [*found, ("accuracy of all photos, 95 % interval", INTERVAL.format(*self.accuracy_interval), "", "")]

    @property
    def closed_eyes(self) -> str:
        """What closed eyes did to the ratings, in words; empty where they did nothing."""
        changed = sum(int((fold.said.classes != fold.said.head_classes).sum()) for fold in self.folds)
        if not changed:
            return ""
        alone = f"accuracy {self.head_alone.accuracy:.1%}, mean absolute error {self.head_alone.mae:.3f}"
        photos = "one photo" if changed == 1 else f"{changed} photos"
        return f"closed eyes count as in the camera, which changes the class of {photos}; the head alone: {alone}"

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """The ends of the 95 % interval of the accuracy over all photos, 0..1 (Wilson 1927)."""
        right = sum(self.pooled.confusion[k][k] for k in range(len(self.pooled.confusion)))
        found = binomtest(right, self.pooled.photos).proportion_ci(0.95, "wilson")
        return float(found.low), float(found.high)

    def spread(self, name: str) -> tuple[float, float] | None:
        """Return mean and standard deviation over the folds of a field of Metrics."""
        return spread([getattr(fold.metrics, name) for fold in self.folds])
