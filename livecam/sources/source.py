"""Where frames come from: a camera, a clip, pictures, a network stream, or the demo clip."""

from __future__ import annotations

import enum
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self, TextIO

import cv2

from livecam.addresses import without_password
from livecam.errors import SourceError, SourceRefusedError
from livecam.model_files import demo_clip
from livecam.photos.moving import AVIF_SUFFIXES, moves
from livecam.photos.moving_picture import MovingPicture
from livecam.photos.read import PHOTO_SUFFIXES
from livecam.sources.camera import CAMERA_DEFAULTS, CameraSettings, open_camera
from livecam.sources.camera_list import default_source, find_again, find_camera, names_camera
from livecam.sources.camera_reader import CameraReader
from livecam.sources.decoding import (
    UPRIGHT,
    Device,
    Orientation,
    check_readable,
    clip_pictures,
    list_images,
    still_pictures,
)
from livecam.sources.file_reader import FileReader
from livecam.sources.followed_folder import FollowedFolder
from livecam.sources.health import Health, StreamStats
from livecam.sources.mistyped import not_there
from livecam.sources.movie_length import movie_length_ms
from livecam.sources.patience import Patience
from livecam.sources.patient import PatientDevice, in_a_thread
from livecam.sources.pipe import STDIN, STDIN_NAME, Pipe, is_inherited
from livecam.sources.stream import StreamOver, open_stream
from livecam.sources.threaded import Clock, MonotonicClock, ThreadedSource
from livecam.types import Frame

__all__ = [
    "CameraSettings", "Orientation", "Pace", "Source", "default_source", "is_still", "list_images", "open_source",
]  # fmt: skip

# Up to Full HD a clip is decoded by one thread, in a quarter less processor time than by several (1.2 ms a frame of
# 720p, not 1.6): the other cores have faces to find. A larger one needs them to keep up.
ONE_THREAD_PIXELS = 1920 * 1088


class Pace(enum.Enum):
    """REALTIME: a clip behaves like a camera.  FAST: every frame of a clip, none dropped, the same each time."""

    REALTIME = "realtime"
    FAST = "fast"


class Source(Protocol):
    """Frames, one at a time, read by a thread of its own.

    name: for people.  live: newest frame only, drops are counted.  frames_read: what the device or file delivered
    (at pace FAST: what read() has returned).  frames_dropped: delivered, never returned.  Always: frames_read =
    returned + dropped + at most one that waits. A file begins with the first read(); a camera runs from the start, and
    is counted from the first read().
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
        """Count of frames that read() never returned."""

    @property
    def stream_stats(self) -> StreamStats | None:
        """What a camera or stream really gives, measured; None of a file, and until enough came."""

    def peek(self) -> Frame | None:
        """Return what a camera shows now, to be shown before anybody reads; None of a file that waits to begin."""

    def read(self, timeout_s: float = 1.0) -> Frame | None:
        """Return the next frame; None: nothing new in time, or ended (see health).

        Raises SourceError once, after the last frame, when a clip ended early or pictures had to be passed over:
        finish what you have, then let the error go on to the user.
        """

    def close(self) -> None:
        """Stop reading. May be called again; read() then gives None."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


def open_source(
    spec: str,
    pace: Pace = Pace.REALTIME,
    clock: Clock | None = None,
    *,
    settings: CameraSettings = CAMERA_DEFAULTS,
    orientation: Orientation = UPRIGHT,
    follow: bool = False,
    patience: Patience | None = None,
) -> Source:
    """Open what spec names: "demo", "-" (standard input), a URL, a camera ("0", its name or identity), a clip,
    a picture, a folder or a FIFO.

    A clip at pace REALTIME is played by its own clock and only the newest frame is kept. Pictures are never dropped;
    they come 200 ms apart in t_ms, and at pace REALTIME also in time. A URL that leads to a clip is a clip.
    settings are asked of a camera only; orientation holds for whatever gives the pictures.

    A pipe is live, and waits for another writer if it is a FIFO; at pace FAST it is a clip. follow: a folder does not
    end, and gives whatever comes into it. patience: of a stream whose opening is tried again and again.

    Raises SourceError: there is no such thing, or it cannot be read, or not in the way that was asked for.
    """
    opener = _Opener(pace, clock or MonotonicClock(), orientation)
    if follow:
        return opener.followed(spec)
    if spec == "demo":
        return opener.clip(_open_clip(demo_clip()), "demo clip")
    if spec == STDIN:
        return opener.pipe(None, STDIN_NAME)
    if "://" in spec:
        return opener.url(spec.strip(), patience or Patience())
    if names_camera(spec):
        return opener.camera(spec, settings)
    return opener.path(spec)


def is_still(spec: str) -> bool:
    """Tell whether spec names a photo or a folder of them: pictures that do not follow on each other."""
    path = Path(spec)
    return (path.suffix.lower() in PHOTO_SUFFIXES and not moves(path)) or path.is_dir()


