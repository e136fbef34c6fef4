"""Where TensorRT keeps the engines that it builds from a scorer, and whether there is one already."""

from __future__ import annotations

import contextlib
import hashlib
from importlib import metadata
from pathlib import Path

import onnxruntime as ort

from livecam import model_files

_ENGINES = "tensorrt"  # folder in the user's cache


def any_built() -> bool:
    """Whether an engine was ever built, from whatever scorer."""
    return (model_files.cache_dir() / _ENGINES).is_dir()


def is_built(data: bytes) -> bool:
    """Whether an engine was built from the scorer whose bytes are data, by the versions that are installed."""
    return any(_folder(data).glob("*.engine"))


def cache_options(data: bytes) -> dict[str, str]:
    """Return the options with which TensorRT keeps the engine of the scorer whose bytes are data.

    Empty where the user's cache cannot be written: then it is built each time. ``livecam doctor`` says so.
    """
    folder = _folder(data)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return {}
    return {
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": str(folder),
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": str(folder.parent),
    }


def _folder(data: bytes) -> Path:
    """The folder of the engines built from this model by these versions: none fits another."""
    versions = [ort.__version__]
    for package in ("tensorrt-cu13", "tensorrt-cu12", "tensorrt"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions.append(metadata.version(package))
    key = hashlib.sha256(data).hexdigest()[:12]
    return model_files.cache_dir() / _ENGINES / "-".join([key, *versions])
