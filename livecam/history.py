"""What a person's score has been in the last minute: how the face rests, and what it has reached."""

from __future__ import annotations

from collections import deque

import numpy as np

_MEMORY_MS = 60_000.0
_BIN_MS = 200.0
_LOW, _RESTING, _REACHED = 0.10, 0.30, 0.98
# Nothing is known of a new face, so it is taken to have rested for two seconds at 3, which by the rubric is neutral.
# A face that steps in with a smile is thus caught at once; within about a second of its own time a face that rests
# lower speaks for itself, within five seconds one that rests higher.
_PRIOR = (3.0,) * 10


class History:
    """Quantiles of the level over the last minute of time in which the frames qualified.

    resting: the 30 % quantile. Even someone who smiles two thirds of the minute is known at rest; brief bad looks
    do not count. reached: the 98 % quantile, so what was held for about a second of the minute, not a blip.
    unrest: how far the 10 % quantile lies below the 30 %, 0.76 standard deviations of normal noise. It is taken
    from below, where smiles do not disturb it.
    Levels are averaged in bins of 200 ms first, so that the frame rate does not matter.
    """

    def __init__(self) -> None:
        """Know nothing but the prior."""
        self._bins: deque[tuple[float, float]] = deque()
        self._start_ms, self._sum, self._count = 0.0, 0.0, 0
        self.resting, self.reached, self.unrest = _PRIOR[0], _PRIOR[0], 0.0

    def add(self, t_ms: float, level: float) -> None:
        """Take in the level of a qualifying frame; times must not go back."""
        if self._count and t_ms >= self._start_ms + _BIN_MS:
            self._bins.append((self._start_ms, self._sum / self._count))
            self._count = 0
            while self._bins and self._bins[0][0] < t_ms - _MEMORY_MS:
                self._bins.popleft()
            values = [value for _, value in self._bins]
            low, self.resting, self.reached = np.quantile([*_PRIOR, *values], (_LOW, _RESTING, _REACHED)).tolist()
            self.unrest = self.resting - low
        if not self._count:
            self._start_ms, self._sum = t_ms, 0.0
        self._sum += level
        self._count += 1
