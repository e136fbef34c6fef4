"""Where frames come from: a camera, a clip, pictures, a network stream, or the demo clip."""

from __future__ import annotations

import enum
import re
import stat
from pathlib import Path
from typing import Protocol, Self

import cv2

from livecam.assets import demo_clip
from livecam.camera import default_source, names_camera, open_camera
from livecam.errors import SourceError
from livecam.media import IMAGE_SUFFIXES, check_readable, clip_pictures, list_images, still_pictures
from livecam.reader import Clock, MonotonicClock, ThreadedSource
from livecam.types import Frame, Health
from livecam.workers import FileWorker, LiveWorker

__all__ = ["Health", "Pace", "Source", "default_source", "open_source"]

STREAM_TIMEOUT_S = 5.0  # to connect, and between two pictures


class Pace(enum.Enum):
    """REALTIME: a clip behaves like a camera.  FAST: every frame of a clip, none dropped, the same each time."""

    REALTIME = "realtime"
    FAST = "fast"


class Source(Protocol):
    """Frames, one at a time, read by a thread of its own.

    name: for people.  live: newest frame only, drops are counted.  frames_read: what the device or file delivered
    (at pace FAST: what was handed out).  frames_dropped: delivered, never handed out.  Always: frames_read = handed
    out + dropped + at most one that waits.
    """

    name: str
    live: bool

    @property
    def health(self) -> Health:
        """ENDED: read() will give no more. A camera is STALLED or LOST until it is back, and never ENDED."""

    @property
    def frames_read(self) -> int:
        """Count of frames delivered."""

    @property
    def frames_dropped(self) -> int:
        """Count of frames never handed out."""

    def read(self, timeout_s: float = 1.0) -> Frame | None:
        """Return the next frame; None: nothing new in time, or ended (see health).

        Raises SourceError once, after the last frame, when a clip ended early or pictures had to be passed over:
        finish what you have, then let it go on to the user.
        """

    def close(self) -> None:
        """Stop reading. May be called again; read() then gives None."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


def open_source(spec: str, pace: Pace = Pace.REALTIME, clock: Clock | None = None) -> Source:
    """Open what spec names: "demo", a URL, a camera ("0", "/dev/video0", its name), a clip, a picture or a folder.

    A clip at pace REALTIME is played by its own clock and only the newest frame is kept. Pictures are never dropped;
    they come 200 ms apart in t_ms, and at pace REALTIME also in time. A URL that leads to a clip is a clip.

    Raises SourceError: there is no such thing, it cannot be read, or a camera or stream is asked for pace FAST.
    """
    clock = clock or MonotonicClock()
    if spec == "demo":
        return _clip(_open_clip(demo_clip()), "demo clip", pace, clock)
    if "://" in spec:
        return _open_url(spec, pace, clock)
    if names_camera(spec):
        _refuse_fast(f"camera {spec!r}", pace)
        worker = LiveWorker(open_camera(spec), lambda: open_camera(spec), clock)
        return ThreadedSource(f"camera {spec}", worker, live=True, newest_only=True, clock=clock)
    return _open_path(spec, pace, clock)


def _open_path(spec: str, pace: Pace, clock: Clock) -> Source:
    path = Path(spec)
    try:
        mode = path.stat().st_mode if spec else 0
    except FileNotFoundError:
        raise SourceError(f"no camera, file or folder is called {spec!r}: check it, or try --source demo") from None
    except OSError as e:
        raise SourceError(f"{spec!r} cannot be read ({e.strerror}): check the path and its permissions") from None
    if stat.S_ISDIR(mode):
        return _stills(list_images(path), path.name or str(path.absolute()), pace, clock)
    if not stat.S_ISREG(mode):
        raise SourceError(f"{spec!r} is neither a camera nor a file nor a folder: try --source demo")
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return _stills((path,), path.name, pace, clock)
    return _clip(_open_clip(path), path.name, pace, clock)


def _open_clip(path: Path) -> cv2.VideoCapture:
    check_readable(path)
    # FFmpeg only: OpenCV's other backends take "img_01.mp4" for a numbered sequence of pictures. An absolute path:
    # FFmpeg takes "a:b.mp4" for a protocol. Phone videos are turned upright by default.
    device = cv2.VideoCapture(str(path.absolute()), cv2.CAP_FFMPEG)
    if not device.isOpened():
        raise SourceError(f"{path} is not a whole video that can be read: copy it again, or choose another clip")
    return device


def _clip(device: cv2.VideoCapture, name: str, pace: Pace, clock: Clock) -> Source:
    realtime = pace is Pace.REALTIME
    worker = FileWorker(clip_pictures(device, name), clock, paced=realtime)
    return ThreadedSource(name, worker, live=realtime, newest_only=realtime, clock=clock)


def _stills(paths: tuple[Path, ...], name: str, pace: Pace, clock: Clock) -> Source:
    worker = FileWorker(still_pictures(paths), clock, paced=pace is Pace.REALTIME)
    return ThreadedSource(name, worker, live=False, newest_only=False, clock=clock)


def _open_url(url: str, pace: Pace, clock: Clock) -> Source:
    name = re.sub(r"(?<=://)[^/@]*@", "", url)  # a camera's password is not for the screen
    device = _open_stream(url, name)
    if device.get(cv2.CAP_PROP_FRAME_COUNT) > 0:  # a stream has no length
        return _clip(device, name, pace, clock)
    try:
        _refuse_fast(name, pace)
    except SourceError:
        device.release()
        raise
    worker = LiveWorker(device, lambda: _open_stream(url, name), clock)
    return ThreadedSource(name, worker, live=True, newest_only=True, clock=clock)


def _open_stream(url: str, name: str) -> cv2.VideoCapture:
    timeout_ms = int(STREAM_TIMEOUT_S * 1000)
    params = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, timeout_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, timeout_ms]
    device = cv2.VideoCapture(url, cv2.CAP_FFMPEG, params)
    if not device.isOpened():
        raise SourceError(f"{name} gave no video within {STREAM_TIMEOUT_S:g} s: check address and network")
    return device


def _refuse_fast(name: str, pace: Pace) -> None:
    if pace is Pace.FAST:
        raise SourceError(f"{name} is live and cannot be read at pace fast: leave --pace out, or give a file")
