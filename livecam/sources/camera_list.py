"""Which cameras there are.

On Linux a camera is a /dev/video node; on Windows and macOS cv2-enumerate-cameras says which number is which camera.
Each has a name that people see, and an identity that stays the same when it is plugged in elsewhere.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2

from livecam.errors import SourceError
from livecam.sources.v4l2 import Mode, can_capture, read_modes

DEV = Path("/dev")
SYSFS = Path("/sys/class/video4linux")
# Tried in this order. DirectShow opens within a second and lets itself be set; Media Foundation knows newer cameras.
_BACK_ENDS = {
    "linux": (cv2.CAP_V4L2, cv2.CAP_ANY),
    "win32": (cv2.CAP_DSHOW, cv2.CAP_MSMF),
    "darwin": (cv2.CAP_AVFOUNDATION, cv2.CAP_ANY),
}


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


def back_ends() -> tuple[int, ...]:
    """Return OpenCV's ways to open a camera on this system, in the order in which to try them."""
    return _BACK_ENDS.get(sys.platform, (cv2.CAP_ANY,))


def list_cameras(dev: Path = DEV, sysfs: Path = SYSFS) -> tuple[Camera, ...]:
    """Return the cameras, by number."""
    if sys.platform != "linux":
        return _enumerated(back_ends()[0])
    stable = {path.resolve(): path.name for kind in ("by-path", "by-id") for path in (dev / "v4l" / kind).glob("*")}
    return tuple(
        Camera(int(node.name[5:]), name, stable.get(node.resolve(), str(node)))
        for node, name in camera_nodes(dev, sysfs).items()
    )


def modes(camera: Camera) -> tuple[Mode, ...]:
    """Return what camera can deliver, the largest first; empty where the system does not say. Raises SourceError."""
    if sys.platform != "linux":
        return ()
    node = DEV / f"video{camera.number}"
    check_permission(node)
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


def find_again(camera: Camera, dev: Path = DEV, sysfs: Path = SYSFS) -> Camera:
    """Find a camera that was gone, which may have another number now. SourceError: it is not there.

    Where it is plugged in elsewhere, and its identity is but the place, it is the only one of its name.
    """
    cameras = list_cameras(dev, sysfs)
    same = [one for one in cameras if one.identity == camera.identity and one.name == camera.name]
    namesakes = [one for one in cameras if one.name and one.name == camera.name]
    if same or len(namesakes) == 1:
        return (same or namesakes)[0]
    raise SourceError(f"camera {camera} is gone: plug it in again")


def names_camera(spec: str, dev: Path = DEV, sysfs: Path = SYSFS) -> bool:
    """Tell whether spec is meant as a camera: a number, a video node, or the name of one that is plugged in."""
    if _is_number(spec) or spec.startswith((f"{dev}/video", f"{dev}/v4l/")):
        return True
    if sys.platform == "linux" and "/" in spec:
        return False
    return bool(spec) and bool(_wanted(spec, list_cameras(dev, sysfs), dev))


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


def _enumerated(back_end: int) -> tuple[Camera, ...]:
    """What cv2-enumerate-cameras knows; empty where it cannot look."""
    try:
        from cv2_enumerate_cameras import enumerate_cameras  # noqa: PLC0415  not needed, nor installed, on Linux

        found = enumerate_cameras(back_end)
    except (ImportError, NotImplementedError, OSError):
        return ()
    return tuple(Camera(one.index, one.name or "", one.path or str(one.index)) for one in found)


def number_in(camera: Camera, back_end: int) -> int:
    """Return the camera's number in this back end: Windows' two count differently."""
    if sys.platform != "win32":
        return camera.number
    return next((one.number for one in _enumerated(back_end) if one.name == camera.name), camera.number)


def check_permission(node: Path) -> None:
    """Raise SourceError, with what to do, if node is there and may not be used."""
    if node.exists() and not os.access(node, os.R_OK | os.W_OK):
        raise SourceError(f"{node} may not be used by you: run sudo usermod -aG video $USER, then log out and in")


def _wanted(spec: str, cameras: tuple[Camera, ...], dev: Path) -> list[Camera]:
    if _is_number(spec):
        numbered = [camera for camera in cameras if camera.number == int(spec)]
        # Where the system names no cameras, the number is all there is.
        return numbered or ([Camera(int(spec), "", spec)] if sys.platform != "linux" and not cameras else [])
    if spec.startswith(f"{dev}/"):
        node = Path(spec).resolve()
        return [camera for camera in cameras if node.name == f"video{camera.number}"]
    exact = [camera for camera in cameras if camera.identity == spec]
    return exact or [camera for camera in cameras if camera.name and camera.name.lower() == spec.lower()]


def _is_number(spec: str) -> bool:
    return spec.isascii() and spec.isdigit()


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
