"""Which pauses between two frames are gaps: of a camera at 25 frames a second one of a second, of a slow one none."""

from __future__ import annotations

import statistics
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PauseSettings:
    """When a camera is so slow that its usual pauses are no gaps. All set by hand: no labelled clip is slow.

    intervals: a gap is longer than so many usual intervals.  longest_ms: but whatever is longer than this is one: the
    face has done too much meanwhile.  window: intervals whose median is the usual one.
    """

    intervals: float = 2.0
    longest_ms: float = 5000.0
    window: int = 5


_SETTINGS = PauseSettings()


class Pauses:
    """Learns how often frames come. Times are the frames' own, milliseconds."""

    def __init__(self, gap_ms: float) -> None:
        """gap_ms: no shorter pause is a gap, however often frames come."""
        self._gap_ms = gap_ms
        self._intervals_ms: deque[float] = deque(maxlen=_SETTINGS.window)

    def is_gap(self, interval_ms: float) -> bool:
        """Take in the time since the last frame, and tell whether it is a gap. At or below zero it says nothing."""
        usual_ms = statistics.median(self._intervals_ms) if self._intervals_ms else 0.0
        if 0 < interval_ms <= _SETTINGS.longest_ms:
            self._intervals_ms.append(interval_ms)
        allowed_ms = min(_SETTINGS.intervals * usual_ms, _SETTINGS.longest_ms)
        return interval_ms > max(self._gap_ms, allowed_ms)
