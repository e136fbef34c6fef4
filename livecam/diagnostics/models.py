"""Whether the models load and run, and on what."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from livecam.diagnostics.finding import REINSTALL, Finding, failure_of
from livecam.diagnostics.installation import installed_version, is_altered
from livecam.errors import LivecamError, ModelError

if TYPE_CHECKING:
    from livecam.types import FaceCrop, Frame

_NEUTRAL_FRAME = 79  # of the demo clip, at 2.6 s: a neutral face, eyes open


def face_finder() -> Iterator[Finding]:
    """MediaPipe's model, genuine by its hash, and MediaPipe itself: whether it sees the person of the demo clip."""
    from livecam import model_files  # noqa: PLC0415  not needed for the help

    model = model_files.face_landmarker()
    yield Finding("face model", "ok", f"{model} (SHA-256 is right)")
    from livecam.faces.finder import FaceFinder  # noqa: PLC0415  loads MediaPipe

    frame = demo_frame()
    with FaceFinder(model=model, stills=True) as finder:
        found = len(finder.find(frame))
    running = f"MediaPipe {installed_version('mediapipe')}"
    if found == 1:
        yield Finding("face finder", "ok", f"{running} finds the face in the demo clip")
    else:
        yield Finding("face finder", "failed", f"{running} finds {found} faces in the demo clip, not one", REINSTALL)


def scorer() -> Iterator[Finding]:
    """The scorer, on what it really runs, and what each other provider lacks."""
    import onnxruntime  # noqa: PLC0415  heavy

    from livecam.scoring.scorer import Scorer  # noqa: PLC0415  loads ONNX Runtime
    from livecam.types import EYE_CLOSED  # noqa: PLC0415  loads numpy

    crop = demo_crop()
    with Scorer() as loaded:
        altered = is_altered(loaded.path)
        if altered:
            yield Finding("scorer model", "failed", f"{loaded.path} is not the file that was installed", REINSTALL)
        times = []
        (score,) = loaded.score([crop])
        for _ in range(10):
            started = time.perf_counter()
            (score,) = loaded.score([crop])
            times.append((time.perf_counter() - started) * 1e3)
        version, precision = (loaded.metadata.get(key, "unknown") for key in ("model_version", "precision"))
        described = f"{loaded.path} (version {version}, {precision})"
        yield Finding("scorer model", "off" if altered else "ok", described)
        runs = f"scores a face in {median(times):.1f} ms on {loaded.provider}, ONNX Runtime {onnxruntime.__version__}"
        closed = float(score.eyes_closed.max())
        if closed > EYE_CLOSED:
            wrong = f"{runs}, but takes the open eyes of the demo clip for closed ones (at {closed:.2f})"
            yield Finding("scorer", "failed", wrong, REINSTALL)
        else:
            yield Finding("scorer", "ok", runs)
        yield from providers(loaded.provider, loaded.fallback, loaded.failure)


def providers(used: str, fallback: str | None, failure: str | None) -> Iterator[Finding]:
    """What the providers that are not used lack.

    fallback, failure: what should run instead of used, and why it does not; None when all is well.
    """
    from livecam.scoring.providers import PROVIDERS, in_build, missing  # noqa: PLC0415  loads ONNX Runtime

    gpu = has_nvidia_gpu()
    for name, provider in PROVIDERS.items():
        if name == used or not (in_build(name) or (gpu and provider.bound)):
            continue
        lacks = missing(name)
        if name == fallback or (lacks is not None and gpu and name == "cuda"):
            what, advice = lacks or (failure, "update the driver")
            yield Finding("provider", "note", f"{name} does not run: {what}", advice)
        elif lacks is not None:
            yield Finding("provider", "off", f"{name} cannot be used: {lacks[0]}")
        else:
            yield _provider(name)


def _provider(name: str) -> Finding:
    """Whether a provider that lacks nothing scores a face. TensorRT is not tried: its engine takes minutes to build."""
    from livecam.scoring.scorer import Scorer  # noqa: PLC0415  loads ONNX Runtime

    if name == "tensorrt":
        return Finding(
            "provider", "off", f"{name} has all that it needs; livecam run --provider {name} builds its engine"
        )
    try:
        with Scorer(provider=name) as loaded:
            loaded.score([demo_crop()])
            return Finding("provider", "ok", f"{name} scores a face, with {loaded.path}")
    except LivecamError as error:
        return failure_of("provider", error, "note")


def demo_frame() -> Frame:
    """Return a frame of the demo clip that shows its person, eyes open. Raises ModelError if it cannot be read."""
    import cv2  # noqa: PLC0415  heavy
    import numpy as np  # noqa: PLC0415

    from livecam import model_files  # noqa: PLC0415  not needed for the help
    from livecam.types import Frame  # noqa: PLC0415  loads numpy

    capture = cv2.VideoCapture(str(model_files.demo_clip()), cv2.CAP_FFMPEG)
    there = all(capture.grab() for _ in range(_NEUTRAL_FRAME))
    read, picture = capture.read()
    capture.release()
    if not (there and read):
        raise ModelError(f"OpenCV cannot play {model_files.demo_clip()}: {REINSTALL}")
    return Frame(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8), 0.0, 0, 0.0)


def demo_crop() -> FaceCrop:
    """Return the face in ``demo_frame``. Raises ModelError if there is none."""
    from livecam.faces.crop import crop_face  # noqa: PLC0415  loads OpenCV
    from livecam.faces.finder import FaceFinder  # noqa: PLC0415  loads MediaPipe

    frame = demo_frame()
    with FaceFinder(stills=True) as finder:
        faces = finder.find(frame)
    if not faces:
        raise ModelError(f"no face is found in the demo clip: {REINSTALL}")
    return crop_face(frame.image, faces[0])


def has_nvidia_gpu() -> bool:
    """Whether this machine has an NVIDIA GPU, by what its driver leaves behind."""
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None
