"""What an evaluation finds: each checkpoint's predictions, and all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scipy.stats import binomtest

from model.checkpoint import Metadata
from model.data.dataset import Dataset, Int64Array
from model.evaluation.metrics import FloatArray64, Metrics, spread

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
INTERVAL = "{:.1%} to {:.1%}"


@dataclass(frozen=True, slots=True, eq=False)
class FoldResult:
    """What one checkpoint predicted for N photos. rows, classes, predicted: (N,).  probs: (N, K)."""

    checkpoint: Path
    rows: Int64Array
    classes: Int64Array
    predicted: Int64Array
    probs: FloatArray64
    metrics: Metrics


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """All folds together.

    metadata: of the first.  held_out: no checkpoint was trained on its photos, by its own metadata.  untouched: nor did
    they decide when any of them stopped.
    """

    dataset: Dataset
    metadata: Metadata
    folds: tuple[FoldResult, ...]
    pooled: Metrics
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
    def accuracy_interval(self) -> tuple[float, float]:
        """The ends of the 95 % interval of the accuracy over all photos, 0..1 (Wilson 1927)."""
        right = sum(self.pooled.confusion[k][k] for k in range(len(self.pooled.confusion)))
        found = binomtest(right, self.pooled.photos).proportion_ci(0.95, "wilson")
        return float(found.low), float(found.high)

    def spread(self, name: str) -> tuple[float, float] | None:
        """Return mean and standard deviation over the folds of a field of Metrics."""
        return spread([getattr(fold.metrics, name) for fold in self.folds])
