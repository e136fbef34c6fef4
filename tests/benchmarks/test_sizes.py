"""The sizes benchmark: operations as one counts them by hand, and a table of several files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from benchmarks.common.operations import Operations, count_operations
from benchmarks.sizes.run import COLUMNS, main
from livecam import model_files
from livecam.errors import ModelError
from tests.benchmarks.accuracy_factories import collect


def _write(path: Path, size: int = 8) -> Path:
    """Two convolutions: 3 to 4 channels by 3 x 3 at half the size, then 4 to 2 by 1 x 1."""
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Conv", ["y", "v"], ["z"], kernel_shape=[1, 1]),
    ]
    weights = [
        numpy_helper.from_array(np.zeros((4, 3, 3, 3), np.float32), "w"),
        numpy_helper.from_array(np.zeros((2, 4, 1, 1), np.float32), "v"),
    ]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, size, size])
    result = helper.make_tensor_value_info("z", TensorProto.FLOAT, ["N", 2, size // 2, size // 2])
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", [given], [result], weights)), path)
    return path


def test_multiplications_are_those_that_one_counts_by_hand(tmp_path: Path) -> None:
    found = count_operations(_write(tmp_path / "two.onnx"))

    assert found.multiplications == 4 * 4 * 4 * (3 * 3 * 3) + 2 * 4 * 4 * 4


def test_the_shipped_scorer_computes_a_quarter_of_what_a_resnet_18_at_224_pixels_does() -> None:
    found = count_operations(Path(model_files.__file__).parent / "assets/scorer-fp16.onnx")

    assert found == Operations(160, 497_664_000)


def test_a_file_of_another_kind_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "words.onnx"
    path.write_bytes(b"not a network")

    with pytest.raises(ModelError, match=r"words\.onnx"):
        count_operations(path)


@pytest.mark.slow
def test_two_files_stand_side_by_side_the_cheaper_first(tmp_path: Path) -> None:
    data, assets = collect(tmp_path / "data"), Path(model_files.__file__).parent / "assets"

    main(
        data, [assets / "scorer-int8.onnx", assets / "scorer-fp16.onnx"], tmp_path / "no research", tmp_path / "out", 1
    )

    found = json.loads((tmp_path / "out/sizes.json").read_text())["sizes"]
    assert [size["file"] for size in found] == ["scorer-fp16.onnx", "scorer-int8.onnx"]
    assert all(size["side"] == 160 and size["ms"] > 0 for size in found)
    table = (tmp_path / "out/sizes.md").read_text()
    assert "| painted winks | 100.0 %" in table
    assert all(f"| {column} |" in table for column in COLUMNS)
    assert (tmp_path / "out/sizes.png").stat().st_size > 1000
