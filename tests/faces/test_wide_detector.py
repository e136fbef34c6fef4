"""The detector sees in a whole picture what it sees in the squares of it, and says what it cannot run."""

from __future__ import annotations

import io
import struct
import zipfile

import cv2
import numpy as np
import onnx
import pytest

from livecam import model_files
from livecam.errors import ModelError
from livecam.faces import onnx_writer
from livecam.faces.detector import DETECTOR, Detection, Detector
from livecam.faces.tflite import Operator, read_graph
from livecam.faces.wide_detector import WideDetector
from livecam.types import UInt8Array
from tests.faces.test_finder import scene

LEAST = 0.15
SIDE = 420


@pytest.fixture(scope="module")
def model() -> bytes:
    return model_files.face_landmarker().read_bytes()


@pytest.fixture(scope="module")
def wide(model: bytes) -> WideDetector:
    return WideDetector(model, LEAST)


def surest(found: list[Detection]) -> Detection:
    return max(found, key=lambda one: one.confidence)


def test_a_square_of_its_own_size_gives_what_mediapipe_gives(model: bytes, wide: WideDetector) -> None:
    picture = cv2.resize(scene((40, 60, 200), size=(500, 500)), (128, 128), interpolation=cv2.INTER_AREA)
    detector = Detector(model, LEAST)

    theirs, ours = detector.detect(np.asarray(picture, np.uint8)), wide.detect(np.asarray(picture, np.uint8), 128)
    detector.close()

    assert len(theirs) == len(ours) > 0
    for one, other in zip(theirs, ours, strict=True):
        # MediaPipe gives its box in whole pixels, cut off.
        assert other[:3] == pytest.approx(one[:3], abs=1.5)
        assert other.confidence == pytest.approx(one.confidence, abs=0.01)


@pytest.mark.parametrize("place", [(40, 60), (1700, 1300), (925, 611), (1208, 77)])
def test_a_face_is_seen_wherever_it_is(wide: WideDetector, place: tuple[int, int]) -> None:
    x, y = place

    found = surest(wide.detect(scene((x, y, 90), size=(1500, 2000)), SIDE))

    assert found.confidence > 0.8
    assert x < found.x < x + 2.1 * 90
    assert y < found.y < y + 1.9 * 90
    assert found.size == pytest.approx(90, rel=0.4)


@pytest.mark.parametrize("size", [(97, 400), (400, 97), (1500, 1500), (1001, 1777)])
def test_any_size_is_looked_at(wide: WideDetector, size: tuple[int, int]) -> None:
    assert wide.detect(np.full((*size, 3), 128, np.uint8), 97) == []


def test_each_place_is_looked_at_from_near_and_only_what_is_there_is_seen(wide: WideDetector) -> None:
    faces = [(300, 900, 45), (1300, 600, 40), (1800, 100, 45)]
    picture = scene(*faces, size=(1500, 2000))
    middles = [(x + 1.1 * size, y + 0.9 * size) for x, y, size in faces]
    empty = [(900.0 + 10 * i, 200.0) for i in range(6)]
    places = [Detection(x, y, 40, 0.3) for x, y in [*empty, *middles]]

    found = wide.look(picture, places, 210)

    assert len(found) == len(faces)
    for (x, y), one in zip(middles, sorted(found, key=lambda one: one.x), strict=True):
        assert (one.x, one.y) == pytest.approx((x, y), abs=30)
        assert one.confidence > 0.6
    assert wide.look(picture, [], 210) == []


def test_a_model_of_another_kind_is_refused(model: bytes) -> None:
    for inside in (b"", b"\x10\0\0\0TFL3" + bytes(40), _without_a_stride(model)):
        other = io.BytesIO()
        with zipfile.ZipFile(other, "w") as parts:
            parts.writestr(DETECTOR, inside)
        with pytest.raises(ModelError, match="of another kind"):
            WideDetector(other.getvalue(), LEAST)


def _without_a_stride(model: bytes) -> bytes:
    """The detector whose first table of operators says something unknown."""
    with zipfile.ZipFile(io.BytesIO(model)) as parts:
        data = bytearray(parts.read(DETECTOR))
    at = struct.unpack_from("<I", data)[0]
    fields = at - struct.unpack_from("<i", data, at)[0]
    codes = at + struct.unpack_from("<H", data, fields + 6)[0]
    first = codes + struct.unpack_from("<I", data, codes)[0] + 4
    code = first + struct.unpack_from("<I", data, first)[0]
    within = code - struct.unpack_from("<i", data, code)[0]
    place = next(p for p in (10, 4) if p < struct.unpack_from("<H", data, within)[0])
    data[code + struct.unpack_from("<H", data, within + place)[0]] = 120
    return bytes(data)


def test_the_graph_is_read_with_all_its_weights(model: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(model)) as parts:
        graph = read_graph(parts.read(DETECTOR))

    kernels = [graph.weights[node.inputs[1]] for node in graph.nodes if node.operator is Operator.CONVOLUTION]
    assert kernels[0].shape == (24, 5, 5, 3)
    assert all(np.isfinite(kernel).all() and kernel.std() > 0 for kernel in kernels)
    assert {node.operator for node in graph.nodes} >= {Operator.DEPTHWISE, Operator.MAX_POOL, Operator.PAD}


def test_what_is_written_is_valid_onnx_and_says_the_same() -> None:
    values: UInt8Array = np.arange(6, dtype=np.uint8)
    weight = onnx_writer.weight("w", values.reshape(1, 1, 2, 3).astype(np.float32))
    node = onnx_writer.node("Conv", ("x", "w"), "y", strides=(1, 1), group=300)

    model = onnx.load_from_string(onnx_writer.model([node], [weight], ("x", (1, 3, "rows", "columns")), ["y"]))

    (read,) = model.graph.node
    assert (read.op_type, list(read.input), list(read.output)) == ("Conv", ["x", "w"], ["y"])
    assert {one.name: onnx.helper.get_attribute_value(one) for one in read.attribute} == {
        "strides": [1, 1],
        "group": 300,
    }
    assert (onnx.numpy_helper.to_array(model.graph.initializer[0]).ravel() == np.arange(6)).all()
    assert [d.dim_param or d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim] == [
        1,
        3,
        "rows",
        "columns",
    ]
