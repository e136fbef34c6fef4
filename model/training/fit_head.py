"""Trains a head on features in memory: about a second for 400 photos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from model.checkpoint import StandardisedHead
from model.data.dataset import Int64Array, classes_of
from model.data.split import Split, for_stopping
from model.training.learners import FrozenLearner
from model.training.loop import epochs
from model.training.settings import Settings
from model.training.state import Epoch, TrainingState, restore_weights


@dataclass(frozen=True, slots=True, eq=False)
class FittedHead:
    """A head trained on features that are held elsewhere."""

    head: StandardisedHead
    history: tuple[Epoch, ...]
    best_epoch: int

    def logits(self, features: Tensor) -> Tensor:
        """Return the logits of raw features, (N, D)."""
        with torch.no_grad():
            return cast(Tensor, self.head(features))

    def probs(self, features: Tensor) -> Tensor:
        """Return the probabilities of the classes for raw features, (N, K)."""
        return self.head.probs(self.logits(features))

    def predict(self, features: Tensor) -> Tensor:
        """Return the classes predicted for raw features, (N,)."""
        return self.head.predict(self.logits(features))


def fit_head(features: Tensor, classes: Int64Array, split: Split, settings: Settings) -> FittedHead:
    """Train a head on features, float (2, N, D) of photos and their mirror images, without files or progress.

    As train() does, it stops by a part of the training photos if there are at least 120, else by those held out.
    """
    stopping = for_stopping(classes, split, settings.seed) or split
    head = StandardisedHead(settings.head, features.shape[2], len(classes_of(settings.target)))
    head.standardise(features[:, torch.from_numpy(stopping.train)].flatten(0, 1))
    learner = FrozenLearner(head, features, torch.from_numpy(classes))
    *_, state = epochs(learner, classes, stopping, settings, TrainingState())
    restore_weights(learner, state.best)
    return FittedHead(head.eval(), tuple(state.history), state.best_epoch)
