"""Counts what a scorer's graph computes, which no processor and no other work on the machine changes."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import onnx
from onnx import shape_inference

from livecam.errors import ModelError
from livecam.types import CROP_SIZE


@dataclass(frozen=True, slots=True)
class Operations:
    """side: of the picture inside, to which the crop is shrunk, pixels.  multiplications: of all convolutions."""

    side: int
    multiplications: int


def count_operations(path: Path) -> Operations:
    """Count the multiplications that a scorer's file, of any precision, makes for one crop. Raises ModelError."""
    try:
        model = onnx.load(path)
        del model.graph.value_info[:]
        for one in model.graph.input:
            one.type.tensor_type.shape.dim[0].dim_value = 1
        graph = shape_inference.infer_shapes(model, data_prop=True).graph
    except Exception as error:  # noqa: BLE001  protobuf's errors and onnx's have no common base
        raise ModelError(f"{path} is no ONNX file that can be read: {error}") from None
    shapes = {one.name: _shape(one) for one in (*graph.value_info, *graph.input, *graph.output)}
    shapes |= {one.name: tuple(one.dims) for one in graph.initializer}
    nodes = [node for node in graph.node if node.op_type == "Conv"]
    found = [(shapes.get(node.input[1], ()), shapes.get(node.output[0], ())) for node in nodes]
    if not found or any(not shape or not all(shape) for pair in found for shape in pair):
        raise ModelError(f"{path} has convolutions whose size its graph does not say: export it with python -m export")
    # Each value of the output is a sum over the kernel, (outputs, inputs a group, height, width).
    total = sum(prod(output) * prod(kernel[1:]) for kernel, output in found)
    shrunk = [shapes.get(node.output[0], ()) for node in graph.node if node.op_type == "Resize"]
    return Operations(max((side for shape in shrunk for side in shape), default=CROP_SIZE), total)


def _shape(value: Any) -> tuple[int, ...]:  # noqa: ANN401
    return tuple(dimension.dim_value for dimension in value.type.tensor_type.shape.dim)
