"""Reads a camera or stream: what the reader thread does with one, and how it notices that nothing new comes."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2

from livecam.errors import SourceError
from livecam.sources.backlog import Backlog
from livecam.sources.blank import nothing_on
from livecam.sources.camera import CAMERA_DEFAULTS, CameraSettings, missed
from livecam.sources.decoding import UPRIGHT, Decoder, Device, Orientation
from livecam.sources.health import Health, StreamStats
from livecam.sources.stream import StreamOver
from livecam.sources.threaded import Clock, FrameQueue
from livecam.types import Frame, UInt8Array


@dataclass(frozen=True, slots=True)
class CameraReaderSettings:
    """When a camera counts as stopped or lost, and what is done then. All set by hand: nobody measured them.

    stall_s: no new picture for so long: STALLED; of a slow camera stall_intervals of its usual ones, up to
    longest_stall_s.  reopen_s: no new picture for so long, though the driver answers "ok":
    the camera is opened again.  failed_reads: in a row, before a camera counts as lost: a webcam's single broken JPEG
    is not the end.  retry_read_s: pause after a failed read.  timed_out_s: a read that took so long and failed has run
    into its time-out: no use to try it again.  repeat_s: pause after a repeated picture: a frozen driver may answer
    at once, for ever.  blank_s: pictures with nothing on them (``blank``) for so
    long: BLACK or BLANK.
    silence_s, silences_s: a source that stands still for silence_s seconds after pictures that came quickly, and again
    within silences_s, gives them in bursts: its silences are its usual interval.
    slow_s: longer between two pictures, usually, is SLOW, for hold_s at least and until they come faster than quick_s
    again: of a smile of half a second hardly a picture would be there.
    first_pause_s, last_pause_s: between attempts to reopen; it doubles.  sample_step: every
    so many pixels, both ways, are compared to tell a repeated picture from a new one: sensor noise never repeats.
    buffers: with so many pictures before it, for a driver that hangs may go round those that it keeps, 4 to 10.
    rate_window: pictures over which the rate is measured.
    """

    stall_s: float = 1.0
    stall_intervals: float = 2.5
    longest_stall_s: float = 10.0
    reopen_s: float = 3.0
    failed_reads: int = 5
    retry_read_s: float = 0.05
    timed_out_s: float = 0.9
    repeat_s: float = 0.01
    first_pause_s: float = 0.5
    last_pause_s: float = 8.0
    blank_s: float = 1.0
    silence_s: float = 0.5
    silences_s: float = 10.0
    slow_s: float = 1 / 6
    quick_s: float = 1 / 8
    hold_s: float = 2.0
    sample_step: int = 8
    buffers: int = 12
    rate_window: int = 60


READER_DEFAULTS = CameraReaderSettings()


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
        settings: CameraReaderSettings = READER_DEFAULTS,
    ) -> None:
        self._settings = settings
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
        self._pause_s = settings.first_pause_s
        self._samples: deque[bytes] = deque(maxlen=settings.buffers)
        self._size = (0, 0)
        self._arrived_s: deque[float] = deque(maxlen=settings.rate_window)  # of new pictures
        self._intervals_s: deque[float] = deque(maxlen=5)  # between the last new ones
        self._silences: deque[tuple[float, float]] = deque()  # when they ended, and how long they were
        self._stall_s = settings.stall_s
        self._slow, self._slow_since_s = False, 0.0
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
        settings = self._settings
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
            hangs = silent_s > settings.reopen_s and self._blank is None
            return self._lose() if hangs else settings.repeat_s
        usual_s = self._usual_interval_s(captured_s)
        self._note_blank(pixels, captured_s)
        self._stall_s = min(max(settings.stall_s, settings.stall_intervals * usual_s), settings.longest_stall_s)
        enough = len(self._intervals_s) == self._intervals_s.maxlen
        self._note_slow(enough and usual_s > (settings.quick_s if self._slow else settings.slow_s), captured_s)
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
        if blank is not None and now_s - self._blank_since_s > self._settings.blank_s:
            return Health.STALLED if now_s - self._came_s > self._stall_s else blank
        if self._reopened or now_s - self._new_s > self._stall_s:
            return Health.STALLED
        return Health.SLOW if self._slow else Health.OK

    def stream_stats(self) -> StreamStats | None:
        """Return what came lately: measured between arrivals, silences included."""
        times = tuple(self._arrived_s)
        if len(times) < self._settings.rate_window // 4:
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

    def _note_slow(self, slow: bool, captured_s: float) -> None:
        if slow and not self._slow:
            self._slow_since_s = captured_s
        self._slow = slow or (self._slow and captured_s - self._slow_since_s < self._settings.hold_s)

    def _usual_interval_s(self, captured_s: float) -> float:
        """Take in the interval before a new picture, and return the usual one: of bursts that between them."""
        settings, interval_s = self._settings, captured_s - self._new_s
        if self._blank is not None and self._intervals_s:  # the same one may have come all the while
            interval_s = min(interval_s, statistics.median(self._intervals_s))
        quick_before = bool(self._intervals_s) and self._intervals_s[-1] < settings.slow_s
        if interval_s > settings.silence_s and quick_before and not self._reopened:
            self._silences.append((captured_s, interval_s))
        while self._silences and self._silences[0][0] < captured_s - settings.silences_s:
            self._silences.popleft()
        self._intervals_s.append(interval_s)
        between_bursts_s = min(silence_s for _, silence_s in self._silences) if len(self._silences) > 1 else 0.0
        steady = sorted(self._intervals_s)[: max(len(self._intervals_s) - 1, 1)]  # one gap changes nothing
        return max(statistics.fmean(steady), between_bursts_s)

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
        pause, self._pause_s = self._pause_s, min(self._pause_s * 2, self._settings.last_pause_s)
        return pause


def _rate(times_s: Sequence[float]) -> float:
    return (len(times_s) - 1) / max(times_s[-1] - times_s[0], 1e-6)


def _coding(device: Device) -> str:
    """How the pictures are coded, by OpenCV's four letters, such as "MJPG"; "" if unknown."""
    number = device.get(cv2.CAP_PROP_FOURCC)
    letters = int(number).to_bytes(4, "little").strip(b"\0 ") if 0 < number < 1 << 32 else b""
    return letters.decode("ascii").upper() if letters.isalnum() else ""
