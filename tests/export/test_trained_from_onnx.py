"""A scorer file as the start of a training: what comes back from it is the network that went in."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest

pytest.importorskip("torch", reason="needs the train extra")

import torch
import torchvision

from export import quantize
from export.onnx import Precision, describe, to_onnx
from livecam.errors import ModelError
from livecam.scoring.scorer import Scorer
from livecam.types import FaceCrop
from model import onnx_weights
from model.backbones import load_start
from model.checkpoint import load_scorer
from model.narrow import narrow
from model.network import ScorerNetwork, save_checkpoint
from model.onnx_weights import NORMS, read_scorer, read_start

# An export takes a few seconds, and minutes on a machine that trains meanwhile.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module", autouse=True)
def _shallow() -> Iterator[None]:
    """A backbone of the same kind with one block a stage: a graph in half of the time."""
    resnet = torchvision.models.resnet
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torchvision.models, "resnet18", lambda weights: resnet.ResNet(resnet.BasicBlock, [1, 1, 1, 1]))
        yield


def make_crops(count: int) -> torch.Tensor:
    return torch.randint(0, 256, (count, 224, 224, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def network() -> ScorerNetwork:
    """A network with all that training changes: uneven batch-norms, temperatures, a smaller inside, narrower blocks."""
    torch.manual_seed(3)
    network = ScorerNetwork()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.bias, std=0.2)
            torch.nn.init.normal_(module.running_mean, std=0.5)  # type: ignore[arg-type]  # batch-norm of ours has them
            torch.nn.init.uniform_(module.running_var, 0.2, 30.0)  # type: ignore[arg-type]
            torch.nn.init.uniform_(module.weight, 0.4, 1.0)
            with torch.no_grad():
                module.weight[::5].neg_()
    narrow(network, 0.75)
    network.backbone.inside.fill_(96)
    network.rating_temperature.fill_(1.5)
    network.eyes_temperature.fill_(0.7)
    return network.eval()


@pytest.fixture(scope="module")
def file(network: ScorerNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network's fp16 file, by the steps of export_checkpoint but for the comparison."""
    folder = tmp_path_factory.mktemp("file")
    save_checkpoint(network, folder / "scorer.safetensors", {"head": "cross_entropy", "model_version": "toy-1"})
    rated, about = load_scorer(folder / "scorer.safetensors")
    model = quantize.to_fp16(to_onnx(rated))
    describe(model, about, Precision.FP16)
    model.metadata_props.add(key=NORMS, value=onnx_weights.describe_norms(rated.backbone))
    onnx.save(model, folder / "scorer-fp16.onnx")
    return folder / "scorer-fp16.onnx"


def altered(file: Path, out: Path, **notes: str | None) -> Path:
    """Write file with other notes; None takes one out."""
    model = onnx.load(file)
    kept = {note.key: note.value for note in model.metadata_props} | notes
    onnx.helper.set_model_props(model, {key: value for key, value in kept.items() if value is not None})
    onnx.save(model, out)
    return out


@pytest.mark.slow
def test_the_network_that_comes_back_says_what_the_one_before_and_the_file_say(
    network: ScorerNetwork, file: Path
) -> None:
    back = read_scorer(file)
    crops = make_crops(4)
    with torch.inference_mode():
        wanted, found = network(crops), back(crops)
    for one, other in zip(wanted, found, strict=True):
        assert torch.allclose(one, other, atol=0.003 * float(one.abs().max()))
    with Scorer(file, provider="cpu") as scorer:
        scores = scorer.score([FaceCrop(crop, np.eye(2, 3, dtype=np.float32)) for crop in crops.numpy()])
    assert np.allclose([score.rating_probs for score in scores], found[0].numpy(), atol=0.003)
    assert back.backbone.inside == 96


@pytest.mark.slow
def test_it_learns_as_the_one_before_would(network: ScorerNetwork, file: Path) -> None:
    """The weights are the same one by one, and so is what a batch's own statistics make of them."""
    wanted, found = network.backbone.state_dict(), read_scorer(file).backbone.state_dict()
    assert wanted.keys() == found.keys()
    for name, value in wanted.items():
        if value.is_floating_point():
            assert torch.allclose(value, found[name], rtol=2e-3, atol=1e-3 * float(value.abs().max())), name

    one, other = copy.deepcopy(network).train(), read_scorer(file).train()
    with torch.no_grad():
        before, after = one.backbone(make_crops(8)), other.backbone(make_crops(8))
    assert torch.allclose(before, after, atol=0.02 * float(before.abs().max()))


