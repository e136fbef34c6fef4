"""A camera that plays a clip for ever and fails by a plan, behind the same interface as OpenCV's cameras."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.soak.faults import Fault, Kind
from livecam.errors import SourceError

_JPEG_QUALITY = 90
_CLIP_FPS = 30.0  # of the demo clip
_SLOW_FPS = 2.0
_POLL_S = 0.05
_NOTHING: npt.NDArray[Any] = np.empty(0, np.uint8)


def jpegs_of(clip: Path) -> list[bytes]:
    """Return the frames of clip as a webcam would give them."""
    device = cv2.VideoCapture(str(clip), cv2.CAP_FFMPEG)
    found: list[bytes] = []
    while (read := device.read())[0]:
        found.append(cv2.imencode(".jpg", read[1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes())
    device.release()
    return found


class VirtualCamera:
    """What is plugged in, or not: it opens devices, and knows what goes wrong when.

    given: pictures that came, whole ones.  opened: how often it was; a picture may be left behind each time.
    """

    def __init__(self, pictures: Sequence[bytes], faults: Sequence[Fault], *, fps: float) -> None:
        """pictures: JPEGs, of 30 a second, shown fps times a second."""
        self.given = self.opened = 0
        self.fps = fps
        self._pictures, self._faults = pictures, faults
        self._start_s = time.monotonic()

    @property
    def now_s(self) -> float:
        """Seconds since it was plugged in."""
        return time.monotonic() - self._start_s

    def fault(self) -> Kind | None:
        """Return what is wrong now."""
        now_s = self.now_s
        return next((fault.kind for fault in self._faults if fault.start_s <= now_s < fault.stop_s), None)

    def open(self) -> VirtualDevice:
        """Open it. Raises SourceError while it is unplugged."""
        if self.fault() is Kind.UNPLUGGED:
            raise SourceError("the virtual camera is unplugged")
        self.opened += 1
        return VirtualDevice(self)

    def picture(self) -> bytes:
        """Return what it sees now."""
        return self._pictures[int(self.now_s * _CLIP_FPS) % len(self._pictures)]


class VirtualDevice:
    """An opened virtual camera: see ``livecam.sources.decoding.Device``."""

    def __init__(self, camera: VirtualCamera) -> None:
        self._camera = camera
        self._next_s = camera.now_s
        self._data = camera.picture()
        self._gone = threading.Event()
        self._torn = False

    def grab(self) -> bool:
        """Wait for the next picture; a fault may keep it waiting, or end it."""
        while self._camera.fault() is Kind.STALLED and not self._gone.wait(_POLL_S):
            pass
        fault = self._camera.fault()
        if fault is Kind.UNPLUGGED:
            self._gone.set()
        if self._gone.is_set():
            return False
        now_s = self._camera.now_s
        fps = _SLOW_FPS if fault is Kind.SLOWER else self._camera.fps
        self._next_s = max(self._next_s + 1 / fps, now_s)
        self._gone.wait(self._next_s - now_s)
        if fault is not Kind.FROZEN:
            self._data = self._camera.picture()
        self._torn = fault is Kind.TORN and not self._torn
        self._camera.given += not self._torn
        return True

    def retrieve(self, image: npt.NDArray[Any] | None = None, /) -> tuple[bool, npt.NDArray[Any]]:
        """Decode it: (ok, BGR), into image if that fits."""
        if self._torn:
            return False, _NOTHING
        fault = self._camera.fault()
        shrunk = cv2.IMREAD_REDUCED_COLOR_2 if fault is Kind.SMALLER else cv2.IMREAD_COLOR
        decoded = cv2.imdecode(np.frombuffer(self._data, np.uint8), shrunk)
        assert decoded is not None, "every picture of the clip is whole"
        if fault is Kind.BLACK:
            decoded[:] = 0
        if image is None or image.shape != decoded.shape:
            return True, decoded
        np.copyto(image, decoded)
        return True, image

    def get(self, propId: int, /) -> float:  # noqa: N803  cv2's own name
        """Only how it codes is known: it has no buffer."""
        return float(cv2.VideoWriter.fourcc(*"MJPG")) if propId == cv2.CAP_PROP_FOURCC else 0.0

    def release(self) -> None:
        """Unplug this one; a read that hangs ends."""
        self._gone.set()


def filling(fault: Callable[[], Kind | None], fsync: Callable[[int], None]) -> Callable[[int], None]:
    """Return an ``os.fsync`` that finds the disk full while that is the fault."""

    def sync(descriptor: int) -> None:
        if fault() is Kind.DISK_FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    return sync
