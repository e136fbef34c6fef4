"""What the reader thread does: play a file, or read a camera and notice when it stops."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Callable, Generator, Sequence

import cv2

from livecam.errors import SourceError
from livecam.sources.camera import CAMERA_DEFAULTS, CameraSettings, missed
from livecam.sources.decoding import UPRIGHT, Decoder, Device, Orientation, Picture
from livecam.sources.health import Health, StreamStats
from livecam.sources.threaded import Clock, FrameQueue
from livecam.types import Frame

STALL_S = 1.0  # no new picture for so long: STALLED
REOPEN_S = 3.0  # no new picture for so long, though the driver answers "ok": open the camera again
FAILED_READS = 5  # in a row, before a camera counts as lost; a webcam's single broken JPEG is not the end
RETRY_READ_S = 0.05
TIMED_OUT_S = 0.9  # a read that took so long and failed has run into its time-out: no use to try it five times
REPEAT_S = 0.01  # pause after a repeated picture: a frozen driver may answer at once, for ever
FIRST_PAUSE_S, LAST_PAUSE_S = 0.5, 8.0  # between attempts to reopen; doubles
SAMPLE = 8  # every eighth pixel, both ways, tells a repeated picture from a new one: sensor noise never repeats
RATE_WINDOW = 60  # pictures over which the rate is measured
# After a silence of GAP_S and GAP_INTERVALS usual ones, what comes is what has piled up here or at the sender, who may
# need SETTLE_S to get rid of it. Then a picture is fresh again once it had to be waited for, a third of the usual
# interval; after BACKLOG_S whatever comes is taken.
GAP_S, GAP_INTERVALS, SETTLE_S, FRESH_SHARE, BACKLOG_S = 0.4, 4.0, 0.2, 1 / 3, 2.0


class FileReader:
    """Plays pictures: at once, or on the media clock when paced. Raises SourceError if there is no first picture."""

    def __init__(
        self, pictures: Generator[Picture], clock: Clock, *, paced: bool, orientation: Orientation = UPRIGHT
    ) -> None:
        self._pictures = pictures
        self._clock = clock
        self._paced = paced
        self._orientation = orientation
        self._next = next(pictures, None)
        self._index = 0
        self._start_s = 0.0

    def step(self, out: FrameQueue) -> float | None:
        """Hand over the next picture when it is due. A late one is not hurried: the hand-over drops what is stale."""
        if self._next is None:
            return None
        now = self._clock.now()
        if self._index == 0:
            self._start_s = now - self._next.t_ms / 1000
        wait = self._start_s + self._next.t_ms / 1000 - now
        if self._paced and wait > 0:
            return wait
        out.put(Frame(self._orientation.apply(self._next.image), self._next.t_ms, self._index, now, self._next.path))
        self._index += 1
        self._next = next(self._pictures, None)
        return 0.0

    def health(self) -> Health:
        """Always OK: a file does not stall."""
        return Health.OK

    def stream_stats(self) -> StreamStats | None:
        """None: a file is what it is."""
        return None

    def release(self) -> None:
        """Close the file."""
        self._pictures.close()


class CameraReader:
    """Reads a camera or stream, notices when it stops or repeats one picture, and opens it again with growing pauses.

    A frame's t_ms counts from the first one, by arrival: a stream's own timestamps jump when it reconnects. index
    counts every picture that came, repeated ones too. A driver that hangs inside a read shows as STALLED, and can
    be reopened only when that read returns (V4L2: 10 s, streams: their time-out). What has piled up in a buffer
    while the stream, or this program, stood still is read and passed over.
    """

    def __init__(
        self,
        device: Device,
        reopen: Callable[[], Device],
        clock: Clock,
        orientation: Orientation = UPRIGHT,
        asked: CameraSettings = CAMERA_DEFAULTS,
    ) -> None:
        self._asked = asked
        self._device: Device | None = device
        self._reopen = reopen
        self._clock = clock
        self._orientation = orientation
        self._opened_s = self._new_s = clock.now()  # when it was opened; when the last new picture came
        self._start_s: float | None = None
        self._last_t_ms = 0.0
        self._index = 0
        self._failures = 0
        self._pause_s = FIRST_PAUSE_S
        self._sample = b""
        self._size = (0, 0)
        self._arrived_s: deque[float] = deque(maxlen=RATE_WINDOW)  # of new pictures
        self._fps: float | None = None  # once it is known well enough to say whether it is what was asked for
        self._coding = _coding(device)
        self._decoder = Decoder()
        self._repeated = self._stale = 0
        self._backlog = _Backlog(device, self._opened_s)

    def step(self, out: FrameQueue) -> float | None:
        """Read one picture and hand it over if it is new; or try to open the device again."""
        if self._device is None:
            try:
                self._device = self._reopen()
            except SourceError:
                return self._next_pause()
            self._opened_s, self._failures = self._clock.now(), 0
            self._backlog = _Backlog(self._device, self._opened_s)
            return 0.0
        asked_s = self._clock.now()
        grabbed = self._device.grab()
        captured_s = self._clock.now()  # before decoding, which takes its own time
        if grabbed and self._backlog.holds(asked_s, captured_s):
            self._index += 1
            self._stale += 1
            out.drop()
            return 0.0
        image = self._decoder.decode(self._device) if grabbed else None
        if image is None:
            self._failures += 1
            timed_out = captured_s - asked_s > TIMED_OUT_S
            return self._lose() if timed_out or self._failures >= FAILED_READS else RETRY_READ_S
        self._failures = 0
        index, self._index = self._index, self._index + 1
        sample = image[::SAMPLE, ::SAMPLE].tobytes()
        if sample == self._sample:
            self._repeated += 1
            out.drop()
            return self._lose() if captured_s - max(self._new_s, self._opened_s) > REOPEN_S else REPEAT_S
        self._sample, self._new_s, self._pause_s = sample, captured_s, FIRST_PAUSE_S
        self._size = image.shape[1], image.shape[0]
        self._arrived_s.append(captured_s)
        if self._fps is None and len(self._arrived_s) == RATE_WINDOW:
            self._fps = _rate(self._arrived_s)
        out.put(Frame(self._orientation.apply(image), self._t_ms(captured_s), index, captured_s))
        return 0.0

    def health(self) -> Health:
        """Judge by the age of the last new picture: a driver keeps answering "ok"."""
        if self._device is None:
            return Health.LOST
        return Health.STALLED if self._clock.now() - self._new_s > STALL_S else Health.OK

    def stream_stats(self) -> StreamStats | None:
        """Say what came lately: measured between arrivals, silences included."""
        times = tuple(self._arrived_s)
        if len(times) < RATE_WINDOW // 4:
            return None
        missing = missed(self._asked, self._size, self._fps, self._coding)
        return StreamStats(*self._size, _rate(times), self._repeated, self._stale, missing, self._coding)

    def release(self) -> None:
        """Give the device back."""
        device, self._device = self._device, None
        if device is not None:
            device.release()

    def _t_ms(self, captured_s: float) -> float:
        if self._start_s is None:
            self._start_s = captured_s
            return 0.0
        # Windows' monotonic clock ticks every 16 ms: two frames may share a tick, but t_ms must increase.
        self._last_t_ms = max((captured_s - self._start_s) * 1000, self._last_t_ms + 0.1)
        return self._last_t_ms

    def _lose(self) -> float:
        self.release()
        return self._next_pause()

    def _next_pause(self) -> float:
        pause, self._pause_s = self._pause_s, min(self._pause_s * 2, LAST_PAUSE_S)
        return pause


def _rate(times_s: Sequence[float]) -> float:
    return (len(times_s) - 1) / max(times_s[-1] - times_s[0], 1e-6)


def _coding(device: Device) -> str:
    """How the pictures come, by the four letters that OpenCV says, such as "MJPG"; "" if it does not say."""
    number = device.get(cv2.CAP_PROP_FOURCC)
    letters = int(number).to_bytes(4, "little").strip(b"\0 ") if 0 < number < 1 << 32 else b""
    return letters.decode("ascii").upper() if letters.isalnum() else ""


class _Backlog:
    """Tells pictures that waited in a buffer from those that were waited for. One for each opening of a device."""

    def __init__(self, device: Device, now_s: float) -> None:
        fps = device.get(cv2.CAP_PROP_FPS)
        self._claimed_s = 1 / fps if 1 <= fps <= 240 else 0.0  # until the real one is known
        self._intervals_s: deque[float] = deque(maxlen=15)
        self._last_s = now_s
        self._settled_s = now_s
        # Opening a stream reads ahead to see what it is.
        self._until_s = now_s + BACKLOG_S if self._claimed_s else now_s

    def holds(self, asked_s: float, came_s: float) -> bool:
        """Tell whether the picture that was asked for and came at these times is an old one."""
        usual_s = statistics.median(self._intervals_s) if self._intervals_s else self._claimed_s
        interval_s, self._last_s = came_s - self._last_s, came_s
        if self._intervals_s and interval_s > max(GAP_S, GAP_INTERVALS * usual_s):
            self._settled_s, self._until_s = came_s + SETTLE_S, came_s + BACKLOG_S
            return True  # the one that ends the silence may be the oldest of all
        if came_s >= self._until_s:
            self._intervals_s.append(interval_s)
            return False
        if came_s < self._settled_s or came_s - asked_s < FRESH_SHARE * usual_s:
            return True
        self._until_s = came_s
        self._intervals_s.append(interval_s)
        return False
