"""Times of steps and memory over time, measured from beside what is measured."""

from __future__ import annotations

import threading
import time
from array import array
from collections import defaultdict
from collections.abc import Callable, Generator
from functools import wraps
from typing import Any, Self

import numpy as np

from benchmarks.common.machine import resident_mb

_MOST_TIMES = 40_000  # times kept of each stage: ten minutes at 60 frames a second
_EVERY_S = 1.0
_FEWEST_SAMPLES = 20  # for a slope; fewer are too few to tell growth from noise (set by hand)


class Stopwatch:
    """Times of each stage, milliseconds. Stages run in several threads, each stage in one."""

    def __init__(self) -> None:
        # As plain numbers, four times smaller than Python's: ten minutes of them must not look like growth.
        self.times_ms: dict[str, array[float]] = defaultdict(lambda: array("d"))

    def timed(self, stage: str, step: Callable[..., Any]) -> Callable[..., Any]:
        """Return step with its calls timed."""

        @wraps(step)
        def timed_step(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  it stands in for any step
            started = time.perf_counter()
            try:
                return step(*args, **kwargs)
            finally:
                self.note(stage, started)

        return timed_step

    def timed_items(self, stage: str, make: Callable[..., Generator[Any]]) -> Callable[..., Generator[Any]]:
        """Return the generator function make with the making of each item timed."""

        @wraps(make)
        def timed_make(*args: Any, **kwargs: Any) -> Generator[Any]:  # noqa: ANN401
            items = make(*args, **kwargs)
            try:
                while True:
                    started = time.perf_counter()
                    try:
                        item = next(items)
                    except StopIteration:
                        return
                    self.note(stage, started)
                    yield item
            finally:
                items.close()  # it gives the clip back

        return timed_make

    def note(self, stage: str, started: float) -> None:
        """Note the time since started, a ``time.perf_counter()``."""
        if len(self.times_ms[stage]) < _MOST_TIMES:
            self.times_ms[stage].append(1000 * (time.perf_counter() - started))


class Memory:
    """Samples the memory of this process each second while it is entered as a context; MB (10^6 bytes)."""

    def __init__(self) -> None:
        self.samples: list[tuple[float, float]] = []  # seconds since the start, MB
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="memory", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._done.set()
        self._thread.join()

    def summary(self, started_mb: float | None) -> dict[str, float | list[float] | None]:
        """Return the memory at the start (before any import), at the end and at most, and what it grew a minute.

        growth_per_minute: the slope of a straight line through the second half: in the first, buffers are allocated and
        the window's last pictures collected; None if that gives too few samples.  each_minute: at the end of each.
        """
        values = [mb for _, mb in self.samples]
        length_s = self.samples[-1][0] if self.samples else 0.0
        settled = [(at_s, mb) for at_s, mb in self.samples if at_s >= length_s / 2]
        growth = None
        if len(settled) >= _FEWEST_SAMPLES:
            at_s, mb = np.array(settled).T
            growth = 60 * float(np.polyfit(at_s, mb, 1)[0])
        return {
            "start": started_mb,
            "end": values[-1] if values else None,
            "most": max(values, default=None),
            "growth_per_minute": growth,
            "each_minute": [
                next(mb for at_s, mb in self.samples if at_s >= 60 * minute)
                for minute in range(1, int(length_s // 60) + 1)
            ],
        }

    def _sample(self) -> None:
        started_s = time.monotonic()
        while True:
            mb = resident_mb()
            if mb is None:
                return
            self.samples.append((time.monotonic() - started_s, mb))
            if self._done.wait(_EVERY_S):
                return
