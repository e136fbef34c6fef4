"""What a run did, in numbers, and the times that they are taken from."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livecam.sources.health import StreamStats

# Times kept for the summary's percentiles (an hour at 30 frames a second) and for the frame rate shown live.
_LATENCIES_KEPT = 108_000
_RATE_WINDOW = 30
# Below these a rate says how long the first frames took, or by how little two threads were apart; set by hand.
_FEWEST_FRAMES, _SHORTEST_S = 10, 0.25


@dataclass(frozen=True, slots=True)
class Percentiles:
    """p50, p95 and p99 of a set of times, milliseconds; zero when nothing was timed."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, values: list[float]) -> Percentiles:
        """Take the percentiles of values (milliseconds)."""
        if not values:
            return cls(0.0, 0.0, 0.0)
        p50, p95, p99 = np.percentile(np.asarray(values), (50, 95, 99))
        return cls(float(p50), float(p95), float(p99))


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """What a run did.

    fps: frames analysed a second; None of so few that it would say nothing.  latency: age of a frame at its decision
    in a live source, else the time spent on a frame, milliseconds.  frames_dropped: those that came faster than they
    could be analysed, without those read in a pause; of them frames_left_out were passed over on purpose, in even
    steps.  shots: the pictures saved, in order; paths, because frames would fill the memory.
    """

    frames_read: int
    frames_analysed: int
    frames_dropped: int
    fps: float | None
    latency: Percentiles
    provider: str
    shots: tuple[Path, ...] = ()
    stream_stats: StreamStats | None = None
    frames_left_out: int = 0


class FrameTimes:
    """When frames were decided on, and how long each took. One thread adds, any thread may read.

    analysed: frames added so far.
    """

    def __init__(self) -> None:
        """Nothing was timed yet."""
        self.analysed = 0
        self._lock = threading.Lock()
        self._latencies_ms: deque[float] = deque(maxlen=_LATENCIES_KEPT)
        self._decided_s: deque[float] = deque(maxlen=_RATE_WINDOW)

    def add(self, decided_s: float, latency_ms: float) -> None:
        """Count a frame that was decided on at decided_s, of ``time.monotonic``, and took latency_ms."""
        with self._lock:
            self.analysed += 1
            self._decided_s.append(decided_s)
            self._latencies_ms.append(latency_ms)

    @property
    def fps(self) -> float:
        """Frames a second, over the last few; 0 until there is something to measure."""
        with self._lock:
            times = tuple(self._decided_s)
        span_s = time.monotonic() - times[0] if times else 0.0
        return len(times) / span_s if len(times) > 1 and span_s >= _SHORTEST_S else 0.0

    def fps_since(self, started_s: float | None) -> float | None:
        """Frames a second from started_s, of ``time.monotonic``, to the last decision; None of few frames."""
        elapsed_s = self.seconds_since(started_s)
        return self.analysed / elapsed_s if self.analysed >= _FEWEST_FRAMES and elapsed_s > 0 else None

    def latency(self, warm_up: int = 0) -> Percentiles:
        """Return the percentiles of all latencies that are kept, without the first so many."""
        with self._lock:
            latencies_ms = list(self._latencies_ms)
        return Percentiles.of(latencies_ms[warm_up:])

    def seconds_since(self, started_s: float | None) -> float:
        """Return the seconds from started_s to the last decision; 0 if there was none, or nothing has started."""
        with self._lock:
            return self._decided_s[-1] - started_s if self._decided_s and started_s is not None else 0.0
