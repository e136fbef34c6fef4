"""Networks with fewer channels inside their blocks: which are left, and that they come back from a file."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torchvision.models import ResNet
from torchvision.models.resnet import BasicBlock

from livecam.errors import ModelError
from model.narrow import fit_widths, narrow
from model.network import ScorerNetwork, load_checkpoint, save_checkpoint


def make_block(*, stride: int = 1) -> BasicBlock:
    """A block of 8 channels whose inner channels 2 and 5 alone say something."""
    downsample = torch.nn.Conv2d(8, 8, 1, stride) if stride > 1 else None
    block = BasicBlock(8, 8, stride, downsample).eval()
    torch.nn.init.uniform_(block.bn1.running_var, 0.5, 2.0)
    torch.nn.init.normal_(block.bn1.running_mean, std=0.3)
    with torch.no_grad():
        block.bn1.weight[[0, 1, 3, 4, 6, 7]] = 0
        block.bn1.weight[5] = -2
    return block


@pytest.mark.parametrize("stride", [1, 2])
def test_the_channels_that_say_something_are_left_and_say_the_same(stride: int) -> None:
    block, maps = make_block(stride=stride), torch.rand(2, 8, 12, 12)
    with torch.inference_mode():
        before = block(maps.clone())
    narrow(block, 0.25)
    with torch.inference_mode():
        after = block(maps.clone())
    assert (block.conv1.out_channels, block.bn1.num_features, block.conv2.in_channels) == (2, 2, 2)
    assert torch.allclose(before, after, atol=1e-5)
    assert not block.bn1.training


def test_a_channel_that_nobody_reads_goes_first_and_one_is_always_left() -> None:
    block = BasicBlock(4, 4)
    with torch.no_grad():
        block.conv2.weight[:, 3] = 0
        block.bn1.weight[3] = 100
    kept = block.conv1.weight[:3].detach().clone()
    narrow(block, 0.75)
    assert torch.equal(block.conv1.weight, kept)
    narrow(block, 0.01)
    assert block.conv1.out_channels == 1


@pytest.mark.slow
def test_a_narrower_network_comes_back_from_its_checkpoint_and_one_of_another_shape_is_refused(tmp_path: Path) -> None:
    network = ScorerNetwork()
    narrow(network, 0.5)
    save_checkpoint(network, tmp_path / "half.safetensors", {"model_version": "half"})
    back = ScorerNetwork()
    assert load_checkpoint(back, tmp_path / "half.safetensors")["model_version"] == "half"
    assert all(torch.equal(value, network.state_dict()[name]) for name, value in back.state_dict().items())
    assert back.backbone.resnet.layer4[1].bn1.num_features == 256
    crops = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)
    with torch.inference_mode():
        assert torch.equal(back.eval()(crops)[0], network.eval()(crops)[0])

    save_checkpoint(ScorerNetwork(), tmp_path / "whole.safetensors", {})
    with pytest.raises(ModelError, match="holds another network"):
        load_checkpoint(back, tmp_path / "whole.safetensors")


def test_tensors_of_no_block_change_no_width() -> None:
    network = ResNet(BasicBlock, [1, 1, 1, 1])
    fit_widths(network, {"layer1.0.conv1.weight": torch.zeros(3), "layer2.0.conv1.weight": torch.zeros(0, 64, 3, 3)})
    assert network.layer1[0].bn1.num_features == 64
    assert network.layer2[0].bn1.num_features == 128
