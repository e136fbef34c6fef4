"""MediaPipe's face detector on a whole picture at once, at any scale, in place of many regions one after the other.

The detector (BlazeFace: Bazarevsky et al., "BlazeFace: sub-millisecond neural face detection on mobile GPUs", 2019) is
made for 128 x 128 pixels, but consists of convolutions, which go over a picture of any size. To look at squares of a
side that overlap by a third takes twice to three times the work of going over their whole once, and faces at their rims
are seen only in part.

Its output is read as MediaPipe does (face_detection_short_range: anchors, and one box of those that overlap, weighted).
"""

from __future__ import annotations

import io
import math
import struct
import zipfile
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import onnxruntime as ort

from livecam.errors import ModelError
from livecam.faces import onnx_writer
from livecam.faces.detector import DETECTOR, Detection
from livecam.faces.tflite import Graph, Node, Operator, read_graph
from livecam.types import FloatArray, UInt8Array

_SIDE = 128  # pixels that the detector is made for
_GRID = 16  # pixels that one of its coarsest cells spans: a picture is filled up to whole ones
_CELLS = ((8, 2), (16, 6))  # pixels that a cell spans, and boxes that it may tell of
# Pixels of the square around a place that is looked at from nearer, of which the rim shows what is beside it in the
# montage, and how many are beside each other. Set by hand.
_TILE, _RIM, _TILES_A_ROW = 96, 10, 6
_OVERLAP = 0.3  # of two boxes over both together, from which they are one face: MediaPipe's own
_FATAL = 4  # ONNX Runtime's level of what it logs


