"""livecam's network as PyTorch runs it, for comparison with ONNX Runtime.

Its weights are untrained: they take as long as trained ones, and the repository holds none in fp32.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from livecam.types import FloatArray, UInt8Array
from model.network import ScorerNetwork

# Crops, uint8 (N, 224, 224, 3) RGB, to rating_probs (N, 5), eyes_closed (N, 2) and embedding (N, 512), float32.
EagerScorer = Callable[[UInt8Array], list[FloatArray]]


def eager_scorer(device: str = "cpu") -> EagerScorer:
    """Return the network in PyTorch's eager mode and fp32 on device, from arrays to arrays."""
    network, target = ScorerNetwork().eval().to(device), torch.device(device)

    def score(crops: UInt8Array) -> list[FloatArray]:
        with torch.inference_mode():
            return [output.cpu().numpy() for output in network(torch.from_numpy(crops).to(target))]

    return score
