"""PyTorch on the GPU as one would run it: eager or compiled. Each is called in a Python of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.common.torch_scorer import from_arrays, network_on
from benchmarks.gpu.sessions import WARM_UPS
from benchmarks.latency.scorer import times_ms
from livecam.errors import ModelError
from livecam.types import CROP_SIZE
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


class Shrunk(nn.Module):
    """A network that sees crops, uint8 (N, H, H, 3), with sides of inside pixels, as the scorer does."""

    def __init__(self, network: ScorerNetwork, inside: int) -> None:
        super().__init__()
        self.network, self.inside = network, inside

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See ScorerNetwork."""
        if crops.shape[1] != self.inside:
            pixels = functional.interpolate(crops.permute(0, 3, 1, 2).float(), (self.inside,) * 2, mode="bilinear")
            crops = pixels.permute(0, 2, 3, 1)
        outputs: tuple[Tensor, Tensor, Tensor] = self.network(crops)
        return outputs


def run(
    *, model: str, precision: Literal["fp32", "fp16"], compiled: bool, calls: int, spawned_s: float
) -> dict[str, Any]:
    """Time the network of model on the GPU; compiled: by ``torch.compile`` for each batch size, with CUDA graphs.

    In fp32 PyTorch computes convolutions in TF32 where the GPU can, which is its default. Returns what
    ``benchmarks.latency.scorer:run`` does. Raises ModelError if PyTorch finds no GPU.
    """
    del spawned_s
    if not torch.cuda.is_available():
        raise ModelError(f"PyTorch {torch.__version__} finds no GPU: install one that is built for CUDA")
    network = network_on("cuda")
    if precision == "fp16":
        halve(network)
    network.backbone.inside = network.backbone.inside.cpu()  # or each call would wait for the GPU to read it
    shrunk = Shrunk(network, inside_of(Path(model))).eval()
    forward = torch.compile(shrunk, mode="reduce-overhead", dynamic=False) if compiled else shrunk
    score = from_arrays(forward, "cuda")
    times = times_ms(lambda crops: score(np.stack([crop.image for crop in crops])), calls, warm_ups=WARM_UPS)
    return {"provider": "cuda", "precision": precision, "times_ms": times}


def inside_of(model: Path) -> int:
    """Return the pixels of a side that a scorer file's convolutions see: fewer than a crop's where it shrinks first."""
    found = (tensor for tensor in onnx.load(model).graph.initializer if tensor.name == "inside")
    return next((int(numpy_helper.to_array(tensor)[0]) for tensor in found), CROP_SIZE)


def halve(network: ScorerNetwork) -> None:
    """Let network's backbone compute in fp16; its heads stay in fp32."""
    network.backbone.resnet = _InHalf(network.backbone.resnet)
