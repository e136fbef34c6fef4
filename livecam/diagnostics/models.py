"""Whether the models load and run, and on what."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from livecam.diagnostics.finding import REINSTALL, Finding
from livecam.diagnostics.installation import installed_version, is_altered


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
    yield Finding("face finder", "ok", f"MediaPipe {installed_version('mediapipe')} runs")


def scorer() -> Iterator[Finding]:
    """The scorer, on what it really runs, and what each other provider lacks."""
    import numpy as np  # noqa: PLC0415  heavy
    import onnxruntime  # noqa: PLC0415  heavy

    from livecam.scoring.scorer import Scorer  # noqa: PLC0415  loads ONNX Runtime
    from livecam.types import CROP_SIZE, FaceCrop  # noqa: PLC0415  loads numpy

    crop = FaceCrop(np.full((CROP_SIZE, CROP_SIZE, 3), 128, np.uint8), np.eye(2, 3, dtype=np.float32))
    with Scorer() as loaded:
        if is_altered(loaded.path):
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
        yield from providers(loaded.provider, loaded.fallback, loaded.failure)


def providers(used: str, fallback: str | None, failure: str | None) -> Iterator[Finding]:
    """What the providers that are not used lack.

    fallback, failure: what should run instead of used, and why it does not; None when all is well.
    """
    from livecam import model_files  # noqa: PLC0415  not needed for the help
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
            yield Finding("provider", "ok", f"{name} cannot be used: {lacks[0]}")
        else:
            yield Finding(
                "provider", "ok", f"{name} can be used, with {model_files.scorer_model(None, provider.precision)}"
            )


def has_nvidia_gpu() -> bool:
    """Whether this machine has an NVIDIA GPU, by what its driver leaves behind."""
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None
