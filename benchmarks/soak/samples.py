"""What a process holds while it runs, and how old its frames are, looked at every few seconds."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.common.machine import resident_mb

_PROCESS = Path("/proc/self")


@dataclass(frozen=True, slots=True)
class Sample:
    """t_s: since the run began.  rss_mb: memory held, MB.  threads, handles: of the process, -1 where unknown.

    p50_ms, p95_ms: age of a frame at its decision, of those since the last sample; None if there were none.
    analysed: frames since then.
    """

    t_s: float
    rss_mb: float
    threads: int
    handles: int
    analysed: int
    p50_ms: float | None
    p95_ms: float | None


class Ages:
    """How old frames were when they were decided on, since somebody asked last. Any thread may add."""

    def __init__(self) -> None:
        self._ages_ms: list[float] = []
        self._lock = threading.Lock()

    def add(self, age_ms: float) -> None:
        """Take in one."""
        with self._lock:
            self._ages_ms.append(age_ms)

    def take(self) -> list[float]:
        """Return those since the last call."""
        with self._lock:
            taken, self._ages_ms = self._ages_ms, []
        return taken


def look(ages: Ages, began_s: float) -> Sample:
    """Take a sample. began_s: of the run, a ``time.monotonic()``."""
    ages_ms = ages.take()
    p50, p95 = np.percentile(ages_ms, (50, 95)).tolist() if ages_ms else (None, None)
    return Sample(
        round(time.monotonic() - began_s, 1),
        round(resident_mb() or -1.0, 1),
        _count("task"),
        _count("fd"),
        len(ages_ms),
        None if p50 is None else round(p50, 1),
        None if p95 is None else round(p95, 1),
    )


def slope_an_hour(samples: Sequence[Sample]) -> float:
    """Return by how many MB memory grows an hour: the median of the slopes between all pairs (Theil and Sen)."""
    times = np.array([sample.t_s for sample in samples])
    held = np.array([sample.rss_mb for sample in samples])
    first, second = np.triu_indices(len(samples), 1)
    if not len(first):
        return 0.0
    return float(np.median((held[second] - held[first]) / (times[second] - times[first])) * 3600)


def _count(what: str) -> int:
    try:
        return len(os.listdir(_PROCESS / what))  # noqa: PTH208  only their number counts
    except OSError:
        return -1
