"""Residual blocks with fewer channels between their two convolutions, and all channels where blocks are added.

What goes from block to block, and the embedding, keep their size, so all that is built on them still fits; half of the
inner channels are half of the operations. Which of them go is chosen block by block, after Li et al. 2017, "Pruning
Filters for Efficient ConvNets"; a training must follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock


def narrow(network: nn.Module, share: float) -> None:
    """Leave each residual block of network that share of its inner channels, at least one: those that say most.

    A channel says as much as its batch-norm's scale and the weights that read it, in norm, are together.
    """
    for _, block in _blocks(network):
        scale, readers = block.bn1.weight.detach().abs(), block.conv2.weight.detach()
        says = scale * readers.square().sum((0, 2, 3)).sqrt()
        count = max(1, round(share * len(says)))
        _keep(block, says.topk(count).indices.sort().values)


def fit_widths(network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Give the residual blocks of network as many inner channels as tensors, by their names in it, have."""
    for name, block in _blocks(network):
        weight = tensors.get(f"{name}.conv1.weight")
        if weight is not None and weight.ndim == 4 and 0 < len(weight) < block.bn1.num_features:
            _keep(block, torch.arange(len(weight)))


def _blocks(network: nn.Module) -> Iterator[tuple[str, BasicBlock]]:
    return ((name, module) for name, module in network.named_modules() if isinstance(module, BasicBlock))


def _keep(block: BasicBlock, channels: Tensor) -> None:
    """Replace what is between a block's convolutions by those channels of it, (N,), as numbers."""
    first, norm, second = block.conv1, block.bn1, block.conv2
    count = len(channels)
    block.conv1 = nn.Conv2d(first.in_channels, count, 3, first.stride, 1, bias=False)
    block.bn1 = nn.BatchNorm2d(count, norm.eps, norm.momentum)
    block.conv2 = nn.Conv2d(count, second.out_channels, 3, second.stride, 1, bias=False)
    with torch.no_grad():
        block.conv1.weight.copy_(first.weight[channels])
        block.conv2.weight.copy_(second.weight[:, channels])
    block.bn1.load_state_dict(
        {name: value[channels] if value.ndim else value for name, value in norm.state_dict().items()}
    )
    block.train(first.training)
