from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")
torchvision = pytest.importorskip("torchvision", reason="needs the train extra")

from export import onnx as export_onnx  # noqa: E402
from export import parity, quantize  # noqa: E402
from export.equalise import equalise  # noqa: E402
from export.narrow import narrowed, pairs  # noqa: E402
from export.saturation import Layer, SaturatingScorer, beyond  # noqa: E402
from livecam import model_files  # noqa: E402
from livecam.errors import ModelError  # noqa: E402
from livecam.types import CROP_SIZE, UInt8Array  # noqa: E402
from model.network import ScorerNetwork  # noqa: E402

pytestmark = pytest.mark.timeout(600)


def make_crops(count: int) -> UInt8Array:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (count, 9, 9, 3), dtype=np.uint8)
    crops = [cv2.resize(small, (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_CUBIC) for small in coarse]
    return np.asarray(np.stack(crops), np.uint8)


def make_graph() -> onnx.ModelProto:
    """An untrained network of one block a stage, whose channels are as uneven as training leaves them."""
    torch.manual_seed(1)
    network = ScorerNetwork()
    resnet = torchvision.models.resnet
    network.backbone.resnet = resnet.ResNet(resnet.BasicBlock, [1, 1, 1, 1])
    network.backbone.resnet.fc = torch.nn.Identity()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.bias, std=0.2)
            torch.nn.init.uniform_(module.running_var, 0.1, 4.0)
    network.backbone.inside.fill_(64)
    return export_onnx.to_onnx(network.eval())


def outputs(model: onnx.ModelProto, crops: UInt8Array) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return list(session.run(["rating_probs", "eyes_closed", "embedding"], {"crops": crops}))


def test_what_the_kernel_loses_is_what_adding_each_two_products_in_16_bits_loses() -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (2, 4, 7, 9))
    weights = rng.integers(-127, 128, (3, 4, 3, 3))
    exact, kernel, cut = np.zeros((2, 3, 3, 4)), np.zeros((2, 3, 3, 4)), 0
    for row in range(3):
        for column in range(4):
            patch = pixels[:, None, :, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3] * weights[None]
            two = patch[:, :, 0::2] + patch[:, :, 1::2]
            short = np.clip(two, -32768, 32767)
            cut += int((two != short).sum())
            exact[:, :, row, column], kernel[:, :, row, column] = two.sum((2, 3, 4)), short.sum((2, 3, 4))
    sums, layer = torch.from_numpy(exact).float(), Layer()

    beyond(torch.from_numpy(pixels).float(), torch.from_numpy(weights).float(), (2, 2), sums, layer)

    assert (sums.numpy() == kernel).all()
    assert cut > 50
    assert (layer.cut, layer.sums) == (cut, 2 * 3 * 3 * 4 * 2 * 9)


def test_narrow_weights_cannot_saturate_and_are_as_fine_as_that_lets_them() -> None:
    weights = np.random.default_rng(2).normal(size=(16, 12, 7, 3))
    weights[3] = 0
    numbers, scales = narrowed(weights)
    assert pairs(numbers).max() <= 128
    assert np.delete(pairs(numbers), 3).min() >= 126
    assert np.abs(numbers * scales[:, None, None, None] - weights).max() <= scales.max() / 2 + 1e-9


@pytest.mark.slow
def test_equal_channels_change_nothing_but_their_ranges() -> None:
    model, crops = make_graph(), make_crops(8)
    before = outputs(model, crops)
    weights = {item.name: onnx.numpy_helper.to_array(item) for item in model.graph.initializer}

    equalise(model, crops)

    for one, other in zip(before, outputs(model, crops), strict=True):
        assert np.allclose(one, other, atol=1e-4 * np.abs(one).max())
    changed = {item.name: onnx.numpy_helper.to_array(item) for item in model.graph.initializer}
    assert any(not np.array_equal(weights[name], changed[name]) for name in weights)
    onnx.checker.check_model(model, full_check=True)


@pytest.mark.slow
def test_the_emulated_kernel_says_what_onnx_runtime_does_where_nothing_saturates_and_counts_where_it_does(
    tmp_path: Path,
) -> None:
    crops = make_crops(16)
    path = tmp_path / "int8.onnx"
    model = quantize.to_int8(make_graph(), crops)
    onnx.save(model, path)

    exact = SaturatingScorer(path, saturate=False).embed(crops[:4])
    real = SaturatingScorer(path)
    found = real.embed(crops[:4])

    here = outputs(model, crops[:4])[2]  # by the kernel that this processor has
    assert min(np.linalg.norm(exact - here), np.linalg.norm(found - here)) < 0.005 * np.linalg.norm(here)
    assert 0 < np.linalg.norm(found - exact) < 0.05 * np.linalg.norm(exact)
    assert real.layers["backbone.resnet.conv1"].cut == 0
    assert real.layers["backbone.resnet.conv1"].sums > 0

    first = next(item for item in model.graph.initializer if item.name.endswith("resnet.conv1.weight_quantized"))
    first.CopyFrom(onnx.numpy_helper.from_array(np.full(tuple(first.dims), 127, np.int8), first.name))
    onnx.save(model, path)
    wide = SaturatingScorer(path)
    wide.embed(np.full((1, CROP_SIZE, CROP_SIZE, 3), 250, np.uint8))
    assert wide.shares()["backbone.resnet.conv1"] > 0.5


def test_a_file_that_only_a_processor_without_vnni_gets_wrong_is_refused_by_that_name() -> None:
    with pytest.raises(ModelError, match=r"int8 without VNNI is too far .*score 0\.0900 > 0\.05"):
        parity.require(parity.Differences(0.09, 0.2, 0, 0, 0, 0, 0, 1.0), "int8", " without VNNI")


def test_a_file_that_only_calls_itself_int8_is_named() -> None:
    with pytest.raises(ModelError, match="is not quantised"):
        SaturatingScorer(model_files.scorer_model().with_name("scorer-fp16.onnx"))
