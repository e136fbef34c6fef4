"""Reads a camera or stream: what the reader thread does with one, and how it notices that nothing new comes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import cv2

from livecam.errors import SourceError
from livecam.sources.backlog import Backlog
from livecam.sources.blank import nothing_on
from livecam.sources.camera import CAMERA_DEFAULTS, CameraSettings, missed
from livecam.sources.decoding import UPRIGHT, Decoder, Device, Orientation
from livecam.sources.health import Health, StreamStats
from livecam.sources.reader_settings import READER_DEFAULTS
from livecam.sources.stream import StreamOver
from livecam.sources.tempo import Tempo
from livecam.sources.threaded import Clock, FrameQueue
from livecam.types import Frame, UInt8Array


class CameraReader:
    """Reads a camera or stream, notices when it stops or repeats one picture, and opens it again with growing pauses.

    A frame's t_ms counts from the first one, by arrival: a stream's own timestamps jump when it reconnects. index
    counts every picture that came, repeated ones too. A driver that hangs inside a read shows as STALLED, and is
    reopened when that read returns or is given up (V4L2: 10 s, streams: their time-out, else ``patient.HANG_S``). What
    has piled up in a buffer while the stream, or this program, stood still is read and passed over.
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
        self._reopened = False  # and nothing new has come since
        self._pause_s = READER_DEFAULTS.first_pause_s
        self._samples: deque[bytes] = deque(maxlen=READER_DEFAULTS.buffers)
        self._size = (0, 0)
        self._arrived_s: deque[float] = deque(maxlen=READER_DEFAULTS.rate_window)  # of new pictures
        self._tempo = Tempo()
        self._came_s = self._opened_s  # the last picture, new or not
        self._blank: Health | None = None  # what the last new picture was, if nothing is on it
        self._blank_since_s = self._opened_s
        self._fps: float | None = None  # over a whole window, to be compared with what was asked for
        self._coding = _coding(device)
        self._decoder = Decoder()
        self._repeated = self._stale = 0
        self._backlog = Backlog(device, self._opened_s)

    def step(self, out: FrameQueue) -> float | None:
        """Read one picture and put it into out if it is new; or try to open the device again."""
        settings = READER_DEFAULTS
        if self._device is None:
            try:
                self._device = self._reopen()
            except SourceError:
                return self._next_pause()
            except StreamOver as over:
                if self._start_s is None:
                    raise SourceError(
                        f"{over} has ended before there was a picture to be shown: let it go on"
                    ) from None
                return None
            self._opened_s, self._failures, self._reopened = self._clock.now(), 0, True
            self._backlog = Backlog(self._device, self._opened_s)
            return 0.0
        asked_s = self._clock.now()
        grabbed = self._device.grab()
        captured_s = self._clock.now()  # before decoding, which takes its own time
        if grabbed and self._backlog.holds(asked_s, captured_s):
            self._index, self._stale = self._index + 1, self._stale + 1
            out.drop()
            return 0.0
        image = self._decoder.decode(self._device) if grabbed else None
        if image is None:
            self._failures += 1
            timed_out = captured_s - asked_s > settings.timed_out_s
            return self._lose() if timed_out or self._failures >= settings.failed_reads else settings.retry_read_s
        self._failures = 0
        index, self._index = self._index, self._index + 1
        pixels = image[:: settings.sample_step, :: settings.sample_step]
        self._came_s, sample = captured_s, pixels.tobytes()
        if sample in self._samples:
            self._repeated += 1
            out.drop()
            silent_s = captured_s - max(self._new_s, self._opened_s)
            # All black pictures are the same: opening it again uncovers no lens.
            hangs = silent_s > self._tempo.reopen_s and self._blank is None
            self._tempo.in_vain += hangs
            return self._lose() if hangs else settings.repeat_s
        if self._start_s is not None:
            seen, anew = self._blank is None, self._reopened
            self._tempo.note(captured_s, captured_s - self._new_s, seen=seen, anew=anew)
        self._note_blank(pixels, captured_s)
        self._samples.append(sample)
        self._new_s, self._pause_s, self._reopened = captured_s, settings.first_pause_s, False
        self._size = image.shape[1], image.shape[0]
        self._arrived_s.append(captured_s)
        if self._fps is None and len(self._arrived_s) == settings.rate_window:
            self._fps = _rate(self._arrived_s)
        out.put(Frame(self._orientation.apply(image), self._t_ms(captured_s), index, captured_s))
        return 0.0

    def health(self) -> Health:
        """Judge by the age of the last new picture: a driver keeps answering "ok"."""
        if self._device is None:
            return Health.LOST
        now_s, blank = self._clock.now(), self._blank
        if blank is not None and now_s - self._blank_since_s > READER_DEFAULTS.blank_s:
            return Health.STALLED if now_s - self._came_s > self._tempo.stall_s else blank
        if self._reopened or now_s - self._new_s > self._tempo.stall_s:
            return Health.STALLED
        return Health.SLOW if self._tempo.slow else Health.OK

    def stream_stats(self) -> StreamStats | None:
        """Return what came lately: measured between arrivals, silences included."""
        times = tuple(self._arrived_s)
        if len(times) < READER_DEFAULTS.rate_window // 4:
            return None
        missing = missed(self._asked, self._size, self._fps, self._coding)
        return StreamStats(*self._size, _rate(times), self._repeated, self._stale, missing, self._coding)

    def release(self) -> None:
        """Give the device back."""
        device, self._device = self._device, None
        if device is not None:
            device.release()

    def _note_blank(self, pixels: UInt8Array, captured_s: float) -> None:
        blank = nothing_on(pixels)
        if blank is not self._blank:
            self._blank, self._blank_since_s = blank, captured_s

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
        pause, self._pause_s = self._pause_s, min(self._pause_s * 2, READER_DEFAULTS.last_pause_s)
        return pause


def _rate(times_s: Sequence[float]) -> float:
    return (len(times_s) - 1) / max(times_s[-1] - times_s[0], 1e-6)


def _coding(device: Device) -> str:
    """How the pictures are coded, by OpenCV's four letters, such as "MJPG"; "" if unknown."""
    number = device.get(cv2.CAP_PROP_FOURCC)
    letters = int(number).to_bytes(4, "little").strip(b"\0 ") if 0 < number < 1 << 32 else b""
    return letters.decode("ascii").upper() if letters.isalnum() else ""
