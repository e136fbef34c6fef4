"""The network in training: the scorer with the heads that only training needs, and what it is taught by."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from livecam.types import BLENDSHAPES, EMBEDDING
from model.network import ScorerNetwork, gate
from model.shipped.settings import LossWeights
from model.shipped.views import DAMAGES, POINTS

# Of the heads that are thrown away: smile, blendshapes, yaw and pitch, x and y of the points, damage.
_WIDTHS = (1, BLENDSHAPES, 2, 2 * len(POINTS), DAMAGES)


class TeachingNetwork(nn.Module):
    """The scorer with the heads that only training needs.

    They repeat what MediaPipe sees (landmarks of eyes, brows and mouth, blendshapes, pose) and what was done to the
    picture.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scorer = ScorerNetwork()
        self.taught = nn.Linear(EMBEDDING, sum(_WIDTHS))

    def losses(self, batch: dict[str, Tensor], weights: LossWeights, hints: Tensor | None = None) -> dict[str, Tensor]:
        """Return each part of the loss, weighted.

        batch: what model.shipped.views.Views gives, in pairs.  hints: the embeddings, (N, 512), that a larger network
        has of it, to come near to, after Romero et al. 2015, "FitNets", at the embedding alone.
        """
        embedding = self.scorer.backbone(batch["image"])
        eyes = self.scorer.eyes(embedding).float()
        rating = self.scorer.rating(embedding).float()
        smile, blendshapes, pose, points, damage = self.taught(embedding).float().split(_WIDTHS, dim=1)
        visible, known, sure = batch["visible"], batch["eyes_known"], batch["sure"]

        def seen(loss: Tensor) -> Tensor:
            return (loss.flatten(1).mean(1) * visible).sum() / visible.sum().clamp(min=1)

        closed = functional.binary_cross_entropy_with_logits(eyes, batch["eyes"], reduction="none")
        smiles = functional.binary_cross_entropy_with_logits(smile, batch["smile"][:, None], reduction="none")
        ratings = torch.arange(1.0, 6.0)
        expected, wanted = rating.softmax(1) @ ratings, batch["rating"] @ ratings
        classes = functional.cross_entropy(rating, batch["rating"], reduction="none")
        scale = functional.smooth_l1_loss(expected, wanted, reduction="none", beta=weights.smooth_rating)
        # Which of two frames of one person is better, after RankNet (Burges et al. 2005); see draw_pairs.
        score = gate(rating.softmax(1), eyes.sigmoid()) @ ratings
        better = (batch["overall"][0::2] - batch["overall"][1::2]).clamp(-1, 1)
        difference = score[0::2] - score[1::2]
        ordered = functional.softplus(-weights.order_steepness * better.sign() * difference) * better.abs()
        losses = {
            "eyes": weights.eyes * (closed * known).sum() / known.sum().clamp(min=1),
            "rating": weights.rating * (classes + scale).mean(),
            "order": weights.order * (ordered * sure[0::2] * sure[1::2]).mean(),
            "smile": weights.smile * seen(smiles * batch["smile_weight"][:, None]),
            "blendshapes": weights.blendshapes
            * seen((blendshapes.sigmoid() - batch["blendshapes"]) ** 2 * batch["blendshapes_known"]),
            "pose": weights.pose * seen(functional.smooth_l1_loss(pose, batch["pose"], reduction="none")),
            "points": weights.points * seen((points - batch["points"]).abs()),
            "damage": weights.damage * functional.smooth_l1_loss(damage, batch["damage"]),
        }
        if hints is not None:
            error = (embedding.float() - hints.float()).square().mean() / hints.float().var()
            losses["distilled"] = weights.distilled * error
        return losses
