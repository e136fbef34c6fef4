"""Writes a small graph as an ONNX model, without the package onnx, which is no part of an installation.

ONNX is a Protocol Buffers message (onnx.proto3; protobuf.dev, "Encoding"): fields of a number, a kind and a value.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_VARINT, _BYTES = 0, 2  # kinds of fields
_INT, _INTS = 2, 7  # AttributeProto.AttributeType
_FLOAT, _INT64 = 1, 7  # TensorProto.DataType
_IR_VERSION, _OPSET = 8, 13


def model(
    nodes: Sequence[bytes], weights: Sequence[bytes], start: tuple[str, Sequence[int | str]], ends: Sequence[str]
) -> bytes:
    """Return a model of nodes and weights.

    start: name and shape of the input, float32; a length with a name is any.  ends: names of outputs of four axes.
    """
    graph = (
        b"".join(_field(1, one) for one in nodes) + _field(2, b"graph") + b"".join(_field(5, one) for one in weights)
    )
    graph += _field(11, _value(*start))
    graph += b"".join(_field(12, _value(name, [f"{name}-{axis}" for axis in range(4)])) for name in ends)
    return _field(1, _IR_VERSION) + _field(7, graph) + _field(8, _field(2, _OPSET))


def node(operator: str, inputs: Sequence[str], output: str, **attributes: int | Sequence[int]) -> bytes:
    """Return a node with attributes that are whole numbers."""
    written = b"".join(_field(1, name.encode()) for name in inputs) + _field(2, output.encode())
    written += _field(4, operator.encode())
    for name, value in attributes.items():
        if isinstance(value, int):
            attribute = _field(3, value) + _field(20, _INT)
        else:
            attribute = b"".join(_field(8, one) for one in value) + _field(20, _INTS)
        written += _field(5, _field(1, name.encode()) + attribute)
    return written


def weight(name: str, values: npt.NDArray[np.float32] | npt.NDArray[np.int64]) -> bytes:
    """Return values as what a node may have as its input."""
    kind = _INT64 if values.dtype == np.int64 else _FLOAT
    shape = b"".join(_field(1, length) for length in values.shape)
    return shape + _field(2, kind) + _field(8, name.encode()) + _field(9, np.ascontiguousarray(values).tobytes())


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    lengths = (_field(1, one) if isinstance(one, int) else _field(2, one.encode()) for one in shape)
    tensor = _field(1, _FLOAT) + _field(2, b"".join(_field(1, length) for length in lengths))
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3 | _VARINT) + _varint(value)
    return _varint(number << 3 | _BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
