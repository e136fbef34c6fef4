"""Open or closed eyes with the paper's frozen path: its Table 3 and Figure 7, and what they hide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.paper.data import EYES
from livecam.errors import SourceError
from model.data.dataset import Dataset, Int64Array, Target, classes_of
from model.data.split import By, Split, folds
from model.evaluation.metrics import Metrics, measure
from model.features import frozen_features
from model.network import Backbone
from model.training.fit_head import fit_head
from model.training.settings import Settings

OPEN, CLOSED = 0, 1
# Section 5.5 and Figure 7: 71 open and 15 closed to test on; the same mix to learn from.
TEST = {OPEN: 71, CLOSED: 15}
LEARN = {OPEN: 279, CLOSED: 59}


@dataclass(frozen=True, slots=True, eq=False)
class EyesRun:
    """What was measured. metrics: on labelled eyes.  elsewhere: the share of open eyes called open, by the source of
    photos that no training photo comes from.
    """

    metrics: Metrics
    elsewhere: Mapping[str, float]


def features_of(dataset: Dataset, backbone: Backbone, advance: Callable[[str, int, int], None]) -> Tensor:
    """Return the features of all photos, (2, N, 512)."""
    return frozen_features(dataset, backbone, advance=lambda done, total: advance("eyes", done, total))


def draw(dataset: Dataset, seed: int) -> Split:
    """Return the paper's split. A block of neighbouring files is on one side only. Raises SourceError."""
    rng = np.random.default_rng(seed)
    rows = _own(dataset)
    blocks, states = np.array(dataset.persons)[rows], dataset.eyes[rows]
    held = np.zeros(len(rows), bool)
    for block in rng.permutation(np.unique(blocks)):
        mine = blocks == block
        if any((held & (states == k)).sum() < TEST[k] and (mine & (states == k)).any() for k in TEST):
            held |= mine
    learn: list[Int64Array] = []
    test: list[Int64Array] = []
    for k, name in enumerate(classes_of(Target.EYES)):
        for side, parts, count in ((held, test, TEST[k]), (~held, learn, LEARN[k])):
            found = rng.permutation(rows[side & (states == k)])
            if len(found) < count:
                raise SourceError(f"only {len(found)} {name} eyes where the protocol needs {count}: use the whole data")
            parts.append(found[:count])
    return Split(np.sort(np.concatenate(learn)), np.sort(np.concatenate(test)))


def run(features: Tensor, dataset: Dataset, portraits: Tensor, settings: Settings) -> EyesRun:
    """Train a binary head on frozen features, (2, N, D), as the paper did. portraits: (M, D), open eyes elsewhere."""
    split = draw(dataset, settings.seed)
    fitted = fit_head(features, dataset.eyes, split, replace(settings, target=Target.EYES))
    inputs = features[0, torch.from_numpy(split.validation)]
    metrics = _measured(dataset.eyes[split.validation], fitted.predict(inputs), fitted.probs(inputs))

    def called_open(others: Tensor) -> float:
        return float((fitted.predict(others) == OPEN).double().mean())

    return EyesRun(metrics, _elsewhere(features, dataset, portraits, called_open))


def whole(features: Tensor, dataset: Dataset, settings: Settings) -> Metrics:
    """Train on four fifths of the blocks and measure on the last, in turn: every labelled eye is measured once."""
    own = _own(dataset)
    eyes, mine = dataset.take(own), features[:, torch.from_numpy(own)]
    truth, predicted, probs = [], [], []
    for split in folds(eyes, Target.EYES, seed=settings.seed, by=By.PERSON):
        fitted = fit_head(mine, eyes.eyes, split, replace(settings, target=Target.EYES))
        inputs = mine[0, torch.from_numpy(split.validation)]
        truth.append(eyes.eyes[split.validation])
        predicted.append(fitted.predict(inputs))
        probs.append(fitted.probs(inputs))
    return _measured(np.concatenate(truth), torch.cat(predicted), torch.cat(probs))


def shipped(eyes: nn.Linear, features: Tensor, dataset: Dataset, portraits: Tensor) -> EyesRun:
    """Measure the eye head that the camera uses on every labelled eye: closed when the mean of both is above a half."""

    def closed(inputs: Tensor) -> Tensor:
        with torch.inference_mode():
            return torch.sigmoid(eyes(inputs)).mean(dim=1)

    own = _own(dataset)
    found = closed(features[0, torch.from_numpy(own)])
    metrics = _measured(dataset.eyes[own], (found > 0.5).long(), torch.stack((1 - found, found), dim=1))

    def called_open(others: Tensor) -> float:
        return float((closed(others) <= 0.5).double().mean())

    return EyesRun(metrics, _elsewhere(features, dataset, portraits, called_open))


def _own(dataset: Dataset) -> Int64Array:
    return np.flatnonzero([session == EYES for session in dataset.sessions])


def _measured(truth: Int64Array, predicted: Tensor, probs: Tensor) -> Metrics:
    return measure(truth, predicted.numpy().astype(np.int64), probs.double().numpy(), classes_of(Target.EYES))


def _elsewhere(
    features: Tensor, dataset: Dataset, portraits: Tensor, called_open: Callable[[Tensor], float]
) -> dict[str, float]:
    sources = sorted(set(dataset.sessions) - {EYES})
    rows = {name: [at for at, session in enumerate(dataset.sessions) if session == name] for name in sources}
    return {name: called_open(features[0, own]) for name, own in rows.items()} | {"portraits": called_open(portraits)}
