"""Keeps the weights of an int8 convolution so small that two products fit 16 bits: see ``export.saturation``."""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

_PAIR = 128  # 255 * 128 is the most below 2**15
_WEIGHT = 127


def narrow_first(model: onnx.ModelProto, weights: NDArray[np.float32]) -> None:
    """Round the first convolution's weights anew, in place, so that no two bytes can saturate.

    model: quantised, QDQ.  weights: float32 (O, C, rows, columns), what they were before.

    Each output channel gets the finest scale at which neighbours of one sign are 128 or less together; on average it
    is 1.31 times as fine as that of seven bits, which would be safe too. The first convolution alone needs it. It sees
    pixels, and pixels that lie beside each other are bright together; behind it a saturated pair is one in ten million.
    """
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    made_by = {name: node for node in model.graph.node for name in node.output}
    conv = next(node for node in model.graph.node if node.op_type == "Conv")
    pixels, rounded, bias = (made_by[name] for name in conv.input)
    numbers, scales = narrowed(weights.astype(np.float64))

    unit = float(numpy_helper.to_array(tensors[pixels.input[1]])) * scales
    exact = numpy_helper.to_array(tensors[bias.input[0]]) * numpy_helper.to_array(tensors[bias.input[1]]).astype(float)
    for name, value in (
        (rounded.input[0], numbers.astype(np.int8)),
        (rounded.input[1], scales.astype(np.float32)),
        (bias.input[0], np.rint(exact / unit).astype(np.int32)),
        (bias.input[1], unit.astype(np.float32)),
    ):
        tensors[name].CopyFrom(numpy_helper.from_array(value, name))


def narrowed(weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return whole numbers, (O, C, rows, columns), and the scale of each output channel, (O,)."""
    largest = np.abs(weights).max((1, 2, 3))
    scales = np.maximum(np.maximum(largest / _WEIGHT, pairs(weights) / _PAIR), np.finfo(np.float32).tiny)
    while True:
        numbers = np.rint(weights / scales[:, None, None, None])
        over = pairs(numbers) > _PAIR  # by rounding
        if not over.any():
            return numbers, scales
        scales[over] *= 1.002


def pairs(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, for each output channel, the most that two weights which are added in 16 bits are together."""
    one, other = weights[:, 0::2], weights[:, 1::2]
    together = np.where(one * other > 0, np.abs(one + other), np.maximum(np.abs(one), np.abs(other)))
    most: NDArray[np.float64] = together.max((1, 2, 3))
    return most
