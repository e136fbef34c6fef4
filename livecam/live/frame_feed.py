"""Which frames of a source are analysed: of a live one the newest, or every so many-th, of any other all."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from contextlib import suppress
from typing import NamedTuple

from livecam.errors import SourceError
from livecam.live.thinning import Thinning
from livecam.sources.health import Health
from livecam.sources.source import Source
from livecam.types import Frame

POLL_S = 0.1  # how often a waiting thread looks whether it should end; set by hand


class Turn(NamedTuple):
    """What is to be looked at next. frame: None where nothing new comes for a while.

    alone: the frame was passed over, and its score is wanted all the same; it is no part of the stream.
    """

    frame: Frame | None
    alone: bool = False


class FrameFeed:
    """The frames of a source, for the first step that looks at them.

    A live source is read by a thread of its own, which only keeps its newest frame. A file is read by whoever asks for
    the next frame, so that none waits in between: one of 4K is 25 MB.

    newest: of a live source, the last that was read.  read_in_pause: how many frames were read while paused.
    left_out: how many of a live source were passed over on purpose.  thinning: which of them are.
    started_s: ``time.monotonic()`` when the first frame was read.  paused: may be set at any time.
    """

    def __init__(self, source: Source, stop: threading.Event, give_up_s: float | None = None) -> None:
        """Borrow source; after stop is set nothing more is read.

        give_up_s: a live source that gives nothing new for so long has failed; None: it is waited for.
        """
        self.paused = False
        self.newest: Frame | None = None
        self.read_in_pause = self.left_out = 0
        self.thinning = Thinning()
        self.started_s: float | None = None
        self._source = source
        self._stop = stop
        self._give_up_s = give_up_s
        self._newest_waiting: queue.Queue[Frame | None] = queue.Queue(1)
        self._asked_for: deque[Frame] = deque()
        self._idle_told = True  # before the first frame there is nothing to be decided

    def run(self) -> None:
        """Read a live source until it ends or fails; ``next`` still gives what was read by then. Raises SourceError."""
        if not self._source.live:
            return
        try:
            while (frame := self._read()) is not None and not isinstance(frame, Turn):
                self.newest = frame
                if self.paused:
                    self.read_in_pause += 1
                elif self.thinning.takes(frame.captured_s * 1000):
                    self._replace(frame)
                else:
                    self.left_out += 1
        finally:
            self._end()

    def next(self) -> Turn | None:
        """Wait for the next frame to look at; None when there is no more. Raises SourceError, of a file."""
        if not self._source.live:
            read = self._read()
            return Turn(read) if isinstance(read, Frame) else read
        while not self._stop.is_set():
            if self._asked_for:
                return Turn(self._asked_for.popleft(), alone=True)
            with suppress(queue.Empty):
                newest = self._newest_waiting.get(timeout=POLL_S)
                return Turn(newest) if newest is not None else None
        return None

    def ask_for(self, frame: Frame) -> None:
        """Let a frame that was passed over be looked at next."""
        self._asked_for.append(frame)

    def _read(self) -> Frame | Turn | None:
        """The next frame; of a file also what ``ask_for`` was told, and, once each time, that nothing new comes."""
        last_s = time.monotonic()
        while not self._stop.is_set():
            if self._asked_for and not self._source.live:
                return Turn(self._asked_for.popleft(), alone=True)
            if self.paused and not self._source.live:
                self._stop.wait(POLL_S)
                continue
            frame = self._source.read(POLL_S)
            if frame is not None:
                if self.started_s is None:
                    self.started_s = time.monotonic()
                self._idle_told = False
                return frame
            health = self._source.health
            if health is Health.ENDED:
                return None
            if health is Health.IDLE and not self._idle_told:
                self._idle_told = True
                return Turn(None)
            if self._source.live and self._give_up_s is not None and time.monotonic() - last_s > self._give_up_s:
                silence = f"has given no new picture for {self._give_up_s:g} s"
                raise SourceError(f"{self._source.name} {silence}: look after it, and begin again")
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
