"""What the reader thread does: play a file, or read a camera and notice when it stops."""

from __future__ import annotations

from collections.abc import Callable, Generator

from livecam.errors import SourceError
from livecam.media import Device, Picture, to_rgb
from livecam.reader import Clock, Handover
from livecam.types import Frame, Health

STALL_S = 1.0  # no new picture for so long: STALLED
REOPEN_S = 3.0  # no new picture for so long, though the driver answers "ok": open the camera again
FAILED_READS = 5  # in a row, before a camera counts as lost; a webcam's single broken JPEG is not the end
RETRY_READ_S = 0.05
REPEAT_S = 0.01  # pause after a repeated picture: a frozen driver may answer at once, for ever
FIRST_PAUSE_S, LAST_PAUSE_S = 0.5, 8.0  # between attempts to reopen; doubles
SAMPLE = 8  # every eighth pixel, both ways, tells a repeated picture from a new one: sensor noise never repeats


class FileWorker:
    """Plays pictures: at once, or on the media clock when paced. Raises SourceError if there is no first picture."""

    def __init__(self, pictures: Generator[Picture], clock: Clock, *, paced: bool) -> None:
        self._pictures = pictures
        self._clock = clock
        self._paced = paced
        self._next = next(pictures, None)
        self._index = 0
        self._start_s = 0.0

    def step(self, out: Handover) -> float | None:
        """Hand over the next picture when it is due. A late one is not hurried: the hand-over drops what is stale."""
        if self._next is None:
            return None
        now = self._clock.now()
        if self._index == 0:
            self._start_s = now - self._next.t_ms / 1000
        wait = self._start_s + self._next.t_ms / 1000 - now
        if self._paced and wait > 0:
            return wait
        out.put(Frame(self._next.image, self._next.t_ms, self._index, now, self._next.path))
        self._index += 1
        self._next = next(self._pictures, None)
        return 0.0

    def health(self) -> Health:
        """Always OK: a file does not stall."""
        return Health.OK

    def release(self) -> None:
        """Close the file."""
        self._pictures.close()


class LiveWorker:
    """Reads a camera or stream, notices when it stops or repeats one picture, and opens it again with growing pauses.

    A frame's t_ms counts from the first one, by arrival: a stream's own timestamps jump when it reconnects. index
    counts every picture that came, repeated ones too. A driver that hangs inside a read shows as STALLED, and can
    be reopened only when that read returns (V4L2: 10 s, streams: their time-out).
    """

    def __init__(self, device: Device, reopen: Callable[[], Device], clock: Clock) -> None:
        self._device: Device | None = device
        self._reopen = reopen
        self._clock = clock
        self._opened_s = self._new_s = clock.now()  # when it was opened; when the last new picture came
        self._start_s: float | None = None
        self._last_t_ms = 0.0
        self._index = 0
        self._failures = 0
        self._pause_s = FIRST_PAUSE_S
        self._sample = b""

    def step(self, out: Handover) -> float | None:
        """Read one picture and hand it over if it is new; or try to open the device again."""
        if self._device is None:
            try:
                self._device = self._reopen()
            except SourceError:
                return self._next_pause()
            self._opened_s, self._failures = self._clock.now(), 0
            return 0.0
        grabbed = self._device.grab()
        captured_s = self._clock.now()  # before decoding, which takes its own time
        ok, bgr = self._device.retrieve() if grabbed else (False, None)
        if not ok or bgr is None or bgr.size == 0:
            self._failures += 1
            return RETRY_READ_S if self._failures < FAILED_READS else self._lose()
        self._failures = 0
        index, self._index = self._index, self._index + 1
        sample = bgr[::SAMPLE, ::SAMPLE].tobytes()
        if sample == self._sample:
            out.drop()
            return self._lose() if captured_s - max(self._new_s, self._opened_s) > REOPEN_S else REPEAT_S
        self._sample, self._new_s, self._pause_s = sample, captured_s, FIRST_PAUSE_S
        out.put(Frame(to_rgb(bgr), self._t_ms(captured_s), index, captured_s))
        return 0.0

    def health(self) -> Health:
        """Judge by the age of the last new picture: a driver keeps answering "ok"."""
        if self._device is None:
            return Health.LOST
        return Health.STALLED if self._clock.now() - self._new_s > STALL_S else Health.OK

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
