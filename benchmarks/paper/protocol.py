"""The paper's protocol on public ratings: one rater's ratings in five classes, 424 photos, 338 to learn and 86 to test.

Blake, "To Post or Not To Post" (CS231n 2017), sections 3 to 5.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy.stats import norm
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.linear_model import BayesianRidge
from torch import Tensor

from benchmarks.common.raters import MIX, Rater
from livecam.errors import SourceError
from model.data.dataset import Int64Array, Target, classes_of
from model.data.split import Split
from model.evaluation import metrics
from model.evaluation.metrics import FloatArray64, Metrics, measure
from model.training.fit_head import fit_head
from model.training.settings import Settings

PHOTOS, TRAIN = 424, 338
LABELS = classes_of(Target.RATING)
MIDDLE = 2  # class 3, the commonest


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """One draw of the protocol. classes: (N,), of all photos, -1 where the rater gave none.  split: 338 and 86 rows.

    by_chance: share of the rater's photos that fell into their class by lot, because their rating is in two or more.
    """

    classes: Int64Array
    split: Split
    by_chance: float


def draw(values: FloatArray64, seed: int) -> Drawn:
    """Bin a rater's ratings with the paper's mix and draw the photos. values: (N,), NaN where there is no rating.

    Whole ratings cannot be cut at given shares: where a boundary falls into a tie, lots are drawn within that tie.
    """
    rng = np.random.default_rng(seed)
    rated = np.flatnonzero(np.isfinite(values))
    if len(rated) < PHOTOS:
        raise SourceError(f"a rater has {len(rated)} ratings, and the protocol needs {PHOTOS}: use the whole data")
    order = rated[np.lexsort((rng.random(len(rated)), values[rated]))]
    ends = np.round(np.cumsum(MIX) * len(rated)).astype(int)
    classes = np.full(len(values), -1, np.int64)
    classes[order] = np.searchsorted(ends, np.arange(len(order)), side="right")
    several = [v for v in np.unique(values[rated]) if len(np.unique(classes[values == v])) > 1]
    drawn = rng.permutation(rated)[:PHOTOS]
    split = Split(np.sort(drawn[:TRAIN]), np.sort(drawn[TRAIN:]))
    return Drawn(classes, split, float(np.isin(values[rated], several).mean()))


def others_mean(raters: Sequence[Rater], one: Rater, files: Sequence[str]) -> FloatArray64:
    """Return the mean of what the other raters gave each file, each rater brought to mean 0 and spread 1, (N,)."""
    sums, counts = dict.fromkeys(files, 0.0), dict.fromkeys(files, 0)
    for other in raters:
        given = np.array(list(other.ratings.values()))
        if other.name == one.name or len(given) < 2 or given.std() == 0:
            continue
        for file, value in other.ratings.items():
            if file in sums:
                sums[file] += (value - given.mean()) / given.std()
                counts[file] += 1
    return np.array([sums[file] / max(counts[file], 1) for file in files])


def by_head(features: Tensor, drawn: Drawn, settings: Settings) -> Metrics:
    """Train one of model's heads on features, (2, N, D), as `python -m model train` does, and measure it."""
    fitted = fit_head(features, drawn.classes, drawn.split, settings)
    inputs = features[0, torch.from_numpy(drawn.split.validation)]
    predicted, probs = fitted.predict(inputs).numpy(), fitted.probs(inputs).double().numpy()
    return measure(drawn.classes[drawn.split.validation], predicted.astype(np.int64), probs, LABELS)


def by_regression(features: npt.NDArray[np.float32], drawn: Drawn, *, curved: bool) -> Metrics:
    """Bayesian regression of the class on features, (N, D), and the class that the rating is as likely above as below.

    How much it trusts the features comes from the evidence of the training photos alone. curved: a Gaussian process
    instead of a straight line.
    """
    train, test = drawn.split.train, drawn.split.validation
    noise = WhiteKernel(1.0, (1e-2, 1e2))
    kernel = ConstantKernel(1.0) * RBF(1.0, (1e-2, 1e3)) + noise
    regression = GaussianProcessRegressor(kernel, normalize_y=True) if curved else BayesianRidge()
    with warnings.catch_warnings():
        # A scale at its bound is an answer too: such features say nothing, or no curve is needed.
        warnings.simplefilter("ignore", ConvergenceWarning)
        regression.fit(features[train], drawn.classes[train].astype(float))
    mean, deviation = regression.predict(features[test], return_std=True)
    return by_normal(mean, deviation, drawn.classes[test])


def by_normal(mean: FloatArray64, deviation: FloatArray64, classes: Int64Array) -> Metrics:
    """Measure predictions that are normal distributions of the class, mean and standard deviation (N,)."""
    edges = np.arange(len(LABELS) - 1) + 0.5
    below = norm.cdf((edges - mean[:, None]) / deviation[:, None])
    probs = np.diff(below, axis=1, prepend=0, append=1)
    return measure(classes, (below < 0.5).sum(axis=1), probs, LABELS)


def always(k: int, drawn: Drawn) -> Metrics:
    """Measure the answer that is always class k."""
    return metrics.always(k, drawn.classes[drawn.split.validation], LABELS)


def own_rating(values: FloatArray64, drawn: Drawn) -> Metrics:
    """Measure someone who knows the rater's very rating, and not how the lots fell: each rating's median class."""
    truth = drawn.classes[drawn.split.validation]
    given = values[drawn.split.validation]
    rated = drawn.classes >= 0
    probs = np.array(
        [np.bincount(drawn.classes[rated & (values == v)], minlength=len(LABELS)) for v in given], dtype=float
    )
    probs /= probs.sum(axis=1, keepdims=True)
    return measure(truth, (probs.cumsum(axis=1)[:, :-1] < 0.5).sum(axis=1), probs, LABELS)
