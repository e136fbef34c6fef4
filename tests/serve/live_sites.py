"""A run in the browser for the tests: a camera that never stops, watched by a real server at a free port."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import cv2
import numpy as np

from livecam.closing import Closing
from livecam.live.recent_shots import RecentShots
from livecam.live.run import LiveRun
from livecam.pipeline import Analyser, StreamSteps
from livecam.serve.limits import ServerLimits
from livecam.serve.live_server import LiveServer, ServeOptions
from livecam.shutter.lookback import LookBack
from livecam.shutter.shutter_control import ShutterControl
from livecam.shutter.trigger import Trigger
from livecam.sources.health import Health
from livecam.stop_signals import StopSignals
from livecam.storage.album import Album
from livecam.types import Face, FaceCrop, Frame, Score
from livecam.ui.main_loop import MainLoop, Watcher
from tests.factories import make_face, make_score

PATIENCE_S = 60.0
WIDTH, HEIGHT = 320, 180


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


class Camera(Closing):
    """Gives a picture thirty times a second, each of another colour."""

    name, live, stream_stats, frames_dropped = "camera", True, None, 0

    def __init__(self, size: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
        self.health = Health.OK
        self.frames_read = 0
        self._size = size
        self._began_s = time.monotonic()

    def read(self, timeout_s: float = 1.0) -> Frame | None:
        due_s = self._began_s + self.frames_read / 30
        time.sleep(min(max(due_s - time.monotonic(), 0.0), timeout_s))
        index, self.frames_read = self.frames_read, self.frames_read + 1
        width, height = self._size
        image = np.full((height, width, 3), 40 + index * 8 % 160, np.uint8)
        cv2.circle(image, (width // 2, height // 2), height // 4, (230, 180, 150), -1)
        return Frame(image, index * 1000 / 30, index, time.monotonic())

    def peek(self) -> Frame | None:
        return None

    def close(self) -> None: ...


class Finder:
    def find(self, frame: Frame) -> tuple[Face, ...]:
        return (make_face(centre=(frame.width / 2, frame.height / 2), size=frame.height / 2),)

    def close(self) -> None: ...


class Scorer:
    provider, fallback, path = "fake", None, Path("fake.onnx")
    metadata = MappingProxyType({"model_version": "0"})

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        return tuple(make_score(3.0) for _ in crops)

    def close(self) -> None: ...


class _Silent:
    """Reports nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


class LiveSite(Closing):
    """A run and its server. Everything is real but the camera, the models and the terminal."""

    def __init__(
        self,
        out: Path,
        *,
        address: str = "127.0.0.1:0",
        limits: ServerLimits | None = None,
        camera: Camera | None = None,
        watchers: tuple[Watcher, ...] = (),
        pin: str | None = None,
        guests_shoot: bool = False,
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        self.out, self.camera = out, camera or Camera()
        with ExitStack() as parts:
            self.server = parts.enter_context(LiveServer(ServeOptions(address, pin, guests_shoot, tls), out, limits))
            self.recent_shots = parts.enter_context(RecentShots(out))
            self.control = ShutterControl(Trigger(), countdown_s=0.5)
            self.remote = self.server.start(self.camera, self.control, self.recent_shots, (out,), None)
            steps = StreamSteps(Analyser(Finder(), Scorer()), self.control)
            self.run = LiveRun(self.camera, steps, Album(out), lookback=LookBack())
            self._stop = StopSignals()
            self._parts = parts.pop_all()
        self.port = int(self.server.url.rsplit(":", 1)[1].strip("/"))
        nobody: Any = _Silent()
        beside = (self.remote, *watchers)
        self._loop = MainLoop(self.camera, self.recent_shots, nobody, nobody, None, self._stop, beside)
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()
        eventually(lambda: self.run.analysed > 0)

    def _follow(self) -> None:
        with self.run:
            self._loop.follow(self.run)
            self.run.finish()
        self._loop.report_end(self.run)

    @property
    def pictures(self) -> list[Path]:
        return sorted(self.out.glob("*.jpg"))

    def ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        """Status, JSON or bytes, and headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            data = body if isinstance(body, bytes | None) else json.dumps(body)
            connection.request(method, path, data, headers or {})
            response = connection.getresponse()
            content: Any = response.read()
            if response.headers.get_content_type() == "application/json":
                content = json.loads(content)
            return response.status, content, response.headers
        finally:
            connection.close()

    def raw(self, text: bytes) -> socket.socket:
        """A connection on which this was sent."""
        connection = self._parts.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S))
        connection.sendall(text)
        return connection

    def take(self) -> str:
        """Press the shutter by hand, and return the name of the picture once it is on the disk."""
        before = {shot["name"] for shot in self.listed()}
        frame = self.run.newest
        assert frame is not None
        self.run.capture_exactly(frame)
        eventually(lambda: len(self.listed()) > len(before))
        (name,) = {str(shot["name"]) for shot in self.listed()} - before
        return name

    def listed(self) -> list[dict[str, Any]]:
        return [shot.as_json() for shot in self.remote.shots.listed()]

    def assert_well(self) -> None:
        """The camera goes on, and the picture that is taken now is on the disk."""
        analysed = self.run.analysed
        eventually(lambda: self.run.analysed > analysed + 2)
        name = self.take()
        assert (self.out / name).read_bytes()[:2] == b"\xff\xd8"

    def close(self) -> None:
        self._stop.code = 130
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        self._parts.close()


def is_closed(connection: socket.socket) -> bool:
    """Whether the server has closed it, or does within the test's patience."""
    connection.settimeout(PATIENCE_S)
    try:
        while connection.recv(65_536):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True