@dataclass(frozen=True, slots=True)
class _Opener:
    """Makes sources of all kinds that share how they are read."""

    pace: Pace
    clock: Clock
    orientation: Orientation

    def camera(self, spec: str, settings: CameraSettings) -> Source:
        self._refuse_fast(f"camera {spec!r}")
        camera = find_camera(spec)
        name = f"camera {camera}"

        def reopen() -> Device:
            return PatientDevice(lambda: open_camera(find_again(camera).identity, settings), name)

        return self._live(name, PatientDevice(lambda: open_camera(spec, settings), name), reopen, settings)

    def url(self, url: str, patience: Patience) -> Source:
        name = without_password(url)
        device = in_a_thread(lambda: open_stream(url, name, patience))
        if device.get(cv2.CAP_PROP_FRAME_COUNT) > 0:  # a stream has no length
            return self.clip(device, name)
        try:
            self._refuse_fast(name)
        except SourceError:
            device.release()
            raise
        return self._live(name, device, lambda: open_stream(url, name, patience))

    def pipe(self, path: Path | None, name: str) -> Source:
        stdin: TextIO | None = sys.stdin  # None where it was closed
        if path is None and (stdin is None or stdin.isatty()):
            raise SourceRefusedError("nothing is piped into standard input: write PROGRAM | livecam run --source -")
        device = in_a_thread(lambda: Pipe(path, name))  # FFmpeg waits for more, be it for ever, to see what it is
        if self.pace is Pace.FAST:
            return self.clip(device, name)
        return self._live(name, device, lambda: _reopen_pipe(path, name))

    def path(self, spec: str) -> Source:
        path, shown = Path(spec), without_password(spec)  # an address may have been mistyped
        try:
            mode = path.stat().st_mode if spec else 0
        except FileNotFoundError:
            raise SourceError(not_there(spec)) from None
        except OSError as e:
            raise SourceError(f"{shown!r} cannot be read ({e.strerror}): check the path and its permissions") from None
        if stat.S_ISDIR(mode):
            return self._stills(list_images(path), path.name or str(path.absolute()))
        if stat.S_ISFIFO(mode):
            return self.pipe(path, STDIN_NAME if spec == "/dev/stdin" else spec if is_inherited(path) else path.name)
        if not stat.S_ISREG(mode):
            raise SourceError(f"{shown!r} is neither a camera nor a file nor a folder: try --source demo")
        if is_still(spec):
            return self._stills((path,), path.name)
        if path.suffix.lower() in AVIF_SUFFIXES:
            return self.clip(MovingPicture(path), path.name)
        return self.clip(_open_clip(path), path.name, movie_length_ms(path))

    def followed(self, spec: str) -> Source:
        folder = Path(spec)
        if not folder.is_dir():
            kind = SourceRefusedError if folder.exists() or "://" in spec else SourceError
            raise kind(f"{without_password(spec)!r} is not a folder, and only those are followed: leave --follow out")
        reader, name = FollowedFolder(folder, self.clock, self.orientation), folder.name or str(folder.absolute())
        return ThreadedSource(name, reader, live=False, newest_only=False, clock=self.clock, at_once=False)

    def clip(self, device: Device, name: str, length_ms: float | None = None) -> Source:
        realtime = self.pace is Pace.REALTIME
        pictures = clip_pictures(device, name, length_ms)
        reader = FileReader(pictures, self.clock, paced=realtime, orientation=self.orientation)
        return ThreadedSource(name, reader, live=realtime, newest_only=realtime, clock=self.clock, at_once=False)

    def _stills(self, paths: tuple[Path, ...], name: str) -> Source:
        reader = FileReader(
            still_pictures(paths), self.clock, paced=self.pace is Pace.REALTIME, orientation=self.orientation
        )
        return ThreadedSource(name, reader, live=False, newest_only=False, clock=self.clock, at_once=False)

    def _live(
        self, name: str, device: Device, reopen: Callable[[], Device], asked: CameraSettings = CAMERA_DEFAULTS
    ) -> Source:
        reader = CameraReader(device, reopen, self.clock, self.orientation, asked)
        return ThreadedSource(name, reader, live=True, newest_only=True, clock=self.clock)

    def _refuse_fast(self, name: str) -> None:
        if self.pace is Pace.FAST:
            raise SourceRefusedError(
                f"{name} is live and cannot be read at pace fast: leave --pace out, or give a file"
            )


def _reopen_pipe(path: Path | None, name: str) -> Device:
    if path is None or is_inherited(path):
        raise StreamOver(name)
    return Pipe(path, name, wait_s=0.1)  # whoever closes the source waits for this


def _open_clip(path: Path) -> cv2.VideoCapture:
    check_readable(path)
    # FFmpeg only: OpenCV's other backends take "img_01.mp4" for a numbered sequence of pictures. An absolute path:
    # FFmpeg takes "a:b.mp4" for a protocol. Phone videos are turned upright by default.
    device = cv2.VideoCapture(str(path.absolute()), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    if not device.isOpened():
        raise SourceError(f"{path} is not a whole video that can be read: copy it again, or choose another clip")
    if device.get(cv2.CAP_PROP_FRAME_WIDTH) * device.get(cv2.CAP_PROP_FRAME_HEIGHT) <= ONE_THREAD_PIXELS:
        return device
    device.release()
    return cv2.VideoCapture(str(path.absolute()), cv2.CAP_FFMPEG)
