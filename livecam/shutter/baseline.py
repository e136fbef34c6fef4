"""What a person's score has been in the last minute: how the face rests, and what it has reached."""

from __future__ import annotations

from collections import deque

import numpy as np

_MEMORY_MS = 60_000.0
_BIN_MS = 200.0
_LOW, _RESTING, _REACHED = 0.10, 0.30, 0.98
# Nothing is known of a new face. For its first two seconds it is taken to rest at a slight smile: a clear smile is
# caught at once, and anything less waits until the face has shown how it rests.
_UNKNOWN, _ENOUGH_BINS = 4.0, 10


class ScoreBaseline:
    """Quantiles of the level over the last minute of time in which the frames qualified.

    resting: the 30 % quantile. Even someone who smiles two thirds of the minute is known at rest; brief bad looks
    do not count. reached: the 98 % quantile, so what was held for about a second of the minute, not a blip.
    low: the 10 % quantile. unrest: how far it lies below resting, 0.76 standard deviations of normal noise. It is
    taken from below, where smiles do not disturb it.
    Levels are averaged in bins of 200 ms first, so that the frame rate does not matter.
    """

    def __init__(self, unknown: float = _UNKNOWN) -> None:
        """Know nothing yet: all three are unknown."""
        self._bins: deque[tuple[float, float]] = deque()
        self._start_ms, self._sum, self._count = 0.0, 0.0, 0
        self.low = self.resting = self.reached = unknown

    @property
    def known(self) -> bool:
        """Whether the face has been seen long enough to say how it rests."""
        return len(self._bins) >= _ENOUGH_BINS

    @property
    def noise(self) -> float:
        """Points by which the level falls below rest although nothing happens."""
        return self.resting - self.low

    def add(self, t_ms: float, level: float) -> None:
        """Take in the level of a qualifying frame; times must not go back."""
        if self._count and t_ms >= self._start_ms + _BIN_MS:
            self._bins.append((self._start_ms, self._sum / self._count))
            self._count = 0
            while self._bins and self._bins[0][0] < t_ms - _MEMORY_MS:
                self._bins.popleft()
            if self.known:
                values = [value for _, value in self._bins]
                self.low, self.resting, self.reached = np.quantile(values, (_LOW, _RESTING, _REACHED)).tolist()
        if not self._count:
            self._start_ms, self._sum = t_ms, 0.0
        self._sum += level
        self._count += 1
