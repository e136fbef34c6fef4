"""Which frames of a source are analysed: of a live one the newest, of any other all."""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress

from livecam.sources.health import Health
from livecam.sources.source import Source
from livecam.types import Frame

POLL_S = 0.1  # how often a waiting thread looks whether it should end; set by hand


class FrameFeed:
    """The frames of a source, for the first step that looks at them.

    A live source is read by a thread of its own, which only keeps its newest frame. A file is read by whoever asks for
    the next frame, so that none waits in between: one of 4K is 25 MB.

    newest: of a live source, the last that was read.  read_in_pause: how many frames were read while paused.
    started_s: ``time.monotonic()`` when the first frame was read.  paused: may be set at any time.
    """

    def __init__(self, source: Source, stop: threading.Event) -> None:
        """Borrow source; after stop is set nothing more is read."""
        self.paused = False
        self.newest: Frame | None = None
        self.read_in_pause = 0
        self.started_s: float | None = None
        self._source = source
        self._stop = stop
        self._newest_waiting: queue.Queue[Frame | None] = queue.Queue(1)

    def run(self) -> None:
        """Read a live source until it ends or fails; ``next`` still gives what was read by then. Raises SourceError."""
        if not self._source.live:
            return
        try:
            while (frame := self._read()) is not None:
                self.newest = frame
                if self.paused:
                    self.read_in_pause += 1
                else:
                    self._replace(frame)
        finally:
            self._end()

    def next(self) -> Frame | None:
        """Wait for the next frame to look at; None when there is no more. Raises SourceError, of a file."""
        if not self._source.live:
            return self._read()
        while not self._stop.is_set():
            with suppress(queue.Empty):
                return self._newest_waiting.get(timeout=POLL_S)
        return None

    def _read(self) -> Frame | None:
        while not self._stop.is_set():
            if self.paused and not self._source.live:
                self._stop.wait(POLL_S)
                continue
            frame = self._source.read(POLL_S)
            if frame is not None:
                if self.started_s is None:
                    self.started_s = time.monotonic()
                return frame
            if self._source.health is Health.ENDED:
                return None
        return None

    def _replace(self, frame: Frame) -> None:
        """Let frame wait instead of the one that waits, if any."""
        with suppress(queue.Empty):
            self._newest_waiting.get_nowait()
        self._newest_waiting.put_nowait(frame)  # nobody else puts

    def _end(self) -> None:
        while not self._stop.is_set():
            with suppress(queue.Full):
                self._newest_waiting.put(None, timeout=POLL_S)
                return
