"""The libraries that NVIDIA's providers need besides ONNX Runtime: whether they are there, and loading them."""

from __future__ import annotations

import ctypes
import importlib.util
import re
import sys
from pathlib import Path


def has_driver() -> bool:
    """Whether the driver of an NVIDIA GPU is installed."""
    return _loads("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")


def other_nvidia_folders(beside: Path) -> list[Path]:
    """Return the folders with libraries of NVIDIA's pip packages that are not in the site-packages called beside.

    ONNX Runtime looks for them there alone; they lie elsewhere where it was installed to a folder or for one user.
    """
    spec = importlib.util.find_spec("nvidia")
    places = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    elsewhere = [place for place in places if place.resolve() != (beside / "nvidia").resolve()]
    return [folder for place in elsewhere for name in ("lib", "bin") for folder in sorted(place.glob(f"*/{name}"))]


def preload_tensorrt() -> None:
    """Load the libraries of TensorRT's pip package, which are on no search path; without the package nothing."""
    spec = importlib.util.find_spec("tensorrt_libs")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for stem in ("nvinfer", "nvinfer_plugin", "nvonnxparser"):
            names = (f"lib{stem}.so.*", f"{stem}_[0-9]*.dll")
            for library in (path for name in names for path in Path(folder).glob(name)):
                _loads(str(library))


def missing_library(name: str, folder: Path) -> tuple[str, str] | None:
    """Return what the library of the provider called name, in folder, lacks and what to do about it, else None.

    On systems other than Linux nothing is known to be missing.
    """
    if sys.platform != "linux":
        return None
    # The loader says which library the provider's own one lacks; it must find the shared part first.
    try:
        ctypes.CDLL(str(folder / "libonnxruntime_providers_shared.so"), mode=ctypes.RTLD_GLOBAL)
        ctypes.CDLL(str(folder / f"libonnxruntime_providers_{name}.so"))
    except OSError as error:
        if "undefined symbol: cu" in str(error):  # the one that comes without its version: the driver's
            return "the NVIDIA driver is too old", "update it"
        missing = str(error).partition(":")[0]
        tensorrt = re.match(r"libnv(infer|onnxparser)", missing) is not None
        hint = "run pip install tensorrt-cu13" if tensorrt else 'run pip install "livecam[cuda]"'
        return f"{missing} is missing", hint
    return None


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
