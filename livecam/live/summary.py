"""What a run did, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livecam.sources.health import StreamStats


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

    fps: frames analysed a second.  latency: age of a frame at its decision in a live source, else the time spent
    on a frame, milliseconds.  frames_dropped: those that came faster than they could be analysed; what a pause passed
    over is not among them.  shots: the pictures saved, in order; paths, because frames would fill the memory.
    """

    frames_read: int
    frames_analysed: int
    frames_dropped: int
    fps: float
    latency: Percentiles
    provider: str
    shots: tuple[Path, ...] = ()
    stream_stats: StreamStats | None = None
