"""What a camera on Linux can do, asked of the kernel (Video for Linux 2, ``linux/videodev2.h``)."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_CAPTURE = 1  # V4L2_BUF_TYPE_VIDEO_CAPTURE, and the value that marks a discrete size or interval
_QUERYCAP, _ENUM_FMT, _ENUM_FRAMESIZES, _ENUM_FRAMEINTERVALS = 0x80685600, 0xC0405602, 0xC02C564A, 0xC034564B
_CAPABILITY_BYTES, _DEVICE_CAPS_AT = 104, 88
_CAN_CAPTURE = 1  # V4L2_CAP_VIDEO_CAPTURE
_MOST = 256  # of formats, sizes or intervals: a driver that never says "no more" must not hang us

Ioctl = Callable[[int, int, bytearray], object]


@dataclass(frozen=True, slots=True, order=True)
class Mode:
    """One way in which a camera delivers: width and height in pixels, fps at the most (0: not said), the format."""

    width: int
    height: int
    fps: float
    format: str


def kernel_ioctl(fd: int, request: int, argument: bytearray) -> object:
    """``fcntl.ioctl``, which only Unix has."""
    import fcntl  # noqa: PLC0415  missing on Windows

    return fcntl.ioctl(fd, request, argument)


def read_modes(node: Path, ioctl: Ioctl = kernel_ioctl) -> tuple[Mode, ...]:
    """Return the camera's modes, the largest picture first, in the camera's own order of formats.

    Works while another program uses the camera. Raises OSError when the node cannot be opened.
    """
    fd = os.open(node, os.O_RDWR | os.O_NONBLOCK)
    try:
        modes = [mode for code in _formats(fd, ioctl) for mode in _sizes(fd, code, ioctl)]
    finally:
        os.close(fd)
    return tuple(sorted(modes, key=lambda mode: (-mode.width * mode.height, -mode.fps)))


def can_capture(node: Path, ioctl: Ioctl = kernel_ioctl) -> bool | None:
    """Tell whether the node gives pictures (a webcam's second node gives metadata); None when it does not say."""
    answer = bytearray(_CAPABILITY_BYTES)
    try:
        fd = os.open(node, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        ioctl(fd, _QUERYCAP, answer)
    except OSError:
        return None
    finally:
        os.close(fd)
    return bool(int.from_bytes(answer[_DEVICE_CAPS_AT : _DEVICE_CAPS_AT + 4], "little") & _CAN_CAPTURE)


def _formats(fd: int, ioctl: Ioctl) -> Iterator[int]:
    for index in range(_MOST):
        answer = bytearray(struct.pack("=2I", index, _CAPTURE).ljust(64, b"\0"))
        if not _asked(fd, _ENUM_FMT, answer, ioctl):
            return
        yield struct.unpack_from("=I", answer, 44)[0]


def _sizes(fd: int, code: int, ioctl: Ioctl) -> Iterator[Mode]:
    for index in range(_MOST):
        answer = bytearray(struct.pack("=2I", index, code).ljust(44, b"\0"))
        if not _asked(fd, _ENUM_FRAMESIZES, answer, ioctl):
            return
        kind, first, second, _, height = struct.unpack_from("=5I", answer, 8)
        # Discrete: width, height. A range: smallest and largest width, step, smallest and largest height.
        size = (first, second) if kind == _CAPTURE else (second, struct.unpack_from("=I", answer, 28)[0] or height)
        yield Mode(*size, _fastest(fd, code, size, ioctl), code.to_bytes(4, "little").decode("latin-1").strip())
        if kind != _CAPTURE:
            return


def _fastest(fd: int, code: int, size: tuple[int, int], ioctl: Ioctl) -> float:
    fastest = 0.0
    for index in range(_MOST):
        answer = bytearray(struct.pack("=4I", index, code, *size).ljust(52, b"\0"))
        if not _asked(fd, _ENUM_FRAMEINTERVALS, answer, ioctl):
            break
        kind, numerator, denominator = struct.unpack_from("=3I", answer, 16)
        fastest = max(fastest, denominator / numerator if numerator else 0.0)  # of a range: its shortest interval
        if kind != _CAPTURE:
            break
    return round(fastest, 2)


def _asked(fd: int, request: int, answer: bytearray, ioctl: Ioctl) -> bool:
    try:
        ioctl(fd, request, answer)
    except OSError:  # EINVAL: there are no more
        return False
    return True
