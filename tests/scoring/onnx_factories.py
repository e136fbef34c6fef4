"""Small scorers of schema 1, or nearly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from livecam.types import CROP_SIZE, EMBEDDING, FaceCrop

_PLACE = np.eye(2, 3, dtype=np.float32)
_CROPS: tuple[str, int, list[str | int]] = ("crops", TensorProto.UINT8, ["N", CROP_SIZE, CROP_SIZE, 3])


def make_model(
    path: Path,
    *,
    takes: tuple[str, int, list[str | int]] = _CROPS,
    gives: tuple[tuple[str, int, int], ...] = (
        ("rating_probs", TensorProto.FLOAT, 5),
        ("eyes_closed", TensorProto.FLOAT, 2),
        ("embedding", TensorProto.FLOAT, EMBEDDING),
    ),
    metadata: dict[str, str] | None = None,
    probabilities: bool = True,
) -> Path:
    """Write a scorer whose rating is a softmax of (0, b, 0, 0, 0) with b the brightness in 0..1, the rest b itself."""
    name, dtype, shape = takes
    nodes = [
        helper.make_node("Cast", [name], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float", "axes"], ["mean"], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "one"], ["column"]),
        helper.make_node("Div", ["column", "white"], ["b"]),
    ]
    tensors = [
        numpy_helper.from_array(np.arange(1, len(shape), dtype=np.int64), "axes"),
        numpy_helper.from_array(np.array([1], np.int64), "one"),
        numpy_helper.from_array(np.array(255, np.float32), "white"),
    ]
    for output, kind, width in gives:
        weights = np.zeros((1, width), np.float32)
        weights[0, 1 if output == "rating_probs" else slice(None)] = 1
        tensors.append(numpy_helper.from_array(weights, f"{output}_weights"))
        nodes.append(helper.make_node("MatMul", ["b", f"{output}_weights"], [f"{output}_raw"]))
        last = f"{output}_raw"
        if output == "rating_probs" and probabilities:
            nodes.append(helper.make_node("Softmax", [last], [f"{output}_soft"]))
            last = f"{output}_soft"
        nodes.append(helper.make_node("Cast", [last], [output], to=kind))
    graph = helper.make_graph(
        nodes,
        "scorer",
        [helper.make_tensor_value_info(name, dtype, shape)],
        [helper.make_tensor_value_info(output, kind, ["N", width]) for output, kind, width in gives],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    helper.set_model_props(model, {"livecam_schema": "1", "model_version": "7"} if metadata is None else metadata)
    onnx.save(model, path)
    return path


def grey_crop(level: int) -> FaceCrop:
    return FaceCrop(np.full((CROP_SIZE, CROP_SIZE, 3), level, np.uint8), _PLACE)
