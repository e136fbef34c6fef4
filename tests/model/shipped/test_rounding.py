"""A network in training that feels what int8 will do to it."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch

from model.network import Backbone
from model.shipped.rounding import round_activations, rounded


def test_activations_have_256_levels_and_the_gradient_of_none() -> None:
    torch.manual_seed(0)
    given = torch.randn(2, 4, 50, 50, requires_grad=True)
    found = rounded(given)
    assert len(torch.unique(found.detach())) <= 256
    step = (given.max() - given.min()).item() / 255
    assert float((found - given).abs().max().detach()) == pytest.approx(step / 2, rel=0.02)
    (3 * found).sum().backward()
    assert given.grad is not None
    assert torch.equal(given.grad, torch.full_like(given, 3.0))


def test_what_is_all_alike_stays_as_it_is() -> None:
    assert torch.equal(rounded(torch.full((1, 2, 3, 3), 0.7)), torch.full((1, 2, 3, 3), 0.7))


def test_a_resnet_rounds_all_that_its_int8_file_keeps_in_bytes() -> None:
    torch.manual_seed(0)
    backbone = Backbone(inside=64).eval()
    crops = torch.randint(0, 255, (2, 64, 64, 3), dtype=torch.uint8)
    seen: list[int] = []
    with torch.inference_mode():
        exact = backbone(crops)
        round_activations(backbone.resnet)
        for block in (*backbone.resnet.layer1, *backbone.resnet.layer4):
            block.register_forward_hook(lambda _block, _given, maps: seen.append(len(torch.unique(maps))))
        close = backbone(crops)
    assert max(seen) <= 256
    assert 0 < float((close - exact).norm() / exact.norm()) < 0.1
