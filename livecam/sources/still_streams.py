"""Live streams of whole JPEGs: pictures that are decoded here, and addresses that give one picture at a time."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from livecam.errors import SourceError
from livecam.sources.answer import HttpAsker
from livecam.sources.decoding import Device

POLL_S = 0.1  # between two questions for a picture: cameras' web servers are slow; set by hand
LONGEST_POLL_S = 1.0  # where the picture stays the same; set by hand
SAME_S = 3.0  # the same picture for so long is handed on as one that repeats; set by hand
_FEW = 5  # pictures after which a stream that ends may be one that gives so many for each question; set by hand
_START, _END = b"\xff\xd8", b"\xff\xd9"
_END_MARK = np.frombuffer(_END, np.uint8)  # OpenCV decodes none without
_ENDLESS = 2  # pictures without an end, of a camera that sends none; set by hand
_PADDING = b"\0\r\n "
NOTHING: npt.NDArray[Any] = np.empty(0, np.uint8)


class JpegStream:
    """A stream of JPEGs (MJPEG), of which FFmpeg only takes the parts asunder.

    What FFmpeg leaves aside counts here: EXIF orientation turns a picture, each may have its own size, and one that is
    cut off is no picture. (Where the first few have no end mark, none needs it.) A stream of a few pictures is none:
    FFmpeg cannot tell it from an address that gives so many at a time, which is then polled.
    """

    def __init__(self, device: cv2.VideoCapture, find_snapshots: Callable[[], Device | None]) -> None:
        """Take over device, which is open and has its pictures still to come. find_snapshots: may raise SourceError."""
        self._device: Device = device
        self._snapshots: Device | None = None
        device.set(cv2.CAP_PROP_FORMAT, -1)  # undecoded
        self._find_snapshots = find_snapshots
        self._count = 0
        self._without_end = 0  # pictures, before the first that has one

    def grab(self) -> bool:
        """Wait for the next picture and take it."""
        if self._device.grab():
            self._count += 1
            return True
        if not 0 < self._count <= _FEW or self._snapshots is not None:
            return False
        self._count = 0  # asked once
        try:
            self._snapshots = self._find_snapshots()
        except SourceError:
            return False
        if self._snapshots is None:
            return False
        self._device.release()
        self._device = self._snapshots
        return self._device.grab()

    def retrieve(self, image: npt.NDArray[Any] | None = None, /) -> tuple[bool, npt.NDArray[Any]]:
        """Decode it: (ok, BGR), upright."""
        if self._snapshots is not None:
            return self._snapshots.retrieve(image)
        ok, data = self._device.retrieve()
        if not ok or data.size == 0:
            return False, NOTHING
        if not lacks_end(data[0, -64:].tobytes()):
            self._without_end = -1
            return decode(data, image)
        if self._without_end < 0:
            return False, NOTHING
        self._without_end += 1
        return decode(np.append(data[0], _END_MARK), image) if self._without_end > _ENDLESS else (False, NOTHING)

    def get(self, propId: int, /) -> float:  # noqa: N803  cv2's own name
        """Read a property."""
        return self._device.get(propId)

    def release(self) -> None:
        """Close the stream."""
        self._device.release()


class Snapshots:
    """An address that gives one picture, asked again and again."""

    def __init__(self, asker: HttpAsker) -> None:
        """Asks nothing yet."""
        self._asker = asker
        self._data = b""
        self._next_s = 0.0

    def grab(self) -> bool:
        """Ask until there is another picture than before, or for SAME_S."""
        until_s, pause_s = time.monotonic() + SAME_S, POLL_S
        while True:
            time.sleep(max(self._next_s - time.monotonic(), 0))
            self._next_s = time.monotonic() + pause_s
            try:
                data = self._asker.get()
            except (OSError, http.client.HTTPException):
                return False
            if data != self._data or time.monotonic() > until_s:
                self._data = data
                return True
            pause_s = min(pause_s * 2, LONGEST_POLL_S)

    def retrieve(self, image: npt.NDArray[Any] | None = None, /) -> tuple[bool, npt.NDArray[Any]]:
        """Decode it: (ok, BGR), upright."""
        return decode(np.frombuffer(self._data, np.uint8), image) if self._data else (False, NOTHING)

    def get(self, propId: int, /) -> float:  # noqa: N803
        """Nothing is known but how it is coded: it has no buffer."""
        return float(cv2.VideoWriter.fourcc(*"JPEG")) if propId == cv2.CAP_PROP_FOURCC else 0.0

    def release(self) -> None:
        """Nothing is held between two questions."""


def is_cut_off(data: bytes) -> bool:
    """Whether this is a JPEG without its end."""
    return data.startswith(_START) and lacks_end(data)


def lacks_end(data: bytes) -> bool:
    """Whether a JPEG, or its last bytes, has no end mark."""
    return not data[-64:].rstrip(_PADDING).endswith(_END)


def decode(data: npt.NDArray[Any], image: npt.NDArray[Any] | None = None) -> tuple[bool, npt.NDArray[Any]]:
    """Decode a picture, turned as its EXIF says: (ok, BGR), into image if that fits."""
    try:
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error:  # too many pixels
        decoded = None
    if decoded is None:
        return False, NOTHING
    if image is None or image.shape != decoded.shape:
        return True, decoded
    image[:] = decoded
    return True, image
