"""What a scorer in training says of faces as they are, and how right that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from livecam.errors import SourceError
from livecam.types import CROP_SIZE
from model.half_precision import computes_bf16
from model.network import ScorerNetwork
from model.shipped import rubric
from model.shipped.collected import Collected
from model.shipped.labels import condition_of

BATCH = 64


def predict(
    network: ScorerNetwork, data: Collected, indices: Sequence[int], size: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what network says of faces as they are, at size pixels: closedness (N, 2) and score (N,)."""
    closed, score = [], []
    network.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=computes_bf16(torch.device("cpu"))):
        for part in batched(indices, BATCH):
            crops = np.stack([data.crops[i] for i in part])
            if size != CROP_SIZE:
                crops = np.stack([cv2.resize(c, (size, size), interpolation=cv2.INTER_LINEAR) for c in crops])
            probs, eyes, _ = network(torch.from_numpy(crops))
            closed.append(eyes.float().numpy())
            score.append(probs.float().numpy() @ np.arange(1.0, 6.0, dtype=np.float32))
    network.train()
    return np.concatenate(closed), np.concatenate(score)


def validate(network: ScorerNetwork, data: Collected, size: int) -> dict[str, float]:
    """Measure on the validation split: AUC of closed eyes (human labels) and of smiles (by the score), mean error.

    What cannot be told, for its labels were left out of the training, is not there.
    """
    indices = data.where("val")
    closed, score = predict(network, data, indices, size)
    rows = [data.rows[i] for i in indices]
    eyes = zip(rows, closed.mean(axis=1), strict=True)
    by_eyes = [(row["eyes"] == "1", value) for row, value in eyes if row["eyes"] in {"0", "1"}]
    by_smile = [(row["smile"] == "1", value) for row, value in zip(rows, score, strict=True) if row["smile"]]
    wanted = np.array([rubric.rate(condition_of(data, i)[0]) for i in indices])
    measured = {"rating_mae": float(np.abs(wanted - score).mean())}
    for name, labelled in (("eyes_auc", by_eyes), ("smile_auc", by_smile)):
        if len({label for label, _ in labelled}) == 2:
            measured[name] = float(roc_auc_score(*zip(*labelled, strict=True)))
    return measured


def require_both_splits(data: Collected) -> None:
    """Raise SourceError unless there are faces to train on, and eyes and smiles of both kinds to validate on."""
    if not data.where("train"):
        raise SourceError("no collected face is for training: collect them again")
    held_out = [data.rows[i] for i in data.where("val")]
    for label in ("eyes", "smile"):
        if not {"0", "1"} <= {row[label] for row in held_out}:
            raise SourceError(f"the validation faces lack a {label} label of 0 or of 1: collect them again")


def batched(indices: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """Cut indices into parts of size."""
    for start in range(0, len(indices), size):
        yield indices[start : start + size]
