"""Counts what a TensorFlow Lite model computes, from the shapes that its file says, whatever runs it."""

from __future__ import annotations

import struct
from math import prod

from livecam.errors import ModelError
from livecam.faces.tflite import Table

# Builtin operators by their numbers in TensorFlow Lite's schema (schema.fbs); the others multiply next to nothing.
_CONVOLUTION, _DEPTHWISE, _DENSE, _TRANSPOSED, _MATRICES = 3, 4, 9, 67, 126


def count_tflite_multiplications(data: bytes) -> int:
    """Return how often a model, the bytes of its file, multiplies in one call. Raises ModelError if it is none."""
    try:
        model = Table(data, struct.unpack_from("<I", data)[0])
        kinds = [max(one.number(0, "b"), one.number(3, "i")) for one in model.tables(1)]
        graph = model.tables(2)[0]
        shapes = [tensor.array(0, "i") for tensor in graph.tables(0)]
        return sum(
            _of(kinds[node.number(0, "I")], [shapes[at] for at in node.array(1, "i")], shapes[node.array(2, "i")[0]])
            for node in graph.tables(3)
        )
    except (struct.error, IndexError, ValueError) as error:
        raise ModelError(f"that is no TensorFlow Lite model that can be read: {error}") from None


def _of(kind: int, inputs: list[tuple[int, ...]], output: tuple[int, ...]) -> int:
    """Weights are (outputs, height, width, inputs); of depthwise ones (1, height, width, channels)."""
    if kind == _CONVOLUTION:
        return prod(output) * prod(inputs[1][1:])
    if kind == _DEPTHWISE:
        return prod(output) * prod(inputs[1][1:3])
    if kind == _DENSE:
        return prod(output) * inputs[1][-1]
    if kind == _TRANSPOSED:  # each value of the input is spread over a kernel
        return prod(inputs[2]) * prod(inputs[1][:3])
    if kind == _MATRICES:
        return prod(output) * inputs[0][-1]
    return 0
