"""Which cameras there are, and opening one.

On Linux a camera is a /dev/video node; on Windows and macOS cv2-enumerate-cameras says which number is which camera.
Each has a name that people see, and an identity that stays the same when it is plugged in elsewhere.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2

from livecam.errors import SourceError
from livecam.sources.v4l2 import Mode, can_capture, read_modes

DEV = Path("/dev")
SYSFS = Path("/sys/class/video4linux")
SIZE = (1280, 720)  # asked for unless told otherwise; OpenCV's own default is 640 x 480, a poor photograph
NEAR = 0.1  # a rate is as asked if it is no further off than this share
FIRST_READS = 5  # some webcams fail the first reads while they wake up
# Tried in this order. DirectShow opens within a second and lets itself be set; Media Foundation knows newer cameras.
_BACK_ENDS = {
    "linux": (cv2.CAP_V4L2, cv2.CAP_ANY),
    "win32": (cv2.CAP_DSHOW, cv2.CAP_MSMF),
    "darwin": (cv2.CAP_AVFOUNDATION, cv2.CAP_ANY),
}
# Values of OpenCV's AUTO_EXPOSURE for (automatic, by hand): V4L2 and Media Foundation, DirectShow.
_EXPOSURE_MODES = {cv2.CAP_DSHOW: (0.75, 0.25), cv2.CAP_MSMF: (1.0, 0.0)}
_V4L2_EXPOSURE = (3.0, 1.0)


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera that the system knows.

    number: what --source takes.  name: as people see it, may be empty.  identity: stays with the device.
    """

    number: int
    name: str
    identity: str

    def __str__(self) -> str:
        return f"{self.number} ({self.name})" if self.name else str(self.number)


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """What is asked of a camera; what it gives is another matter.

    size: width, height.  fps: frames a second, None as the camera likes.  exposure: milliseconds, "auto", or None: left
    as it is.  focus: the camera's own unit (0: far), "auto" or None.
    """

    size: tuple[int, int] | None = None
    fps: float | None = None
    exposure: float | str | None = None
    focus: float | str | None = None


CAMERA_DEFAULTS = CameraSettings()


def list_cameras(dev: Path = DEV, sysfs: Path = SYSFS) -> tuple[Camera, ...]:
    """Return the cameras, by number."""
    if sys.platform != "linux":
        return _enumerated(_BACK_ENDS.get(sys.platform, (cv2.CAP_ANY,))[0])
    stable = {path.resolve(): path.name for kind in ("by-path", "by-id") for path in (dev / "v4l" / kind).glob("*")}
    return tuple(
        Camera(int(node.name[5:]), name, stable.get(node.resolve(), str(node)))
        for node, name in camera_nodes(dev, sysfs).items()
    )


def modes(camera: Camera, dev: Path = DEV) -> tuple[Mode, ...]:
    """Return what camera can deliver, the largest first; empty where the system does not say. Raises SourceError."""
    if sys.platform != "linux":
        return ()
    node = dev / f"video{camera.number}"
    _check_permission(node)
    try:
        return read_modes(node)
    except OSError as e:
        raise SourceError(f"camera {camera} cannot be asked ({e.strerror}): plug it in again") from None


def camera_nodes(dev: Path = DEV, sysfs: Path = SYSFS) -> dict[Path, str]:
    """Return Linux' capture nodes and their names, by number. A webcam's second node holds metadata, no pictures."""
    found: dict[Path, str] = {}
    numbers = sorted(int(p.name[5:]) for p in dev.glob("video*") if p.name[5:].isdigit())
    for number in numbers:
        node, about = dev / f"video{number}", sysfs / f"video{number}"
        captures = can_capture(node)
        if _text(about / "index") in ("", "0") if captures is None else captures:
            found[node] = _text(about / "name")
    return found


def find_camera(spec: str, dev: Path = DEV, sysfs: Path = SYSFS) -> Camera:
    """Find a camera by number, node, identity or name. SourceError: there is none, or several have this name."""
    cameras = list_cameras(dev, sysfs)
    wanted = _wanted(spec, cameras, dev)
    if len(wanted) == 1:
        return wanted[0]
    if wanted:
        candidates = ", ".join(f"{camera.number} ({camera.identity})" for camera in wanted)
        raise SourceError(f"{len(wanted)} cameras are called {spec!r}: choose one of {candidates}")
    have = ", ".join(map(str, cameras))
    hint = f"choose one of: {have}" if have else "none is plugged in; try --source demo"
    raise SourceError(f"no camera {spec!r}: {hint}")


def names_camera(spec: str, dev: Path = DEV, sysfs: Path = SYSFS) -> bool:
    """Tell whether spec is meant as a camera: a number, a video node, or the name of one that is plugged in."""
    if _is_number(spec) or spec.startswith((f"{dev}/video", f"{dev}/v4l/")):
        return True
    if sys.platform == "linux" and "/" in spec:
        return False
    return bool(spec) and bool(_wanted(spec, list_cameras(dev, sysfs), dev))


def open_camera(spec: str, settings: CameraSettings = CAMERA_DEFAULTS) -> cv2.VideoCapture:
    """Open a camera that delivers pictures. SourceError: there is none, it is busy, not allowed, or cannot be set."""
    camera = find_camera(spec)
    if sys.platform == "linux":
        _check_permission(DEV / f"video{camera.number}")
    for back_end in _BACK_ENDS.get(sys.platform, (cv2.CAP_ANY,)):
        number = _number_for(camera, back_end)
        device = cv2.VideoCapture(number, back_end)
        if device.isOpened():
            _ask(device, settings)
            if any(device.read()[0] for _ in range(FIRST_READS)):
                _adjust(device, back_end, settings, camera)
                return device
        device.release()
    raise SourceError(f"camera {camera} gives no picture: close other programs that use it, or try --source demo")


