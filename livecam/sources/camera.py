"""Opening a camera, and asking it for a size, a rate, an exposure and a focus."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

import cv2

from livecam.errors import SourceError
from livecam.sources.camera_list import DEV, Camera, back_ends, check_permission, find_camera, number_in

# Asked for unless the person asks for another; OpenCV's own default, 640 x 480, is a poor photograph.
SIZE = (1280, 720)
RATE_TOLERANCE = 0.1  # a rate is as asked if it is no further off than this share; set by hand
FIRST_READS = 5  # some webcams fail the first reads while they wake up; set by hand
# Values of OpenCV's AUTO_EXPOSURE for (automatic, by hand): V4L2 and Media Foundation, DirectShow.
_EXPOSURE_MODES = {cv2.CAP_DSHOW: (0.75, 0.25), cv2.CAP_MSMF: (1.0, 0.0)}
_V4L2_EXPOSURE = (3.0, 1.0)


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


def open_camera(spec: str, settings: CameraSettings = CAMERA_DEFAULTS) -> cv2.VideoCapture:
    """Open a camera that delivers pictures. SourceError: there is none, it is busy, not allowed, or cannot be set."""
    camera = find_camera(spec)
    if sys.platform == "linux":
        check_permission(DEV / f"video{camera.number}")
    for back_end in back_ends():
        number = number_in(camera, back_end)
        device = cv2.VideoCapture(number, back_end)
        if device.isOpened():
            _ask(device, settings)
            if any(device.read()[0] for _ in range(FIRST_READS)):
                _adjust(device, back_end, settings, camera)
                return device
        device.release()
    raise SourceError(f"camera {camera} gives no picture: close other programs that use it, or plug it in again")


def missed(asked: CameraSettings, size: tuple[int, int], fps: float | None, coding: str) -> str | None:
    """Return what was asked for and what comes instead, in words; None when all is as asked.

    size: width and height of the pictures that come. fps: of them, measured; None: not yet. coding: "" if unknown.
    """
    other_size = asked.size is not None and asked.size != size
    other_rate = asked.fps is not None and fps is not None and abs(fps / asked.fps - 1) > RATE_TOLERANCE
    if not (other_size or other_rate):
        return None
    wanted = _words(asked.size, asked.fps)
    given = _words(size if asked.size is not None else None, fps if asked.fps is not None else None)
    return f"asked {wanted}, the camera gives {given}" + (f" ({coding})" if coding else "")


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
