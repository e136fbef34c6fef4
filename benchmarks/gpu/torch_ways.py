"""PyTorch on the GPU as one would run it: eager or compiled. Each is called in a Python of its own."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.common.torch_scorer import from_arrays, network_on
from benchmarks.gpu.sessions import WARM_UPS
from benchmarks.latency.scorer import times_ms
from livecam.errors import ModelError
from model.network import ScorerNetwork


class _InHalf(nn.Module):
    """A network in fp16 between inputs and outputs in fp32, as in livecam's fp16 file."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.half()

    def forward(self, pixels: Tensor) -> Tensor:
        """Map pixels, float32, to what the network makes of them, float32."""
        embedding: Tensor = self.network(pixels.half())
        return embedding.float()


def run(*, precision: Literal["fp32", "fp16"], compiled: bool, calls: int, spawned_s: float) -> dict[str, Any]:
    """Time the network on the GPU; compiled: by ``torch.compile`` for each batch size, with CUDA graphs.

    In fp32 PyTorch computes convolutions in TF32 where the GPU can, which is its default. Returns what
    ``benchmarks.latency.scorer:run`` does. Raises ModelError if PyTorch finds no GPU.
    """
    del spawned_s
    if not torch.cuda.is_available():
        raise ModelError(f"PyTorch {torch.__version__} finds no GPU: install one that is built for CUDA")
    network = network_on("cuda")
    if precision == "fp16":
        halve(network)
    forward = torch.compile(network, mode="reduce-overhead", dynamic=False) if compiled else network
    score = from_arrays(forward, "cuda")
    times = times_ms(lambda crops: score(np.stack([crop.image for crop in crops])), calls, warm_ups=WARM_UPS)
    return {"provider": "cuda", "precision": precision, "times_ms": times}


def halve(network: ScorerNetwork) -> None:
    """Let network's backbone compute in fp16; its heads stay in fp32."""
    network.backbone.resnet = _InHalf(network.backbone.resnet)
