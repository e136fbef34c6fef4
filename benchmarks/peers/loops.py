"""The loops that livecam is compared with, as they are usually written: one thread, one frame after the other.

Each reads, looks for the face, judges it and draws what it found. Each is called in a Python of its own and leaves
threads and options as its libraries set them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.common.baseline_loop import BaselineFinder, Judge, eager_judge
from benchmarks.latency.loop import WARM_UP
from livecam.errors import ModelError, SourceError
from livecam.types import CROP_SIZE, FloatArray, UInt8Array

_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)
_RATINGS = np.arange(1, 6, dtype=np.float32)
_GREEN = (0, 255, 0)
# OpenCV's wheels no longer bring the cascades; Debian's package opencv-data does.
_CASCADES = (
    Path(str(cv2.__file__)).parent / "data",
    Path("/usr/share/opencv4/haarcascades"),
    Path("/usr/share/opencv/haarcascades"),
)

Step = Callable[[UInt8Array], int]  # does all that a loop does with a frame, returns how many faces it found


def torch_eager(*, clip: str, first: int, frames: int, network: str, spawned_s: float) -> dict[str, Any]:
    """MediaPipe's FaceLandmarker on each frame as a still, livecam's own network in PyTorch's eager mode."""
    del network, spawned_s
    return _landmarker_loop(clip, first, frames, eager_judge())


def torch_transforms(*, clip: str, first: int, frames: int, network: str, spawned_s: float) -> dict[str, Any]:
    """The same with torchvision's ResNet-18 and the transforms of its documentation.

    It computes the same in another order, and is a third faster where glibc's allocator happens to keep the memory of
    one frame for the next: 12,000 page faults a frame are gone.
    """
    del network, spawned_s
    import torch  # noqa: PLC0415  only this loop and the one above have it in their process
    import torchvision  # noqa: PLC0415
    from torchvision import transforms  # noqa: PLC0415

    resnet = torchvision.models.resnet18(weights=None, num_classes=len(_RATINGS)).eval()
    prepare = transforms.Compose(
        [
            transforms.ToPILImage(),
            transforms.Resize((CROP_SIZE, CROP_SIZE)),
            transforms.ToTensor(),
            transforms.Normalize(_MEAN, _STD),
        ]
    )

    def judge(face: UInt8Array) -> FloatArray:
        with torch.inference_mode():
            return np.asarray(resnet(prepare(np.ascontiguousarray(face))[None]).softmax(1).numpy(), np.float32)

    return _landmarker_loop(clip, first, frames, judge)


def onnx_runtime(*, clip: str, first: int, frames: int, network: str, spawned_s: float) -> dict[str, Any]:
    """The same with ResNet-18, fp32, in ONNX Runtime on the CPU."""
    del spawned_s
    import onnxruntime as ort  # noqa: PLC0415

    session = ort.InferenceSession(network, providers=["CPUExecutionProvider"])
    return _landmarker_loop(clip, first, frames, lambda face: session.run(None, {"pixels": _pixels(face)})[0])


def opencv_dnn(*, clip: str, first: int, frames: int, network: str, spawned_s: float) -> dict[str, Any]:
    """The same with ResNet-18, fp32, in OpenCV's own DNN module."""
    del spawned_s
    net = cv2.dnn.readNetFromONNX(network)

    def judge(face: UInt8Array) -> FloatArray:
        net.setInput(_pixels(face))
        return np.asarray(net.forward(), np.float32)

    return _landmarker_loop(clip, first, frames, judge)


def haar_smile(*, clip: str, first: int, frames: int, network: str, spawned_s: float) -> dict[str, Any]:
    """The smile shutter of many tutorials: Haar cascades for the face and, in its lower half, for a smile.

    Raises ModelError if there are no cascades.
    """
    del network, spawned_s
    faces, smiles = _cascade("haarcascade_frontalface_default.xml"), _cascade("haarcascade_smile.xml")

    def step(picture: UInt8Array) -> int:
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        found = faces.detectMultiScale(grey, 1.3, 5)
        for x, y, width, height in found:
            smiling = len(smiles.detectMultiScale(grey[y + height // 2 : y + height, x : x + width], 1.7, 20)) > 0
            _draw(picture, (x, y), (x + width, y + height), "smile" if smiling else "")
        return len(found)

    return _loop(clip, first, frames, step)


def _cascade(name: str) -> cv2.CascadeClassifier:
    path = next((folder / name for folder in _CASCADES if (folder / name).is_file()), None)
    cascade = cv2.CascadeClassifier(str(path)) if path is not None and hasattr(cv2, "CascadeClassifier") else None
    if cascade is None or cascade.empty():
        raise ModelError(f"OpenCV {cv2.__version__} has no {name}: apt-get install opencv-data, or do without")
    return cascade


def _landmarker_loop(clip: str, first: int, frames: int, judge: Judge) -> dict[str, Any]:
    with BaselineFinder() as finder:

        def step(picture: UInt8Array) -> int:
            rgb = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
            found = finder.find(rgb)
            height, width = rgb.shape[:2]
            for points in found:
                (x0, y0), (x1, y1) = np.clip([points.min(axis=0), points.max(axis=0)], 0, (width, height)).astype(int)
                if x1 > x0 and y1 > y0:
                    _draw(picture, (x0, y0), (x1, y1), f"{float(judge(rgb[y0:y1, x0:x1])[0] @ _RATINGS):.1f}")
            return len(found)

        return _loop(clip, first, frames, step)


def _pixels(face: UInt8Array) -> FloatArray:
    """Resize and normalise as torchvision's models want it: float32 (1, 3, 224, 224)."""
    small = np.asarray(cv2.resize(face, (CROP_SIZE, CROP_SIZE)), np.float32) / 255
    normal = (small - np.asarray(_MEAN, np.float32)) / np.asarray(_STD, np.float32)
    return np.ascontiguousarray(normal.transpose(2, 0, 1)[None], np.float32)


def _draw(picture: UInt8Array, low: tuple[int, int], high: tuple[int, int], words: str) -> None:
    cv2.rectangle(picture, low, high, _GREEN, 2)
    cv2.putText(picture, words, low, cv2.FONT_HERSHEY_SIMPLEX, 1, _GREEN)


def _loop(clip: str, first: int, frames: int, step: Step) -> dict[str, Any]:
    """Do step to each frame from first on; its speed is measured after WARM_UP of them."""
    capture = cv2.VideoCapture(clip)
    for _ in range(first):
        capture.grab()
    with_face, started, processor_s = 0, 0.0, 0.0
    for index in range(WARM_UP + frames):
        if index == WARM_UP:
            started, processor_s, with_face = time.perf_counter(), time.process_time(), 0
        ok, picture = capture.read()
        if not ok:
            raise SourceError(f"{clip} has no {first + WARM_UP + frames} frames: choose a longer clip or fewer frames")
        with_face += bool(step(np.asarray(picture, np.uint8)))
    elapsed_s = time.perf_counter() - started
    cores = (time.process_time() - processor_s) / elapsed_s
    capture.release()
    return {"fps": frames / elapsed_s, "cores": cores, "with_face": with_face / frames}