def missed(asked: CameraSettings, size: tuple[int, int], fps: float | None, coding: str) -> str | None:
    """Return what was asked for and what comes instead, in words; None when all is as asked.

    size: width and height of the pictures that come. fps: of them, measured; None: not yet. coding: "" if unknown.
    """
    other_size = asked.size is not None and asked.size != size
    other_rate = asked.fps is not None and fps is not None and abs(fps / asked.fps - 1) > NEAR
    if not (other_size or other_rate):
        return None
    wanted = _words(asked.size, asked.fps)
    given = _words(size if asked.size is not None else None, fps if asked.fps is not None else None)
    return f"asked {wanted}, the camera gives {given}" + (f" ({coding})" if coding else "")


def default_source() -> str:
    """Return the number of the first camera that is present, or "demo"; asks the system, opens nothing on Linux."""
    if sys.platform == "linux":
        return next((node.name[5:] for node in camera_nodes()), "demo")
    cameras = list_cameras()
    if cameras:
        return str(cameras[0].number)
    device = cv2.VideoCapture(0)
    present = device.isOpened()
    device.release()
    return "0" if present else "demo"


def _words(size: tuple[int, int] | None, fps: float | None) -> str:
    parts = [f"{size[0]} × {size[1]}"] if size is not None else []
    return " at ".join([*parts, f"{fps:.0f} frames/s"] if fps is not None else parts)


def _ask(device: cv2.VideoCapture, settings: CameraSettings) -> None:
    """Format, then size, then rate: each may reset those after it."""
    # Uncompressed 720p does not fit through USB 2 at 30 frames a second.
    device.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    width, height = settings.size or SIZE
    device.set(cv2.CAP_PROP_FRAME_WIDTH, width)
    device.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
    if settings.fps is not None:
        device.set(cv2.CAP_PROP_FPS, settings.fps)
    device.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # the driver must not keep stale pictures for us


def _adjust(device: cv2.VideoCapture, back_end: int, settings: CameraSettings, camera: Camera) -> None:
    """Set exposure and focus; only once pictures come, for some cameras forget what was set before."""
    automatic, by_hand = _EXPOSURE_MODES.get(back_end, _V4L2_EXPOSURE)
    steps: list[tuple[str, Callable[[], bool]]] = []
    exposure, focus = settings.exposure, settings.focus
    if isinstance(exposure, str):
        steps.append(("exposure", lambda: device.set(cv2.CAP_PROP_AUTO_EXPOSURE, automatic)))
    elif exposure is not None:
        # V4L2 counts in tenths of a millisecond, Windows in powers of two of a second.
        value = math.log2(exposure / 1000) if back_end in _EXPOSURE_MODES else exposure * 10
        device.set(cv2.CAP_PROP_AUTO_EXPOSURE, by_hand)
        steps.append(("exposure", lambda: device.set(cv2.CAP_PROP_EXPOSURE, value)))
    if isinstance(focus, str):
        steps.append(("focus", lambda: device.set(cv2.CAP_PROP_AUTOFOCUS, 1)))
    elif focus is not None:
        device.set(cv2.CAP_PROP_AUTOFOCUS, 0)
        number = focus
        steps.append(("focus", lambda: device.set(cv2.CAP_PROP_FOCUS, number)))
    for what, step in steps:
        if not step():
            device.release()
            raise SourceError(f"camera {camera} does not let its {what} be set so: leave --{what} out")


def _enumerated(back_end: int) -> tuple[Camera, ...]:
    """What cv2-enumerate-cameras knows; empty where it cannot look."""
    try:
        from cv2_enumerate_cameras import enumerate_cameras  # noqa: PLC0415  not needed, nor installed, on Linux

        found = enumerate_cameras(back_end)
    except (ImportError, NotImplementedError, OSError):
        return ()
    return tuple(Camera(one.index, one.name or "", one.path or str(one.index)) for one in found)


def _number_for(camera: Camera, back_end: int) -> int:
    """The camera's number in this back end: Windows' two count differently."""
    if sys.platform != "win32":
        return camera.number
    return next((one.number for one in _enumerated(back_end) if one.name == camera.name), camera.number)


def _wanted(spec: str, cameras: tuple[Camera, ...], dev: Path) -> list[Camera]:
    if _is_number(spec):
        known = [camera for camera in cameras if camera.number == int(spec)]
        # Where the system names no cameras, the number is all there is.
        return known or ([Camera(int(spec), "", spec)] if sys.platform != "linux" and not cameras else [])
    if spec.startswith(f"{dev}/"):
        node = Path(spec).resolve()
        return [camera for camera in cameras if node.name == f"video{camera.number}"]
    exact = [camera for camera in cameras if camera.identity == spec]
    return exact or [camera for camera in cameras if camera.name and camera.name.lower() == spec.lower()]


def _check_permission(node: Path) -> None:
    if node.exists() and not os.access(node, os.R_OK | os.W_OK):
        raise SourceError(f"{node} may not be used by you: run sudo usermod -aG video $USER, then log out and in")


def _is_number(spec: str) -> bool:
    return spec.isascii() and spec.isdigit()


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
