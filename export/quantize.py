"""Makes an fp32 scorer smaller and faster: fp16 for GPUs, static int8 for CPUs.

In both the heads stay in fp32, from the embedding on: they cost nothing, and rounding the ratings or the squares of
small probabilities would cost as much of the score as all that is before them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

from export.equalise import equalise
from export.faces import CALIBRATED
from export.narrow import narrow_first
from livecam.types import CROP_SIZE, UInt8Array

# A grey in the middle of ImageNet's mean colour (123.7, 116.3, 103.5), which the network subtracts.
_GREY = 116
_BATCH = 8


def to_fp16(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return model with fp16 weights and arithmetic up to the embedding's mean; input and outputs keep their types.

    model: from ``export.onnx.to_onnx``, whose only other type is that of the pixels.
    """
    model = onnx.ModelProto.FromString(model.SerializeToString())
    graph = model.graph
    backbone = _backbone(model)
    mean = next(node for node in graph.node if "embedding" in node.output)
    halved = [node for node in graph.node if node.name in backbone and node is not mean]
    inputs = {name for node in halved for name in node.input}
    for tensor in graph.initializer:
        if tensor.name in inputs and tensor.data_type == onnx.TensorProto.FLOAT:
            half = numpy_helper.to_array(tensor).astype(np.float16)
            assert np.isfinite(half).all(), f"{tensor.name} is beyond fp16"
            tensor.CopyFrom(numpy_helper.from_array(half, tensor.name))
    to_float = next(node for node in halved if node.op_type == "Cast")
    to_float.attribute[0].CopyFrom(helper.make_attribute("to", onnx.TensorProto.FLOAT16))
    widen = helper.make_node("Cast", [mean.input[0]], ["maps_in_fp32"], name="maps_in_fp32", to=onnx.TensorProto.FLOAT)
    graph.node.insert(list(graph.node).index(mean), widen)
    mean.input[0] = "maps_in_fp32"
    del graph.value_info[:]
    onnx.checker.check_model(model, full_check=True)
    return model


def to_int8(model: onnx.ModelProto, crops: UInt8Array) -> onnx.ModelProto:
    """Return model with int8 weights, a scale per channel, and uint8 activations, calibrated on crops.

    model: from ``export.onnx.to_onnx``.  crops: uint8 (N, 224, 224, 3) RGB, real ones.

    Gaps of default-3 to PyTorch, in points on 829 faces, mean and 99th percentile, with AVX512-VNNI: by the 99.999th
    percentile of the activations of 64 crops 0.0040 and 0.035, with the first convolution narrowed (``export.narrow``)
    0.0044 and 0.040; as it is now (the 99.9999th, ``export.equalise``) 0.0046 and 0.043, but the embedding's gap falls
    from 0.037 to 0.021 at the 99th percentile, for fewer faces are cut off. That percentile of the score hangs on
    eight faces whose eyes are neither open nor closed: 0.01 more or less is chance. The activations are what costs:
    with exact weights the gaps were nearly the same (0.045 for 0.042, at 160 pixels); the bytes of the shrunk crop
    alone cost 0.018 there. int8 activations take 2.4 times as long as uint8.

    default-5, which learned with its activations rounded and shrinks to whole grey levels in all files: 0.0052 and
    0.049; of all 7,162 test faces 0.0043 and 0.042 (0.037 to 0.047, a bootstrap), the same without VNNI: no
    need to hang on eight.

    What is left comes of the first rectifier, as a successor of default-5 shows that did not ship (MODEL_CARD.md).
    Rounded alone, it moves the eyes' log-odds of doubtful faces by 0.076 (standard deviation), all other tensors
    together by 0.059, the next one by 0.032: edges make values of 38 standard deviations, which are 9 levels there and
    13 to 28 elsewhere. Cut off here, at 0.7, 0.5 and 0.35 of its range, the mean gap goes from 0.0060 to 0.0056,
    0.0076 and 0.0148; with channels made alike by the first rectifier alone it is 0.015. Heads fitted anew to int8's
    embeddings (a ridge, 2,500 faces) take off a twentieth. 900 more steps with a minimum of 4 (of 13.9) behind that
    rectifier, and a byte's range there of 0 to 4, take its noise to 0.030 and that of all to 0.073, but the 99th
    percentile of all test faces stays 0.056: what it hangs on is how many eyes the network finds doubtful, 3.2 % of
    these faces, 1.8 % with default-5.
    """
    model = onnx.ModelProto.FromString(model.SerializeToString())
    equalise(model, crops)
    backbone = _backbone(model)
    pixels = _subtract_grey(model)
    backbone |= _take_four_pixels(model)
    weights = _first_weights(model)
    as_bytes = {
        "scale": np.array(1, np.float32),
        "zero_point": np.array(_GREY, np.uint8),
        "quant_type": QuantType.QUInt8,
    }
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "int8.onnx"
        quantize_static(
            model,
            target,
            _Crops(crops),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.Percentile,
            op_types_to_quantize=["Conv", "Relu", "Add", "MaxPool", "Reshape", "Transpose"],
            nodes_to_quantize=sorted(backbone),
            extra_options={"TensorQuantOverrides": {pixels: [as_bytes]}, "CalibPercentile": 99.9999},
        )
        quantised = onnx.load(target)
    _feed_bytes(quantised, pixels)
    narrow_first(quantised, weights)
    onnx.checker.check_model(quantised, full_check=True)
    return quantised


