from __future__ import annotations

import errno
import os
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from livecam.errors import OutputError
from model.network import (
    CHECKPOINT_SCHEMA,
    CUT_OFF,
    RATINGS_WHEN_CLOSED,
    Backbone,
    ScorerNetwork,
    gate,
    load_checkpoint,
    save_checkpoint,
    shrink,
    to_safetensors,
)


def score(open_eyed: float, left: float, right: float) -> float:
    """The score of a face that is worth open_eyed with its eyes open, and whose eyes are closed with these chances."""
    whole = int(open_eyed)
    probs = torch.zeros((1, 5))
    probs[0, whole - 1] = 1 - (open_eyed - whole)
    if whole < 5:
        probs[0, whole] = open_eyed - whole
    return float(gate(probs, torch.tensor([[left, right]])) @ torch.arange(1.0, 6.0))


@pytest.mark.parametrize(
    ("open_eyed", "left", "right", "expected"),
    [
        (5.0, 0.0, 0.0, 5.0),
        (5.0, 0.6, 0.0, 2.69),
        (5.0, 0.0, 0.6, 2.69),
        (5.0, 0.6, 0.6, 1.766),
        (5.0, 0.78, 0.0, 1.997),
        (5.0, 0.531, 0.531, 1.997),
        (5.0, 1.0, 0.0, 1.15),
        (3.5, 0.5, 0.1, 2.2075),
        (1.0, 1.0, 1.0, 1.15),
    ],
)
def test_the_score_falls_towards_that_of_closed_eyes_as_they_are_likelier_closed(
    open_eyed: float, left: float, right: float, expected: float
) -> None:
    assert score(open_eyed, left, right) == pytest.approx(expected, abs=1e-3)


def test_one_surely_closed_eye_leaves_nothing_of_what_the_mouth_does() -> None:
    laughing = torch.tensor([[0.0, 0.0, 0.0, 0.0, 1.0]])
    winking, doubtful = gate(laughing, torch.tensor([[0.0, 1.0]])), gate(laughing, torch.tensor([[0.5, 0.1]]))
    assert winking[0].tolist() == pytest.approx(list(RATINGS_WHEN_CLOSED))
    assert float(doubtful.sum()) == pytest.approx(1.0)


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, network, empty = tmp_path / "a.safetensors", nn.Linear(2, 2), nn.Linear(2, 2)
    save_checkpoint(network, path, {"model_version": "1"})

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="the disk is full: free some space"):
        save_checkpoint(nn.Linear(2, 2), path, {"model_version": "2"})

    assert load_checkpoint(empty, path)["model_version"] == "1"
    assert torch.equal(empty.weight, network.weight)
    assert [file.name for file in tmp_path.iterdir()] == ["a.safetensors"]


def test_a_network_that_sees_the_crop_smaller_shrinks_it_itself() -> None:
    torch.manual_seed(0)
    backbone = Backbone(inside=160).eval()
    crops = torch.randint(0, 255, (2, 224, 224, 3), dtype=torch.uint8)
    small = torch.from_numpy(np.stack([cv2.resize(one.numpy(), (160, 160)) for one in crops]))
    with torch.inference_mode():
        whole, shrunk = backbone(crops), backbone(small)
        backbone.inside.fill_(224)
        unshrunk = backbone(crops)
    assert (whole - shrunk).norm() < 0.02 * shrunk.norm(), "OpenCV rounds to whole grey levels"
    assert (whole - unshrunk).norm() > 0.05 * shrunk.norm()


def test_a_checkpoint_from_before_says_nothing_of_its_size_and_sees_the_whole_crop(tmp_path: Path) -> None:
    network = ScorerNetwork()
    tensors = network.state_dict()
    del tensors["backbone.inside"]
    (tmp_path / "old.safetensors").write_bytes(to_safetensors(tensors, {"schema": CHECKPOINT_SCHEMA}))
    network.backbone.inside.fill_(160)
    load_checkpoint(network, tmp_path / "old.safetensors")
    assert network.backbone.inside == 224


def test_gradients_reach_the_pixels_of_a_network_that_sees_whole_levels_of_them() -> None:
    torch.manual_seed(0)
    backbone = Backbone(inside=96).eval()
    pixels = (255 * torch.rand(1, 128, 128, 3)).requires_grad_()
    backbone(pixels).sum().backward()
    assert pixels.grad is not None
    assert float((pixels.grad != 0).float().mean()) > 0.5


@pytest.mark.parametrize("inside", [96, 128, 144, 160, 192])
def test_crops_are_shrunk_to_the_bit_as_onnx_runtime_shrinks_bytes(inside: int) -> None:
    crops = np.random.default_rng(inside).integers(0, 256, (3, 224, 224, 3)).astype(np.uint8)
    size = numpy_helper.from_array(np.array([inside, inside]), "size")
    resize = helper.make_node("Resize", ["crops", "", "", "size"], ["small"], mode="linear", axes=[1, 2])
    graph = helper.make_graph(
        [resize],
        "shrink",
        [helper.make_tensor_value_info("crops", TensorProto.UINT8, ["N", 224, 224, 3])],
        [helper.make_tensor_value_info("small", TensorProto.UINT8, ["N", inside, inside, 3])],
        [size],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    expected = session.run(None, {"crops": crops})[0]
    small = shrink(torch.from_numpy(crops).permute(0, 3, 1, 2).float(), inside)
    assert np.array_equal(small.permute(0, 2, 3, 1).numpy(), expected)


def test_what_is_cut_off_is_added_again_on_average() -> None:
    pixels = (250 * torch.rand(4, 3, 224, 224)).floor()
    exact = nn.functional.interpolate(pixels, (160, 160), mode="bilinear", align_corners=False)
    assert float((shrink(pixels, 160) + CUT_OFF - exact).mean()) == pytest.approx(0, abs=0.06)
