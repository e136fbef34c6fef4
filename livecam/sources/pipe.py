"""A live stream through a pipe: standard input, or a FIFO that another program writes."""

from __future__ import annotations

import os
import select
import sys
import threading
import time
from pathlib import Path
from typing import Any

import cv2
import numpy.typing as npt

from livecam.errors import SourceError
from livecam.sources.decoding import Device
from livecam.sources.stream import ONE_THREAD, live_device

STDIN, STDIN_NAME = "-", "standard input"
WRITER_S = 5.0  # for the first byte; set by hand
LEAD_S = 1.0  # what comes faster than it was recorded is held back from there on; set by hand
_CHUNK = 1 << 16
# H.264 and H.265 by themselves, and JPEGs in a row, have no time of their own.
_TIMELESS = (b"\0\0\0\1", b"\0\0\1", b"\xff\xd8")


class Pipe:
    """What comes through a pipe, as a device. A program that sends a recording as fast as it can is slowed down."""

    def __init__(self, path: Path | None, name: str, wait_s: float = WRITER_S) -> None:
        """path: of a FIFO; None: standard input.  wait_s: for the first byte.  Raises SourceError."""
        source = _open(path, name)
        first = _first_bytes(source, wait_s)
        if not first:
            os.close(source)
            raise SourceError(f"{name} gives nothing: start the program that writes into it, and look at what it says")
        self._read_end, write_end = os.pipe()
        threading.Thread(target=_pump, args=(source, write_end, first), name="livecam pipe", daemon=True).start()
        device = cv2.VideoCapture(f"pipe:{self._read_end}", cv2.CAP_FFMPEG, ONE_THREAD)
        if not device.isOpened():
            os.close(self._read_end)
            raise SourceError(f"{name} gives no video that can be read: let it be MPEG-TS, Matroska, H.264 or MJPEG")
        self._keeps_time = not first.startswith(_TIMELESS)
        self._start: tuple[float, float] | None = None  # clock and media time, seconds, of the first picture
        self._device: Device = live_device(device)

    def grab(self) -> bool:
        """Wait for the next picture and take it."""
        if not self._device.grab():
            return False
        now_s, media_s = time.monotonic(), self.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if self._start is None:
            self._start = now_s, media_s
        lead_s = media_s - self._start[1] - (now_s - self._start[0]) - LEAD_S
        if self._keeps_time and 0 < lead_s < LEAD_S:  # a jump of its clock holds up nothing
            time.sleep(lead_s)
        return True

    def retrieve(self, image: npt.NDArray[Any] | None = None, /) -> tuple[bool, npt.NDArray[Any]]:
        """Decode it: (ok, BGR)."""
        return self._device.retrieve(image)

    def get(self, propId: int, /) -> float:  # noqa: N803  cv2's own name
        """Read a property."""
        return self._device.get(propId)

    def release(self) -> None:
        """Close the pipe; who writes into it is told."""
        self._device.release()
        if self._read_end >= 0:
            os.close(self._read_end)
            self._read_end = -1


def is_inherited(path: Path) -> bool:
    """Whether a FIFO at path is one that whoever began this program has opened, such as /dev/stdin or ``<(program)``.

    Nobody else can write into it: it ends with the one who does.
    """
    if str(path).startswith(("/dev/fd/", "/dev/stdin")):
        return True
    return "pipe:[" in os.path.realpath(path)  # of /proc/self/fd/0, on Linux


def _open(path: Path | None, name: str) -> int:
    try:
        if path is None:
            return os.dup(sys.stdin.fileno())
        return os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        why = error.strerror or "closed"
        raise SourceError(f"{name} cannot be opened ({why}): check that it is there, and its permissions") from None


def _first_bytes(source: int, wait_s: float) -> bytes:
    """Wait for somebody who writes: of a FIFO nobody may be there yet. Who is there and silent is waited for longer.

    To close a FIFO that somebody has just opened would end who does: ffmpeg looks at its own source first.
    """
    if sys.platform == "win32":  # where only sockets can be waited for
        return os.read(source, _CHUNK)
    for seconds in (wait_s, WRITER_S):
        ready, _, _ = select.select([source], [], [], seconds)
        if not ready and os.get_blocking(source):
            return b""
        try:
            data = os.read(source, _CHUNK)  # b"": nobody is there
        except BlockingIOError:
            continue
        os.set_blocking(source, True)
        return data
    return b""


def _pump(source: int, target: int, data: bytes) -> None:
    try:
        while data:
            view = memoryview(data)
            while view:
                view = view[os.write(target, view) :]
            data = os.read(source, _CHUNK)
    except OSError:  # whoever read has closed
        pass
    finally:
        os.close(source)
        os.close(target)
