"""Which cameras there are, and opening one.

On Linux a camera is a /dev/video node, found by number, path or a name that stays the same when it is plugged in
elsewhere; on other systems OpenCV knows numbers only.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2

from livecam.errors import SourceError

DEV = Path("/dev")
SYSFS = Path("/sys/class/video4linux")
WIDTH, HEIGHT = 1280, 720  # asked for; OpenCV's own default is 640 x 480, a poor photograph
FIRST_READS = 5  # some webcams fail the first reads while they wake up


def camera_nodes(dev: Path = DEV, sysfs: Path = SYSFS) -> dict[Path, str]:
    """Return the capture nodes and their names, by number. A webcam's second node holds metadata, no pictures."""
    found: dict[Path, str] = {}
    numbers = sorted(int(p.name[5:]) for p in dev.glob("video*") if p.name[5:].isdigit())
    for number in numbers:
        about = sysfs / f"video{number}"
        if _text(about / "index") in ("", "0"):
            found[dev / f"video{number}"] = _text(about / "name")
    return found


def find_camera(spec: str, dev: Path = DEV, sysfs: Path = SYSFS) -> Path:
    """Find the node for a number, a path, a name in /dev/v4l/by-id, or the name that the system shows. SourceError."""
    nodes = camera_nodes(dev, sysfs)
    if _is_number(spec):
        wanted: Path | None = dev / f"video{int(spec)}"
    else:
        wanted = Path(spec) if "/" in spec else _named(spec, dev, nodes)
    if wanted is not None and wanted.exists():
        return wanted.resolve()
    have = ", ".join(f"{node.name[5:]} ({name})" if name else node.name[5:] for node, name in nodes.items())
    hint = f"choose one of: {have}" if have else "none is plugged in; try --source demo"
    raise SourceError(f"no camera {spec!r}: {hint}")


def names_camera(spec: str, dev: Path = DEV, sysfs: Path = SYSFS) -> bool:
    """Tell whether spec is meant as a camera: a number, a video node, or the name of one that is plugged in."""
    if _is_number(spec) or spec.startswith((f"{dev}/video", f"{dev}/v4l/")):
        return True
    return "/" not in spec and _named(spec, dev, camera_nodes(dev, sysfs)) is not None


def open_camera(spec: str) -> cv2.VideoCapture:
    """Open a camera that delivers pictures. SourceError: there is none, or it is busy."""
    if sys.platform == "linux":
        device = cv2.VideoCapture(str(find_camera(spec)), cv2.CAP_V4L2)
        # Uncompressed 720p does not fit through USB 2 at 30 frames a second.
        device.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    elif _is_number(spec):
        device = cv2.VideoCapture(int(spec))
    else:
        raise SourceError(f"no camera {spec!r}: give its number, such as --source 0")
    device.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH)
    device.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT)
    device.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # the driver must not keep stale pictures for us
    if device.isOpened() and any(device.read()[0] for _ in range(FIRST_READS)):
        return device
    device.release()
    raise SourceError(f"camera {spec!r} gives no picture: close other programs that use it, or try --source demo")


def default_source() -> str:
    """Return the number of the first camera that is present, or "demo"; asks the system, opens nothing on Linux."""
    if sys.platform == "linux":
        return next((node.name[5:] for node in camera_nodes()), "demo")
    device = cv2.VideoCapture(0)
    present = device.isOpened()
    device.release()
    return "0" if present else "demo"


def _is_number(spec: str) -> bool:
    return spec.isascii() and spec.isdigit()


def _named(spec: str, dev: Path, nodes: dict[Path, str]) -> Path | None:
    # Linux gives two kinds of names: by-id tells two webcams of one make apart, the other is what people see.
    by_id = {path.name: path for path in (dev / "v4l" / "by-id").glob("*")}
    by_name = {name.lower(): node for node, name in reversed(nodes.items()) if name}
    return by_id.get(spec) or by_name.get(spec.lower())


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
