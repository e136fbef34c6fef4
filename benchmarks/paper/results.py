"""The findings as JSON can hold them."""

from __future__ import annotations

from dataclasses import asdict

from benchmarks.common.json_values import without_nan
from benchmarks.paper.findings import Findings
from model.evaluation.metrics import Metrics


def as_dict(found: Findings) -> dict[str, object]:
    """Return the findings as JSON can hold them; of each draw the measures and the confusion matrix."""
    trials = {
        name: {rater: [_short(one) for one in runs] for rater, runs in by_rater.items()}
        for name, by_rater in found.trials.items()
    }
    eyes = {
        "draws": [{**_short(one.metrics), "elsewhere": dict(one.elsewhere)} for one in found.eyes],
        "whole": [_short(one) for one in found.eyes_whole],
        "camera": _short(found.eyes_shipped.metrics) if found.eyes_shipped else None,
        "photos": found.eyes_photos,
    }
    story: dict[str, object] = {
        "schema": "2",
        "backbone": found.backbone,
        "portraits": found.portraits,
        "ratings": found.ratings,
        "by_chance": found.by_chance,
        "trials": trials,
        "eyes": eyes,
        "saliency": {name: asdict(where) for name, where in found.where.items()},
        "fooling": asdict(found.adversarial) if found.adversarial else None,
        "seconds": found.seconds,
        "machine": found.machine,
    }
    return {key: without_nan(part) for key, part in story.items()}


def _short(metrics: Metrics) -> dict[str, object]:
    names = ("accuracy", "mae", "within_one", "mse", "spearman", "pairwise", "ece")
    values = {name: getattr(metrics, name) for name in names}
    rounded = {name: None if value is None else round(value, 4) for name, value in values.items()}
    return {**rounded, "confusion": metrics.confusion}
