"""Whether the cameras give pictures and the display shows a window."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from livecam.diagnostics.finding import Finding, failure_of
from livecam.errors import DisplayError, SourceError

WINDOW_TIMEOUT_S = 15  # set by hand
# The first pictures of many cameras are black, until they have found the light: about a second; set by hand.
_FIRST_PICTURES = 30


def cameras() -> Iterator[Finding]:
    """Every camera gives a picture."""
    from livecam.sources.camera_list import camera_nodes, default_source  # noqa: PLC0415  loads OpenCV

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
    import numpy as np  # noqa: PLC0415

    from livecam.sources.blank import nothing_on  # noqa: PLC0415
    from livecam.sources.camera import open_camera  # noqa: PLC0415  loads OpenCV
    from livecam.sources.health import Health  # noqa: PLC0415

    label = f"{node} {name}".strip()
    if node.exists() and not os.access(node, os.R_OK | os.W_OK):
        advice = "run sudo usermod -aG video $USER, then log out and in"
        return Finding("camera", "failed", f"{label} may not be used by you", advice)
    try:
        device = open_camera(str(node))
    except SourceError as error:
        return failure_of("camera", error)
    size, blank = None, None
    try:
        for _ in range(_FIRST_PICTURES):
            came, picture = device.read()
            if not came:
                break
            size, blank = picture.shape[1::-1], nothing_on(np.asarray(picture, np.uint8))
            if blank is None:
                break
    finally:
        device.release()
    if size is None:
        advice = "close other programs that use it, plug it in again"
        return Finding("camera", "failed", f"{label} opens and gives no picture", advice)
    found = f"{label}, {size[0]} × {size[1]} pixels"
    if blank is not None:
        colour = "black" if blank is Health.BLACK else "of one grey"
        advice = "look whether the lens is covered or the camera's shutter closed, or turn on a light"
        return Finding("camera", "note", f"{found}, all {colour}", advice)
    return Finding("camera", "ok", found)


def display() -> Iterator[Finding]:
    """Whether a window opens. Tried in a process of its own: where Qt fails, it ends the process it is in."""
    from livecam.ui.window import check_display  # noqa: PLC0415  loads OpenCV

    headless = "livecam run --headless works without one"
    try:
        check_display()
    except DisplayError as error:  # no failure: livecam runs without
        failure = failure_of("display", error, "note")
        yield replace(failure, advice=f"{failure.advice}; {headless}")
        return
    command = [sys.executable, "-c", "from livecam.ui.window import Window; Window('livecam doctor').close()"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=WINDOW_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        yield Finding("display", "note", f"a window does not open in {WINDOW_TIMEOUT_S} s", headless)
        return
    if done.returncode == 0:
        yield Finding("display", "ok", "a window opens")
    else:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["it does not say why"]
        yield Finding("display", "note", f"a window does not open: {lines[-1]}", headless)
