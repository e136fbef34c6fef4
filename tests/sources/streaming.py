"""Real live streams for the tests: pictures that carry the time at which they were made, sent by ffmpeg."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pytest

from livecam.types import Frame, UInt8Array

WIDTH, HEIGHT, FPS = 320, 240, 25
_BITS, _BLOCK = 16, 20
_WRAP_MS = 1 << _BITS

_SENDERS = {
    "http": ("-c:v", "mjpeg", "-q:v", "4", "-f", "mpjpeg", "-listen", "1", "http://127.0.0.1:{port}/cam"),
    "udp": (
        *("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "12", "-pix_fmt", "yuv420p"),
        *("-f", "mpegts", "udp://127.0.0.1:{port}?pkt_size=1316"),
    ),
}
_ADDRESSES = {"http": "http://127.0.0.1:{port}/cam", "udp": "udp://127.0.0.1:{port}"}


def picture(now_s: float) -> UInt8Array:
    """uint8 (240, 320, 3): black and white blocks that say now_s in milliseconds, over a moving pattern."""
    stamp = int(now_s * 1000) % _WRAP_MS
    image = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
    image[100:, :: 8 + stamp % 7] = 160
    for bit in range(_BITS):
        image[20:80, bit * _BLOCK : (bit + 1) * _BLOCK] = 235 if stamp >> bit & 1 else 20
    return image


def age_s(frame: Frame, now_s: float) -> float:
    """How long before now_s the picture was made, read from its blocks."""
    stamp = sum(
        int(frame.image[35:65, bit * _BLOCK + 6 : (bit + 1) * _BLOCK - 6].mean() > 128) << bit for bit in range(_BITS)
    )
    return ((int(now_s * 1000) - stamp) % _WRAP_MS) / 1000


def free_port(kind: str) -> int:
    with socket.socket(type=socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Sender:
    """ffmpeg that sends a live stream of ``picture`` at 25 a second; it can be held, let go, killed and started."""

    def __init__(self, kind: str) -> None:
        ffmpeg = shutil.which("ffmpeg")
        if ffmpeg is None:
            pytest.skip("needs ffmpeg (apt-get install ffmpeg)")
        self._ffmpeg = ffmpeg
        self._kind = kind
        self._port = free_port(kind)
        self.url = _ADDRESSES[kind].format(port=self._port)
        self._process: subprocess.Popen[bytes] | None = None
        self._feeder: threading.Thread | None = None

    def start(self) -> Self:
        raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS), "-i", "pipe:0")
        to = (word.format(port=self._port) for word in _SENDERS[self._kind])
        self._process = subprocess.Popen(
            [self._ffmpeg, "-loglevel", "error", "-fflags", "nobuffer", "-probesize", "32", *raw, *to],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._feeder = threading.Thread(target=self._feed, args=(self._process,), daemon=True)
        self._feeder.start()
        if self._kind == "http":
            wait_for_port(self._port)
        return self

    def hold(self) -> None:
        """Stop it in its tracks."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def let_go(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._feeder is not None
            self._feeder.join(2)
            self._process = None

    def _feed(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        due = time.monotonic()
        while process.poll() is None:
            now = time.monotonic()
            try:
                process.stdin.write(picture(now).tobytes())
                process.stdin.flush()
            except OSError:
                break
            due = max(due + 1 / FPS, time.monotonic() - 0.5)
            time.sleep(max(due - time.monotonic(), 0))
        with contextlib.suppress(OSError):
            process.stdin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


def wait_for_port(port: int, path: Path = Path("/proc/net/tcp")) -> None:
    """Wait until somebody listens on port of 127.0.0.1."""
    wanted = f"0100007F:{port:04X} 00000000:0000 0A"
    deadline = time.monotonic() + 10
    while wanted not in path.read_text():
        assert time.monotonic() < deadline, "ffmpeg does not listen"
        time.sleep(0.02)