class WideDetector:
    """Looks at a whole picture as ``Detector`` looks at squares of it. May be used from several threads."""

    def __init__(self, model: bytes, confidence: float) -> None:
        """model: a face_landmarker.task.  confidence: 0..1, the least at which a face is told of. Raises ModelError."""
        self._least = math.log(confidence / (1 - confidence))
        options = ort.SessionOptions()
        options.log_severity_level = _FATAL
        options.intra_op_num_threads = 1  # each thread that searches has a picture of its own
        try:
            with zipfile.ZipFile(io.BytesIO(model)) as parts:
                graph = _as_onnx(read_graph(parts.read(DETECTOR)))
            self._session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except (ValueError, IndexError, KeyError, struct.error, zipfile.BadZipFile) as error:
            raise ModelError(
                f"the face model is of another kind than livecam knows ({error}): update livecam"
            ) from error

    def detect(self, image: UInt8Array, side: int) -> list[Detection]:
        """Return where in image, uint8 (H, W, 3) RGB, faces may be.

        side: pixels of the squares in whose place the picture is looked at: faces from a seventh of it on are seen.
        """
        small = _at_scale(image, side)
        scale = np.array([image.shape[1] / small.shape[1], image.shape[0] / small.shape[0]] * 2, np.float32)
        boxes = self._seen(small)
        boxes[:, :4] *= scale
        return _detections(boxes)

    def look(self, image: UInt8Array, places: Sequence[Detection], side: int) -> list[Detection]:
        """Return what is seen at each of places from nearer, where anything is; all of them are looked at at once.

        side: as in ``detect``; a face must have its middle within three tenths of it from the place.
        """
        if not places:
            return []
        scale = _SIDE / side
        rows = math.ceil(len(places) / _TILES_A_ROW)
        montage = np.zeros((rows * _TILE, min(len(places), _TILES_A_ROW) * _TILE, 3), np.uint8)
        for number, place in enumerate(places):
            top, left = (_TILE * at for at in divmod(number, _TILES_A_ROW))
            shift = np.array([[scale, 0, _TILE / 2 - scale * place.x], [0, scale, _TILE / 2 - scale * place.y]])
            tile = cv2.warpAffine(image, shift, (_TILE, _TILE), borderMode=cv2.BORDER_REPLICATE)
            montage[top : top + _TILE, left : left + _TILE] = tile
        boxes = self._seen(montage)
        column, row = (np.clip(boxes[:, axis] // _TILE, 0, None).astype(int) for axis in (0, 1))
        number = row * _TILES_A_ROW + column
        boxes[:, :2] -= (np.stack((column, row), axis=1) + 0.5) * _TILE
        near = (number < len(places)) & (np.abs(boxes[:, :2]) <= _TILE / 2 - _RIM).all(axis=1)
        boxes, number = boxes[near], number[near]
        boxes[:, :4] /= scale
        boxes[:, :2] += np.array([[one.x, one.y] for one in places], np.float32)[number]
        return _detections(boxes)

    def _seen(self, picture: UInt8Array) -> FloatArray:
        """The faces in a picture at the detector's own scale, one box of each; see ``_boxes``."""
        rows, columns = (-length % _GRID for length in picture.shape[:2])
        filled = cv2.copyMakeBorder(picture, 0, rows, 0, columns, cv2.BORDER_REPLICATE)
        blob = cv2.dnn.blobFromImage(filled, 1 / 127.5, mean=(127.5, 127.5, 127.5))
        outputs = self._session.run(None, {"picture": blob})
        found = [
            self._boxes(np.asarray(logits), np.asarray(boxes), cell)
            for logits, boxes, cell in zip(outputs[::2], outputs[1::2], _CELLS, strict=True)
        ]
        return _one_of_each(np.concatenate(found))

    def _boxes(self, logits: FloatArray, boxes: FloatArray, cell: tuple[int, int]) -> FloatArray:
        """The boxes that are sure enough, float32 (N, 5): middle x, y, width, height, pixels, and confidence."""
        span, count = cell
        number, row, column = np.nonzero(logits[0] > self._least)
        values = boxes[0].reshape(count, -1, *boxes.shape[2:])[number, :4, row, column]
        values[:, :2] += (np.stack((column, row), axis=1) + 0.5) * span
        sure = 1 / (1 + np.exp(-logits[0][number, row, column]))
        return np.column_stack((values, sure)).astype(np.float32)


def _at_scale(image: UInt8Array, side: int) -> UInt8Array:
    """Return the picture so small that side has the pixels of the detector; halved as far as that goes, for speed."""
    height, width = image.shape[:2]
    for _ in range(int(math.log2(max(side / _SIDE, 1)))):
        rows, columns = image.shape[0] // 2, image.shape[1] // 2
        if min(rows, columns) < 1:
            break
        even = image[: 2 * rows, : 2 * columns]
        image = np.asarray(cv2.resize(even, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    columns, rows = (max(round(length * _SIDE / side), 1) for length in (width, height))
    return np.asarray(cv2.resize(image, (columns, rows), interpolation=cv2.INTER_LINEAR), np.uint8)


def _detections(boxes: FloatArray) -> list[Detection]:
    return [Detection(x, y, max(width, height), sure) for x, y, width, height, sure in boxes.tolist()]


def _one_of_each(boxes: FloatArray) -> FloatArray:
    """Return one box of those that overlap: their mean, weighted by confidence, with the highest of that."""
    waiting = boxes[np.argsort(-boxes[:, 4])]
    kept = []
    while len(waiting):
        low, high = waiting[:, :2] - waiting[:, 2:4] / 2, waiting[:, :2] + waiting[:, 2:4] / 2
        shared = np.clip(np.minimum(high, high[0]) - np.maximum(low, low[0]), 0, None).prod(axis=1)
        area = waiting[:, 2:4].prod(axis=1)
        same = shared > _OVERLAP * (area + area[0] - shared)
        same[0] = True
        middle = np.average(waiting[same, :4], axis=0, weights=waiting[same, 4])
        kept.append([*middle, waiting[0, 4]])
        waiting = waiting[~same]
    return np.array(kept, np.float32).reshape(-1, 5)


def _as_onnx(graph: Graph) -> bytes:
    """Return the detector as an ONNX model of any size; its outputs are, cell by cell, logits and boxes."""
    nodes: list[bytes] = []
    weights: list[bytes] = []
    ends: dict[int, int] = {}  # by the count of channels: the tensors that are only brought into a list then
    channels: dict[int, int] = {}

    def name(tensor: int) -> str:
        return "picture" if tensor == graph.start else f"t{tensor}"

    for node in graph.nodes:
        if node.operator is Operator.RESHAPE:
            ends[channels[node.inputs[0]]] = node.inputs[0]
        elif node.operator is not Operator.CONCATENATION:
            nodes += _node(node, graph, name, weights)
            if node.operator is Operator.CONVOLUTION:
                channels[node.outputs[0]] = graph.weights[node.inputs[1]].shape[0]
    wanted = [count * values for _, count in _CELLS for values in (1, 16)]
    return onnx_writer.model(nodes, weights, ("picture", (1, 3, "rows", "columns")), [name(ends[n]) for n in wanted])


def _node(node: Node, graph: Graph, name: Callable[[int], str], weights: list[bytes]) -> list[bytes]:
    """Return a node as ONNX has it, channels before rows; what it needs is added to weights."""
    output, first = name(node.outputs[0]), name(node.inputs[0])
    written = f"{output}-before" if node.relu else output
    match node.operator:
        case Operator.CONVOLUTION | Operator.DEPTHWISE:
            alone = node.operator is Operator.DEPTHWISE
            kernel = graph.weights[node.inputs[1]].transpose((3, 0, 1, 2) if alone else (0, 3, 1, 2))
            weights += [onnx_writer.weight(f"{output}-kernel", kernel)]
            weights += [onnx_writer.weight(f"{output}-bias", graph.weights[node.inputs[2]])]
            # As TensorFlow fills up: of an odd number of rows and columns the larger part at the end.
            rim = max(kernel.shape[2] - node.stride, 0) if node.same else 0
            made = onnx_writer.node(
                "Conv", (first, f"{output}-kernel", f"{output}-bias"), written,
                strides=(node.stride,) * 2, pads=(rim // 2, rim // 2, rim - rim // 2, rim - rim // 2),
                group=kernel.shape[0] if alone else 1,
            )  # fmt: skip
        case Operator.MAX_POOL:
            made = onnx_writer.node("MaxPool", (first,), written, kernel_shape=(2, 2), strides=(node.stride,) * 2)
        case Operator.PAD:  # further channels, of zeros
            count = int(graph.weights[node.inputs[1]][3, 1])
            weights += [onnx_writer.weight(f"{output}-pads", np.array([0, 0, 0, 0, 0, count, 0, 0], np.int64))]
            made = onnx_writer.node("Pad", (first, f"{output}-pads"), written)
        case Operator.ADD | Operator.RELU:
            made = onnx_writer.node(node.operator.name.capitalize(), [name(one) for one in node.inputs], written)
        case _:
            raise ValueError(f"operator {node.operator.name}")
    return [made, onnx_writer.node("Relu", (written,), output)] if node.relu else [made]
