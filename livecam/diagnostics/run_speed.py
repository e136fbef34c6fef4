"""How fast a run is, and what it costs, once it is warm."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from livecam.live.run import LiveRun
from livecam.sources.source import Source


class _Look(NamedTuple):
    at_s: float
    processor_s: float
    read: int
    analysed: int


class RunSpeed:
    """Between the first look at a run that is warm and the newest one.

    warm_up: frames analysed before.  analysed, read: frames that were decided on, and that came.  seconds: passed.
    fps: frames decided on a second.  cores: processors that this process kept busy.  processor_ms: of the processor for
    a frame, everything included. Before there are two looks all are 0.
    """

    def __init__(self, source: Source, is_warm: Callable[[LiveRun], bool]) -> None:
        """Of a run over source. is_warm: whether it counts from now on."""
        self._source, self._is_warm = source, is_warm
        self._first: _Look | None = None
        self.warm_up = self.analysed = self.read = 0
        self.seconds = self.fps = self.cores = self.processor_ms = 0.0

    def note(self, live: LiveRun) -> None:
        """Look at the run."""
        now = _Look(time.perf_counter(), time.process_time(), self._source.frames_read, live.analysed)
        if self._first is None:
            if self._is_warm(live):
                self._first, self.warm_up = now, now.analysed
            return
        self.seconds = now.at_s - self._first.at_s
        self.analysed, self.read = now.analysed - self._first.analysed, now.read - self._first.read
        processor_s = now.processor_s - self._first.processor_s
        self.fps, self.cores = self.analysed / self.seconds, processor_s / self.seconds
        self.processor_ms = 1000 * processor_s / self.analysed if self.analysed else 0.0
