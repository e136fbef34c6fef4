"""What a person's level has been in the last minute: how the face rests, and what it has reached."""

from __future__ import annotations

from collections import deque

import numpy as np

from livecam.shutter.settings import BaselineSettings

_DEFAULTS = BaselineSettings()


class ScoreBaseline:
    """Quantiles of a level over the last minute of time in which the frames qualified.

    resting: the 30 % quantile. Even someone who smiles two thirds of the minute is known at rest; brief bad looks
    do not count. high: the 98 % quantile, so what lasted for about a second of the minute, not a blip.
    low: the 10 % quantile. (Minute and quantiles are those of the settings' defaults.)
    """

    def __init__(self, settings: BaselineSettings = _DEFAULTS) -> None:
        """Know nothing yet: all three are ``settings.unknown``."""
        self._settings = settings
        self._bins: deque[tuple[float, float]] = deque()  # when each began, and its mean
        self._start_ms, self._sum, self._count = 0.0, 0.0, 0
        self.low = self.resting = self.high = settings.unknown

    @property
    def known(self) -> bool:
        """Whether the face has been seen long enough to say how it rests."""
        return len(self._bins) >= self._settings.known_after_ms / self._settings.bin_ms

    @property
    def noise(self) -> float:
        """Points by which the level falls below rest although nothing happens.

        With the default quantiles 0.76 standard deviations of normal noise. It is taken from below, where smiles do
        not disturb it.
        """
        return self.resting - self.low

    def add(self, t_ms: float, level: float) -> None:
        """Take in the level of a qualifying frame; times must not go back."""
        s = self._settings
        if self._count and t_ms >= self._start_ms + s.bin_ms:
            self._bins.append((self._start_ms, self._sum / self._count))
            self._count = 0
            while self._bins and self._bins[0][0] < t_ms - s.memory_ms:
                self._bins.popleft()
            if self.known:
                values = [value for _, value in self._bins]
                self.low, self.resting, self.high = np.quantile(values, (s.low, s.resting, s.high)).tolist()
        if not self._count:
            self._start_ms, self._sum = t_ms, 0.0
        self._sum += level
        self._count += 1
