"""Compares an exported scorer with the PyTorch network that it was made from, on real face crops.

The crops are a fixed set (``export.faces``): singles, and bursts, within which the order is compared too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from export.faces import FixedSet
from livecam.errors import ModelError
from livecam.types import FaceCrop, FloatArray, Score, UInt8Array
from model.checkpoint import RatedNetwork
from model.network import ScorerNetwork

Wanted = tuple[FloatArray, FloatArray, FloatArray]  # scores (N,), eyes (N, 2), embeddings (N, 512)
BATCHES = (1, 3, 8)
_APART = 0.1  # points; pairs that are nearer have no order to keep. Set by hand


@dataclass(frozen=True, slots=True)
class Differences:
    """How far a scorer is from PyTorch over all crops and batch sizes.

    score: points of the 1 to 5 scale.  eyes: probability, of either eye.  embedding: length of the difference
    over the length of the embedding.  Each as the 99th percentile and the largest.  pairs: of crops in one burst that
    PyTorch puts more than 0.1 points apart.  order: the share of them that keep their order; 1 without any.
    """

    score_p99: float
    score_max: float
    eyes_p99: float
    eyes_max: float
    embedding_p99: float
    embedding_max: float
    pairs: int
    order: float


# What the 99th percentile may be. fp32 differs only in the order of its sums, fp16 by its ten bits; int8's limits
# were set by hand as what a person does not notice: an eightieth of the scale, and an eye that stays open or closed.
LIMITS = {
    "fp32": {"score": 1e-3, "eyes": 1e-3, "embedding": 1e-3},
    "fp16": {"score": 0.01, "eyes": 0.01, "embedding": 0.01},
    "int8": {"score": 0.05, "eyes": 0.05, "embedding": 0.15},
}
MIN_ORDER = 0.99  # set by hand


class Scores(Protocol):
    """Scores crops: a Scorer, or what computes the same in another way."""

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        """Return the score of each."""
        ...


def compare(
    network: ScorerNetwork | RatedNetwork, scorer: Scores, held_out: FixedSet, batches: Sequence[int] = BATCHES
) -> Differences:
    """Score a set with both, the scorer at each size of batches; network must be in eval mode."""
    return compare_with(torch_scores(network, held_out.crops), scorer, held_out, batches)


def compare_with(
    wanted_scores: Wanted, scorer: Scores, held_out: FixedSet, batches: Sequence[int] = BATCHES
) -> Differences:
    """Compare scorer with what ``torch_scores`` has returned for the same set."""
    crops = held_out.crops
    values, wanted_eyes, wanted = wanted_scores
    score_gaps, eye_gaps, embedding_gaps, kept = [], [], [], []
    for size in batches:
        rated = list(_scores(scorer, crops, size))
        found = np.array([score.value for score in rated])
        score_gaps.append(np.abs(found - values))
        eye_gaps.append(np.abs(np.stack([score.eyes_closed for score in rated]) - wanted_eyes).max(axis=1))
        gap = np.linalg.norm(np.stack([score.embedding for score in rated]) - wanted, axis=1)
        embedding_gaps.append(gap / np.maximum(np.linalg.norm(wanted, axis=1), 1e-6))
        kept.append(kept_order(found, values, held_out.bursts))
    scores, eyes, embeddings = (np.concatenate(gaps) for gaps in (score_gaps, eye_gaps, embedding_gaps))
    pairs = np.concatenate(kept)
    return Differences(
        score_p99=float(np.percentile(scores, 99)),
        score_max=float(scores.max()),
        eyes_p99=float(np.percentile(eyes, 99)),
        eyes_max=float(eyes.max()),
        embedding_p99=float(np.percentile(embeddings, 99)),
        embedding_max=float(embeddings.max()),
        pairs=len(pairs) // len(batches),
        order=float(pairs.mean()) if len(pairs) else 1.0,
    )


def kept_order(found: FloatArray, wanted: FloatArray, bursts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether found keeps wanted's order, one for each pair of a burst that is more than 0.1 apart in wanted."""
    first, second = np.triu_indices(len(wanted), 1)
    apart = wanted[first] - wanted[second]
    counted = (bursts[first] == bursts[second]) & (bursts[first] >= 0) & (np.abs(apart) > _APART)
    return np.asarray(((found[first] - found[second]) * apart > 0)[counted])


def require(differences: Differences, precision: str, where: str = "", within: float | None = None) -> None:
    """Raise ModelError, saying by how much, if differences pass what precision ("fp32", "fp16", "int8") may cost.

    where: words to add, such as " without VNNI".  within: points that the score may differ by instead.
    """
    limits = LIMITS[precision] if within is None else {**LIMITS[precision], "score": within}
    found = {
        "score": differences.score_p99,
        "eyes": differences.eyes_p99,
        "embedding": differences.embedding_p99,
    }
    broken = [f"{name} {found[name]:.4f} > {limit}" for name, limit in limits.items() if found[name] > limit]
    if differences.order < MIN_ORDER:
        broken.append(f"order of pairs {differences.order:.4f} < {MIN_ORDER}")
    if broken:
        hint = "use fp32, or other faces for --calibration" if precision != "fp32" else "report this"
        if precision != "fp32" and len(broken) == 1 and broken[0].startswith("score"):
            hint += f", or accept it with --within {found['score'] + 0.01:.2f}"
        raise ModelError(
            f"{precision}{where} is too far from PyTorch at p99 ({', '.join(broken)}), nothing written: {hint}"
        )


def torch_scores(network: ScorerNetwork | RatedNetwork, crops: UInt8Array) -> Wanted:
    """Return the scores (N,), the eyes (N, 2) and the embeddings (N, 512) that PyTorch finds."""
    parts = []
    with torch.inference_mode():
        for start in range(0, len(crops), 16):
            outputs = network(torch.from_numpy(crops[start : start + 16]))
            parts.append([output.numpy() for output in outputs])
    probs, eyes, embeddings = (np.concatenate(part) for part in zip(*parts, strict=True))
    values = np.array([Score(*row).value for row in zip(probs, eyes, embeddings, strict=True)], np.float32)
    return values, eyes, embeddings


def _scores(scorer: Scores, crops: UInt8Array, size: int) -> Iterator[Score]:
    place = np.eye(2, 3, dtype=np.float32)
    for start in range(0, len(crops), size):
        yield from scorer.score([FaceCrop(crop, place) for crop in crops[start : start + size]])