@pytest.mark.slow
def test_a_file_from_before_the_note_says_the_same_with_its_statistics_fixed(
    network: ScorerNetwork, file: Path, tmp_path: Path
) -> None:
    backbone, eyes = read_start(altered(file, tmp_path / "old.onnx", **{NORMS: None}))
    crops = make_crops(4)
    with torch.inference_mode():
        _, closed, embedding = network(crops)
        found = backbone(crops)
        seen = torch.sigmoid(eyes(found))
    assert torch.allclose(embedding, found, atol=0.003 * float(embedding.abs().max()))
    assert torch.allclose(closed, seen, atol=0.003)
    lengths = backbone.resnet.layer4[0].conv2.weight.detach().flatten(1).norm(dim=1)
    assert lengths == pytest.approx((2 * 0.75) ** 0.5, rel=1e-3), "as long as they are born"


@pytest.mark.slow
def test_a_training_starts_from_a_scorer_file_by_its_path(network: ScorerNetwork, file: Path) -> None:
    start = load_start(str(file), seed=0)
    assert start.name == "scorer-fp16.onnx"
    assert not start.backbone.training
    assert start.eyes is not None
    again = ScorerNetwork()
    onnx_weights.load_weights(again, file)
    assert torch.equal(again.backbone.resnet.conv1.weight, start.backbone.resnet.conv1.weight)
    assert torch.allclose(start.eyes.weight, network.eyes.weight / 0.7, rtol=1e-5)


@pytest.mark.slow
def test_a_channel_that_is_switched_off_stays_off(network: ScorerNetwork, file: Path, tmp_path: Path) -> None:
    off = copy.deepcopy(network)
    with torch.no_grad():
        off.backbone.resnet.layer1[0].bn1.weight[3] = 0.0
    model = quantize.to_fp16(to_onnx(off))
    describe(model, {"head": "cross_entropy"}, Precision.FP16)
    model.metadata_props.add(key=NORMS, value=onnx_weights.describe_norms(off.backbone))
    onnx.save(model, tmp_path / "off.onnx")

    backbone, _ = read_start(tmp_path / "off.onnx")
    with torch.inference_mode():
        wanted, found = off.backbone(make_crops(2)), backbone(make_crops(2))
    assert torch.allclose(wanted, found, atol=0.003 * float(wanted.abs().max()))


@pytest.mark.slow
def test_what_no_training_can_start_from_is_said_in_one_line(file: Path, tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no graph")
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "other", [], [])), tmp_path / "other.onnx")
    short = altered(file, tmp_path / "short.onnx", **{NORMS: "AAAA"})
    garbled = altered(file, tmp_path / "garbled.onnx", **{NORMS: "…"})
    for read, path, message in (
        (read_start, tmp_path / "none.onnx", "no scorer at"),
        (read_start, tmp_path / "text.onnx", "is no scorer file"),
        (read_start, tmp_path / "other.onnx", "is no scorer of ours"),
        (read_start, short, "batch statistics of another network"),
        (read_start, garbled, "batch statistics of another network"),
        (read_start, altered(file, tmp_path / "int8.onnx", precision="int8"), "too coarse to learn on: use fp16"),
        (read_scorer, altered(file, tmp_path / "coral.onnx", head="coral"), "has the head coral"),
        (read_scorer, altered(file, tmp_path / "old.onnx", **{NORMS: None}), "without its batch statistics"),
    ):
        with pytest.raises(ModelError, match=message) as caught:
            read(path)
        assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_another_network_than_ours_is_named(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resnet = torchvision.models.resnet
    monkeypatch.setattr(torchvision.models, "resnet18", lambda weights: resnet.ResNet(resnet.BasicBlock, [2, 1, 1, 1]))
    with pytest.raises(ModelError, match="holds another network"):
        read_start(altered(file, tmp_path / "old.onnx", **{NORMS: None}))
