"""Lets a network in training feel what int8 does to its activations.

Each activation that ``export.quantize`` keeps in a byte is rounded to 256 levels between the least and the most of its
batch, while gradients pass as if it was not: quantisation-aware training, after Jacob et al. 2018, "Quantization and
Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference". Weights are not rounded: they cost next to
nothing (``export.quantize.to_int8`` has the figures).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

_LEVELS = 255


def round_activations(network: nn.Module) -> None:
    """Let a ResNet round, from now on, what its rectifiers give and what is added in its blocks."""
    added: list[nn.Module] = []
    for block in network.modules():
        if isinstance(block, BasicBlock):
            added += [block.bn2] if block.downsample is None else [block.bn2, block.downsample]
    rectifiers = [module for module in network.modules() if isinstance(module, nn.ReLU)]
    for module in (*rectifiers, *added):
        module.register_forward_hook(lambda _module, _given, activations: rounded(activations))


def rounded(activations: Tensor) -> Tensor:
    """Return activations rounded to 256 levels from their least to their most; the gradient is that of no rounding."""
    with torch.no_grad():
        least, most = activations.aminmax()
        step = ((most - least) / _LEVELS).clamp(min=torch.finfo(torch.float32).tiny)
        error = ((activations - least) / step).round_().mul_(step).add_(least).sub_(activations)
    return activations + error
