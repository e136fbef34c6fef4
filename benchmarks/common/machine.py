"""What a benchmark ran on, and how much memory it holds. A MB is 10^6 bytes here and in all that benchmarks print."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from livecam.diagnostics.processor import processor_flags, processor_name

_PACKAGES = (
    "livecam",
    "mediapipe",
    "onnxruntime",
    "onnxruntime-gpu",
    "opencv-python",
    "opencv-contrib-python",
    "numpy",
    "torch",
)
_PROCESSES = Path("/proc")


def machine(packages: Iterable[str] = _PACKAGES) -> dict[str, str]:
    """Return processor and its flags, cores, memory, GPU and system, how busy it is, and versions of what is installed.

    flags: see ``livecam.diagnostics.processor.processor_flags``.  load: of the last minute, as ``uptime`` gives it.
    """
    return {
        "cpu": processor_name(),
        "flags": processor_flags(),
        "cores": str(os.cpu_count()),
        "memory": _memory(),
        "gpu": _gpu(),
        "system": platform.platform(),
        "load": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
        "python": platform.python_version(),
        **{name: found for name in packages if (found := _version(name)) is not None},
    }


def resident_mb(process: int | Literal["self"] = "self") -> float | None:
    """Return the memory that a process holds, MB (10^6 bytes); None where the system does not say."""
    try:
        pages = int((_PROCESSES / str(process) / "statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def gpu_name() -> str | None:
    """Return the name of the first NVIDIA GPU as its driver gives it; None where there is none."""
    first = _ask_driver("name").partition("\n")[0].strip()
    return first or None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _memory() -> str:
    try:
        pages = os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):
        return "unknown"
    return f"{pages * os.sysconf('SC_PAGE_SIZE') / 1e9:.0f} GB"


def _gpu() -> str:
    return _ask_driver("name,driver_version").strip().replace("\n", "; ") or "none"


def _ask_driver(fields: str) -> str:
    """Return a line of comma-separated fields for each NVIDIA GPU; "" where there is no GPU or no driver."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ""
    command = [tool, f"--query-gpu={fields}", "--format=csv,noheader"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout if answer.returncode == 0 else ""