def _first_weights(model: onnx.ModelProto) -> NDArray[np.float32]:
    conv = next(node for node in model.graph.node if node.op_type == "Conv")
    tensor = next(tensor for tensor in model.graph.initializer if tensor.name == conv.input[1])
    return np.asarray(numpy_helper.to_array(tensor), np.float32)


def _backbone(model: onnx.ModelProto) -> set[str]:
    """Return the names of the nodes that the embedding is made by; the others are the heads."""
    made_by = {name: node for node in model.graph.node for name in node.output}
    found: set[str] = set()
    wanted = ["embedding"]
    while wanted:
        node = made_by.get(wanted.pop())
        if node is not None and node.name not in found:
            found.add(node.name)
            wanted += node.input
    return found


class _Crops(CalibrationDataReader):  # type: ignore[misc]  # ONNX Runtime has no types
    """Hands the crops to the calibration, in full batches; not too many, for it keeps all activations in memory."""

    def __init__(self, crops: UInt8Array) -> None:
        picks = np.linspace(0, len(crops) - 1, min(len(crops), CALIBRATED) // _BATCH * _BATCH).astype(int)
        self._batches = iter(np.split(crops[picks], len(picks) // _BATCH))

    def get_next(self) -> dict[str, UInt8Array] | None:
        batch = next(self._batches, None)
        return None if batch is None else {"crops": batch}


def _subtract_grey(model: onnx.ModelProto) -> str:
    """Let the model subtract one grey from all channels, and the first convolution's bias make up for the rest.

    What it computes stays the same but at the crop's rim, where the convolution's padding is now this grey instead
    of the mean colour. Returns the name of the subtraction's output.
    """
    graph = model.graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    subtract = next(node for node in graph.node if node.op_type == "Sub")
    conv = next(node for node in graph.node if node.op_type == "Conv")
    assert len(conv.input) == 3, "batch-norm was not folded into the first convolution"
    mean, weights, bias = (
        numpy_helper.to_array(tensors[name]) for name in (subtract.input[1], conv.input[1], conv.input[2])
    )
    rest = np.einsum("oihw,i->o", weights.astype(np.float64), mean.reshape(3).astype(np.float64) - _GREY)
    tensors[conv.input[2]].CopyFrom(numpy_helper.from_array((bias - rest).astype(np.float32), conv.input[2]))
    tensors[subtract.input[1]].CopyFrom(numpy_helper.from_array(np.full_like(mean, _GREY), subtract.input[1]))
    return str(subtract.output[0])


def _take_four_pixels(model: onnx.ModelProto) -> set[str]:
    """Let the first convolution take four pixels beside each other as one of twelve channels, and give two of its own.

    ONNX Runtime is slow at three channels. With twelve, the 7 x 7 x 3 weights, padded with zeros to 7 x 3 x 12, take
    0.47 ms instead of 0.79 on one core; two outputs that lie beside each other are then 128 channels. In memory the
    pixels and the outputs lie as before, so nothing is moved. What it computes stays the same. Returns the new nodes.

    The side that the convolutions see must be a multiple of 4.
    """
    graph = model.graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    nodes = list(graph.node)
    transpose, subtract, conv, relu = (
        next(node for node in nodes if node.op_type == kind) for kind in ("Transpose", "Sub", "Conv", "Relu")
    )
    weights, bias = (numpy_helper.to_array(tensors[name]) for name in conv.input[1:3])
    outputs, colours, rows, columns = weights.shape
    # Output 2q + p sees pixels 4q + 2p - 3 to 4q + 2p + 3, of the groups q - 1, q and q + 1.
    wide = np.zeros((2, outputs, colours, rows, 12), np.float32)
    for place in (0, 1):
        wide[place, ..., 1 + 2 * place : 1 + 2 * place + columns] = weights
    fours = wide.reshape(2 * outputs, colours, rows, 3, 4).transpose(0, 4, 1, 2, 3).reshape(2 * outputs, 12, rows, 3)
    grey = np.full((1, 1, 1, 1), _GREY, np.float32)
    for name, value in zip((*conv.input[1:3], subtract.input[1]), (fours, np.tile(bias, 2), grey), strict=True):
        tensors[name].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(value), name))
    geometry = {"pads": [rows // 2, 1, rows // 2, 1], "strides": [2, 1], "kernel_shape": [rows, 3]}
    for attribute in conv.attribute:
        if attribute.name in geometry:
            attribute.CopyFrom(helper.make_attribute(attribute.name, geometry[attribute.name]))

    inside = int(numpy_helper.to_array(tensors["inside"])[0]) if "inside" in tensors else CROP_SIZE
    apart = {"fours": [0, inside, inside // 4, 12], "halves": [0, inside // 2, inside // 2, outputs]}
    graph.initializer.extend(numpy_helper.from_array(np.array(shape), name) for name, shape in apart.items())
    out = relu.output[0]
    pixels = transpose.input[0]
    transpose.input[0], relu.output[0] = "crops_by_fours", "relu_by_twos"
    take = helper.make_node("Reshape", [pixels, "fours"], ["crops_by_fours"], name="take_fours")
    after = [
        helper.make_node("Transpose", ["relu_by_twos"], ["twos_last"], name="twos_last", perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", ["twos_last", "halves"], ["twos_apart"], name="part_twos"),
        helper.make_node("Transpose", ["twos_apart"], [out], name="twos_first", perm=[0, 3, 1, 2]),
    ]
    place = nodes.index(relu) + 1
    del graph.node[:]
    at = nodes.index(transpose)
    graph.node.extend([*nodes[:at], take, *nodes[at:place], *after, *nodes[place:]])
    del graph.value_info[:]
    return {node.name for node in after}


def _feed_bytes(model: onnx.ModelProto, pixels: str) -> None:
    """Give the first convolution the crop's own bytes: with scale 1 and the grey as zero point they are its input.

    Saves three passes over the pixels, 0.8 of 4.2 ms.
    """
    nodes = model.graph.node
    made_by = {name: node for node in nodes for name in node.output}
    subtract = made_by[pixels]
    to_float = made_by[subtract.input[0]]
    quantise = next(node for node in nodes if node.op_type == "QuantizeLinear" and node.input[0] == pixels)
    feed(model.graph, quantise.output[0], to_float.input[0])
    for node in (to_float, subtract, quantise):
        nodes.remove(node)
    model.graph.initializer.remove(next(item for item in model.graph.initializer if item.name == subtract.input[1]))
    del model.graph.value_info[:]  # ONNX Runtime infers the shapes again


def feed(graph: onnx.GraphProto, instead_of: str, tensor: str) -> None:
    """Let the nodes that read one tensor read another."""
    for node in graph.node:
        for place, name in enumerate(node.input):
            if name == instead_of:
                node.input[place] = tensor
