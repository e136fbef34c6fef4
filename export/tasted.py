"""A learned taste (``livecam learn``) folded into the graph of a scorer: one file, for whoever runs it elsewhere.

The graph sees a crop and not its landmarks, so the embedding stands in for the named signals (``TasteHead.alone``),
and how a person's face rests is left out: livecam itself, with ``--taste``, knows more.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from livecam.errors import ModelError
from livecam.taste.head import TasteHead
from livecam.taste.head_file import load_head
from livecam.taste.network import network_of
from livecam.types import RATINGS
from model.checkpoint import RatedNetwork, StandardisedHead


class FoldedTaste(nn.Module):
    """In place of a network's head: a utility from the embedding and from what that head rates."""

    def __init__(self, rated: nn.Module, head: TasteHead) -> None:
        super().__init__()
        self.rated = rated
        self.embedding = nn.Linear(len(head.alone), 1)
        self.embedding.weight.data = torch.tensor(head.alone)[None]
        self.embedding.bias.data.fill_(head.alone_offset)
        self.score = head.score
        self.register_buffer("ratings", torch.tensor(RATINGS, dtype=torch.float32)[:, None])
        self.register_buffer("thresholds", torch.tensor(head.thresholds)[None])

    def forward(self, embedding: Tensor) -> Tensor:
        """Return the utility of faces with open eyes, (N, 1), logits. embedding: (N, 512)."""
        probs = self.rated.probs(self.rated(embedding))  # type: ignore[operator]
        return cast(Tensor, self.embedding(embedding) + self.score * (probs @ self.ratings))

    def probs(self, utility: Tensor) -> Tensor:
        """Return how probable each rating is, (N, 5)."""
        above = torch.sigmoid(utility - cast(Tensor, self.thresholds))
        ones = torch.ones_like(utility)
        return torch.cat((ones, above), dim=1) - torch.cat((above, 0 * ones), dim=1)


def fold(network: RatedNetwork, origin: dict[str, object], checkpoint_sha256: str, taste: Path) -> dict[str, object]:
    """Put a taste into network; return its metadata, whose version says so. Raises ModelError.

    origin: the checkpoint's metadata.
    """
    head = load_head(taste)
    version = str(origin.get("model_version", ""))
    found = network_of({"model_version": version, "checkpoint_sha256": checkpoint_sha256}, taste)
    if head.network != found:
        raise ModelError(f"{taste} was learned with the scorer {head.network}, not {found}: learn with that one")
    network.head = cast(StandardisedHead, FoldedTaste(network.head, head).eval())
    return {**origin, "model_version": f"{version}+taste-{head.name}", "head": "taste"}
