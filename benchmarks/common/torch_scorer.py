"""livecam's network as PyTorch runs it, for comparison with ONNX Runtime.

Its weights are untrained: they take as long as trained ones, and the repository holds none in fp32.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from livecam.types import FloatArray, UInt8Array
from model.network import ScorerNetwork

# Crops, uint8 (N, 224, 224, 3) RGB, to rating_probs (N, 5), eyes_closed (N, 2) and embedding (N, 512), float32.
TorchScorer = Callable[[UInt8Array], list[FloatArray]]


def network_on(device: str) -> ScorerNetwork:
    """Return the network in fp32, ready to run on device, "cpu" or "cuda"."""
    return ScorerNetwork().eval().to(device)


def from_arrays(forward: Callable[[Tensor], Sequence[Tensor]], device: str) -> TorchScorer:
    """Return forward, which maps crops on device to the three outputs, from arrays to arrays."""
    target = torch.device(device)

    def score(crops: UInt8Array) -> list[FloatArray]:
        with torch.inference_mode():
            return [output.cpu().numpy() for output in forward(torch.from_numpy(crops).to(target))]

    return score


def eager_scorer(device: str = "cpu") -> TorchScorer:
    """Return the network in PyTorch's eager mode and fp32 on device."""
    return from_arrays(network_on(device), device)
