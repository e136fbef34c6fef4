"""Reads the graph of a TensorFlow Lite model: its operators, and the weights as float32.

The file is a FlatBuffer (flatbuffers.dev, "FlatBuffer internals") after TensorFlow Lite's schema (schema.fbs, version
3). Only what MediaPipe's face detector is made of is read; ONNX Runtime then runs it on pictures of any size, which
MediaPipe does not.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

import numpy as np

from livecam.types import FloatArray


class Operator(IntEnum):
    """The operators that are known, by their numbers in the schema."""

    ADD = 0
    CONCATENATION = 2
    CONVOLUTION = 3
    DEPTHWISE = 4
    DEQUANTIZE = 6
    MAX_POOL = 17
    RELU = 19
    RESHAPE = 22
    PAD = 34


@dataclass(frozen=True, slots=True)
class Node:
    """One operator.

    inputs, outputs: numbers of tensors.  same: it fills up at the rim so that a stride of 1 keeps the size.  stride:
    pixels, in both directions.  relu: what is below 0 becomes 0 at the end.
    """

    operator: Operator
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    same: bool = False
    stride: int = 1
    relu: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """nodes: in the order in which they run.  weights: by tensor.  start: the tensor of the picture."""

    nodes: tuple[Node, ...]
    weights: dict[int, FloatArray]
    start: int


def read_graph(data: bytes) -> Graph:
    """Return the graph of a model. Raises ValueError, IndexError or struct.error if it holds anything unknown."""
    model = Table(data, struct.unpack_from("<I", data)[0])
    operators = [Operator(max(one.number(0, "b"), one.number(3, "i"))) for one in model.tables(1)]
    buffers = model.tables(4)
    graph = model.tables(2)[0]
    weights: dict[int, FloatArray] = {}
    for index, tensor in enumerate(graph.tables(0)):
        values = buffers[tensor.number(2, "I")].array(0, "B")
        if values:
            kind = ("<f4", "<f2", "<i4")[tensor.number(1, "b")]
            weights[index] = np.frombuffer(bytes(values), kind).reshape(tensor.array(0, "i")).astype(np.float32)
    nodes = []
    for table in graph.tables(3):
        node = _node(operators[table.number(0, "I")], table)
        if node.operator is Operator.DEQUANTIZE:  # weights of 16 bits
            weights[node.outputs[0]] = weights[node.inputs[0]]
        else:
            nodes.append(node)
    return Graph(tuple(nodes), weights, graph.array(1, "i")[0])


def _node(operator: Operator, table: Table) -> Node:
    inputs, outputs, options = table.array(1, "i"), table.array(2, "i"), table.table(4)
    relu_at = {Operator.CONVOLUTION: 3, Operator.DEPTHWISE: 4, Operator.MAX_POOL: 5, Operator.ADD: 0}.get(operator)
    if options is None or relu_at is None:
        return Node(operator, inputs, outputs)
    activation = options.number(relu_at, "b")
    if activation not in {0, 1}:
        raise ValueError(f"activation {activation}")
    if operator is Operator.ADD:
        return Node(operator, inputs, outputs, relu=activation == 1)
    across, down = options.number(1, "i"), options.number(2, "i")
    if across != down:
        raise ValueError("strides differ")
    return Node(operator, inputs, outputs, options.number(0, "b") == 0, across, activation == 1)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a FlatBuffer: its fields are known by their places in the schema."""

    data: bytes
    at: int

    def _field(self, place: int) -> int:
        """Where a field begins; 0 if it has its default."""
        fields = self.at - self._read("i", self.at)
        entry = 4 + 2 * place
        within = self._read("H", fields + entry) if entry < self._read("H", fields) else 0
        return self.at + within if within else 0

    def _read(self, kind: str, at: int) -> int:
        return int(struct.unpack_from("<" + kind, self.data, at)[0])

    def number(self, place: int, kind: str) -> int:
        """A number, by the letter of ``struct``; 0 by default."""
        at = self._field(place)
        return self._read(kind, at) if at else 0

    def table(self, place: int) -> Self | None:
        """The table that a field refers to."""
        at = self._field(place)
        return type(self)(self.data, at + self._read("I", at)) if at else None

    def array(self, place: int, kind: str) -> tuple[int, ...]:
        """The numbers of a field."""
        at = self._field(place)
        if not at:
            return ()
        start = at + self._read("I", at)
        return struct.unpack_from(f"<{self._read('I', start)}{kind}", self.data, start + 4)

    def tables(self, place: int) -> list[Self]:
        """The tables of a field."""
        at = self._field(place)
        start = at + self._read("I", at) + 4 if at else 0
        return [type(self)(self.data, start + 4 * i + offset) for i, offset in enumerate(self.array(place, "I"))]
