"""What is trained, as one module that maps rows of the data to losses: on frozen features, or through the backbone.

Chance comes in as numbers, one row of DRAWS for each photo, so that processes that share a batch see the same.
"""

from __future__ import annotations

from typing import Protocol, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.checkpoint import RatedNetwork, StandardisedHead
from model.training.crops import Crops
from model.training.variation import Variation, vary


class Learner(Protocol):
    """A module that the training loop can train."""

    def __call__(self, rows: Tensor, draws: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the loss of each photo, (n,), and the class predicted, (n,).

        rows: int64 (n,), rows of the data set.  draws: float (n, DRAWS) in training, None for the photos as they are.
        """


class FrozenLearner(nn.Module):
    """A head on features that do not change. Half the time it is taught a photo's mirror image."""

    def __init__(self, head: StandardisedHead, features: Tensor, classes: Tensor) -> None:
        """features: float (2, N, D), of the photos and their mirror images.  classes: int64 (N,)."""
        super().__init__()
        self.head = head
        self.features, self.classes = features, classes

    def forward(self, rows: Tensor, draws: Tensor | None) -> tuple[Tensor, Tensor]:
        """See Learner."""
        mirrored = torch.zeros_like(rows) if draws is None else (draws[:, 0] < 0.5).long()
        logits = self.head(self.features[mirrored, rows].float())  # an archive's are float16
        return self.head.loss(logits, self.classes[rows]), self.head.predict(logits.detach())


class FineTunedLearner(nn.Module):
    """The backbone with both heads. The eye head is held to what it said before (Li, Hoiem 2016, "Learning without
    forgetting"), or it would be lost.
    """

    def __init__(
        self,
        network: RatedNetwork,
        crops: Crops,
        landmarks: Tensor | None,
        eyes: Tensor,
        classes: Tensor,
        *,
        eyes_weight: float,
        variation: Variation,
        fixed_norms: bool,
    ) -> None:
        """crops: of the N photos.  landmarks: float (2, N, 55).  eyes: float (N, 2), probabilities to keep.

        eyes_weight: what keeping them counts in the loss.  variation: how far the crops are varied.
        fixed_norms: the backbone's batch statistics stay as they are.
        """
        super().__init__()
        self.network, self.fixed_norms = network, fixed_norms
        self.eyes_weight, self.variation = eyes_weight, variation
        self.crops, self.landmarks, self.eyes, self.classes = crops, landmarks, eyes, classes

    def train(self, mode: bool = True) -> Self:
        """See nn.Module.train; batch statistics that are fixed stay so."""
        super().train(mode)
        if self.fixed_norms:
            self.network.backbone.eval()
        return self

    def forward(self, rows: Tensor, draws: Tensor | None) -> tuple[Tensor, Tensor]:
        """See Learner."""
        network, crops, eyes = self.network, self.crops[rows], self.eyes[rows]
        mirrored = torch.zeros_like(rows, dtype=torch.bool) if draws is None else draws[:, 0] < 0.5
        if draws is not None:
            crops = vary(crops, draws, self.variation)
            eyes = torch.where(mirrored[:, None], eyes.flip(1), eyes)
        embedding = network.backbone(crops).float()
        features = embedding
        if self.landmarks is not None:
            features = torch.cat((embedding, self.landmarks[mirrored.long(), rows]), dim=1)
        logits = network.head(features)
        losses = network.head.loss(logits, self.classes[rows])
        if draws is not None:
            kept = functional.binary_cross_entropy_with_logits(network.eyes(embedding), eyes, reduction="none")
            losses = losses + self.eyes_weight * kept.mean(dim=1)
        return losses, network.head.predict(logits.detach())
