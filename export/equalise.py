"""Gives the channels of a network like ranges before it is quantised, without a change to what it computes.

A tensor's 256 levels span the range of its widest channel, and a channel a tenth as wide is left with 25 of them.
Rectifiers, maxima and sums of pictures commute with a positive factor for each channel, so a channel may be made wider
by the convolutions that write it and narrower again by those that read it: cross-layer equalisation, from Nagel et al.
2019, "Data-Free Quantization Through Weight Equalization and Bias Correction". Here the ranges are measured on crops,
and what a residual stream adds up is scaled as one.
"""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from livecam.types import UInt8Array

_PASSED_ON = {"Relu", "MaxPool", "Add"}
_SHARE = 0.8  # of the way to equal ranges: what was never seen to be wide may be so on other faces
_BATCH = 8


def equalise(model: onnx.ModelProto, crops: UInt8Array) -> None:
    """Scale the channels of model, in place. crops: uint8 (N, 224, 224, 3) RGB, to measure their ranges on.

    model: in fp32, its batch-norm folded into the convolutions. Channels that something else than a convolution writes
    or reads (the pixels) stay as they are; where their mean is taken (the embedding), it is scaled back.
    """
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    groups = _groups(model)
    readers: dict[int, list[onnx.NodeProto]] = {}
    writers: dict[int, list[onnx.NodeProto]] = {}
    for node in list(model.graph.node):
        if node.op_type == "Conv":
            writers.setdefault(groups[node.output[0]], []).append(node)
        if node.op_type not in _PASSED_ON and node.input[0] in groups:
            readers.setdefault(groups[node.input[0]], []).append(node)
    for group, widths in _widths(model, groups, crops).items():
        read_by = readers.get(group, [])
        if not {node.op_type for node in read_by} <= {"Conv", "ReduceMean"}:
            continue
        factors = np.maximum(widths, widths.max() / 256) ** -_SHARE
        for conv in writers[group]:
            _scale(tensors[conv.input[1]], factors[:, None, None, None])
            _scale(tensors[conv.input[2]], factors)
        for node in read_by:
            if node.op_type == "Conv":
                _scale(tensors[node.input[1]], 1 / factors[None, :, None, None])
            else:
                _undo_after(model, node, factors)


def _groups(model: onnx.ModelProto) -> dict[str, int]:
    """Return, for each tensor of a convolution's channels, a number: those that must be scaled alike have the same."""
    groups: dict[str, int] = {}
    for number, node in enumerate(model.graph.node):
        if node.op_type == "Conv":
            groups[node.output[0]] = number
        elif node.op_type in _PASSED_ON and all(name in groups for name in node.input):
            joined = {groups[name] for name in node.input}
            groups.update({name: min(joined) for name, group in groups.items() if group in joined})
            groups[node.output[0]] = min(joined)
    return groups


def _widths(model: onnx.ModelProto, groups: dict[str, int], crops: UInt8Array) -> dict[int, NDArray[np.float64]]:
    """Return for each group how far its channels reach, as shares of what the widest of the same tensor does."""
    measured = onnx.ModelProto.FromString(model.SerializeToString())
    graph = measured.graph
    del graph.output[:]
    graph.initializer.append(numpy_helper.from_array(np.array([2, 3]), "over_the_picture"))
    added = {name for node in graph.node if node.op_type == "Add" for name in node.input}
    quantised = [  # rectified, or about to be added
        node.output[0]
        for node in graph.node
        if node.output[0] in groups and (node.op_type == "Relu" or (node.op_type == "Conv" and node.output[0] in added))
    ]
    for name in quantised:
        graph.node.append(helper.make_node("Abs", [name], [f"{name}_size"]))
        inputs = [f"{name}_size", "over_the_picture"]
        graph.node.append(helper.make_node("ReduceMax", inputs, [f"{name}_most"], keepdims=0))
        graph.output.append(helper.make_tensor_value_info(f"{name}_most", TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(measured.SerializeToString(), providers=["CPUExecutionProvider"])
    batches = [session.run(None, {"crops": crops[at : at + _BATCH]}) for at in range(0, len(crops), _BATCH)]
    widths: dict[int, NDArray[np.float64]] = {}
    for name, parts in zip(quantised, zip(*batches, strict=True), strict=True):
        most = np.concatenate(parts).max(axis=0).astype(np.float64)
        shares = most / most.max()
        widths[groups[name]] = np.maximum(widths.get(groups[name], 0), shares)
    return widths


def _undo_after(model: onnx.ModelProto, mean: onnx.NodeProto, factors: NDArray[np.float64]) -> None:
    """Let the mean of scaled channels be what it was."""
    name = mean.output[0]
    mean.output[0] = f"{name}_scaled"
    model.graph.initializer.append(numpy_helper.from_array((1 / factors).astype(np.float32), f"{name}_factors"))
    undo = helper.make_node("Mul", [f"{name}_scaled", f"{name}_factors"], [name], name=f"{name}_undo")
    model.graph.node.insert(list(model.graph.node).index(mean) + 1, undo)


def _scale(tensor: onnx.TensorProto, factors: NDArray[np.float64]) -> None:
    scaled = numpy_helper.to_array(tensor) * factors
    tensor.CopyFrom(numpy_helper.from_array(scaled.astype(np.float32), tensor.name))
