from __future__ import annotations

import warnings
from typing import cast

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from model.heads import L2, Coral, Corn, Head, HeadName, make_head

EVERY_HEAD = pytest.mark.parametrize("name", list(HeadName))


def logits_of(name: HeadName, *, photos: int = 64, classes: int = 5) -> tuple[Head, torch.Tensor]:
    torch.manual_seed(0)
    head = make_head(name, 8, classes)
    for parameter in head.parameters():
        parameter.data += torch.randn_like(parameter)  # a head starts with zeros
    return head, head(3 * torch.randn(photos, 8))


@EVERY_HEAD
@pytest.mark.parametrize("classes", [2, 5])
def test_probabilities_are_probabilities(name: HeadName, classes: int) -> None:
    head, logits = logits_of(name, classes=classes)

    probs = head.probs(logits)

    assert probs.shape == (64, classes)
    assert (probs >= 0).all()
    torch.testing.assert_close(probs.sum(dim=1), torch.ones(64))


@EVERY_HEAD
def test_a_prediction_is_a_class(name: HeadName) -> None:
    head, logits = logits_of(name)

    predicted = head.predict(logits)

    assert predicted.dtype == torch.int64
    assert predicted.min() >= 0
    assert predicted.max() <= 4
    assert len(predicted.unique()) > 1


@pytest.mark.slow
@EVERY_HEAD
@pytest.mark.parametrize("classes", [2, 5])
def test_a_head_learns_an_order_from_one_feature(name: HeadName, classes: int) -> None:
    torch.manual_seed(0)
    truth = torch.arange(classes).repeat(20)
    features = (truth - (classes - 1) / 2)[:, None] + 0.05 * torch.randn(len(truth), 1)
    head = make_head(name, 1, classes)
    optimiser = torch.optim.Adam(head.parameters(), lr=0.2)

    for _ in range(150):
        optimiser.zero_grad()
        head.loss(head(features), truth).mean().backward()
        optimiser.step()

    logits = head(features)
    assert (head.predict(logits) == truth).float().mean() > 0.95
    mean = (head.probs(logits) * torch.arange(classes)).sum(dim=1)
    assert (mean - truth).abs().mean() < 0.5


@EVERY_HEAD
def test_the_loss_is_one_number_for_each_photo_and_falls_towards_the_truth(name: HeadName) -> None:
    head, logits = logits_of(name)
    truth = head.predict(logits)

    right, wrong = head.loss(logits, truth), head.loss(logits, (truth + 3) % 5)

    assert right.shape == (64,)
    assert right.mean() < wrong.mean()


class AllHeads(nn.Module):
    """The probabilities of every head, in the order of HeadName: one export, which is what takes long, for all."""

    def __init__(self) -> None:
        super().__init__()
        self.heads = nn.ModuleList(logits_of(name)[0] for name in HeadName)

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(cast(Head, head).probs(head(features)) for head in self.heads)


@pytest.fixture(scope="module")
def in_onnx_and_torch() -> dict[HeadName, tuple[np.ndarray, np.ndarray]]:
    """What ONNX Runtime and PyTorch say of the same features, by head."""
    network = AllHeads().eval()
    features = 3 * torch.randn(6, 8)
    batch = {"features": {0: torch.export.Dim("N")}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        program = torch.onnx.export(
            network, (features[:2],), dynamo=True, dynamic_shapes=batch, input_names=["features"], verbose=False
        )
    assert program is not None
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString(), providers=["CPUExecutionProvider"])
    found = session.run(None, {"features": features.numpy()})
    with torch.no_grad():
        wanted = [probs.numpy() for probs in network(features)]
    return dict(zip(HeadName, zip(found, wanted, strict=True), strict=True))


@EVERY_HEAD
@pytest.mark.slow
def test_probabilities_are_the_same_in_onnx(
    in_onnx_and_torch: dict[HeadName, tuple[np.ndarray, np.ndarray]], name: HeadName
) -> None:
    found, wanted = in_onnx_and_torch[name]
    assert found.shape == (6, 5)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("output", "rating"), [(0.01, 1), (0.19, 1), (0.21, 2), (0.5, 3), (0.61, 4), (0.81, 5), (0.999999999, 5)]
)
def test_the_papers_l2_head_predicts_floor_of_five_outputs_plus_one(output: float, rating: int) -> None:
    head = L2(1, 5)

    assert head.predict(torch.logit(torch.tensor([[output]], dtype=torch.float64))).item() + 1 == rating


def test_the_papers_l2_head_has_no_loss_at_a_tenth_plus_a_fifth_of_the_rating_less_one() -> None:
    ratings = torch.arange(1, 6)
    outputs = (ratings - 1) / 5 + 0.1

    torch.testing.assert_close(L2(1, 5).loss(torch.logit(outputs)[:, None], ratings - 1), torch.zeros(5))


@given(st.floats(-6, 6))
def test_the_l2_heads_likeliest_class_is_the_predicted_one(logit: float) -> None:
    head, logits = L2(1, 5), torch.tensor([[logit]], dtype=torch.float64)
    probs = head.probs(logits)[0]

    assert probs[head.predict(logits)].item() >= probs.max().item() - 1e-9


def test_coral_stays_a_distribution_when_its_biases_are_out_of_order() -> None:
    head = Coral(1, 5)

    probs = head.probs(torch.tensor([[-2.0, 1.0, 0.5, -1.0]]))

    assert (probs >= 0).all()
    torch.testing.assert_close(probs.sum(), torch.tensor(1.0))


def test_corn_teaches_a_threshold_only_to_photos_that_reach_it() -> None:
    head = Corn(1, 5)
    logits = torch.zeros((1, 4), requires_grad=True)

    head.loss(logits, torch.tensor([1])).sum().backward()

    assert logits.grad is not None
    assert (logits.grad[0, :2] != 0).all()
    assert (logits.grad[0, 2:] == 0).all()
