"""How quickly the new pictures of a camera usually come, and from when on the next one is late."""

from __future__ import annotations

import statistics
from collections import deque

from livecam.sources.reader_settings import READER_DEFAULTS

_DOUBLED = 10  # times at most: what is larger is longer than any camera is waited for


class Tempo:
    """See ``livecam.sources.reader_settings``.

    in_vain: how often it was opened again since the last new picture, and froze again.  stall_s: so long after a new
    picture the next one is late.  slow: they come, but few.
    """

    def __init__(self) -> None:
        self.stall_s = READER_DEFAULTS.stall_s
        self.slow = False
        self.in_vain = 0
        self._intervals_s: deque[float] = deque(maxlen=READER_DEFAULTS.steady)  # between the last new pictures
        self._silences: deque[tuple[float, float]] = deque()  # when they ended, and how long they were
        self._slow_since_s = 0.0

    @property
    def reopen_s(self) -> float:
        """So long after a new picture, or after it was opened, a camera that gives the same one again and again hangs.

        One that is slow gives it, too, and opening it again is no help.
        """
        settings = READER_DEFAULTS
        late_s = self.stall_s if self.stall_s > settings.stall_s else 0.0
        return min(max(settings.reopen_s, late_s) * 2.0 ** min(self.in_vain, _DOUBLED), settings.longest_stall_s)

    def note(self, captured_s: float, interval_s: float, *, seen: bool, anew: bool) -> None:
        """Take in that a new picture came, interval_s after the one before. anew: the camera was opened in between.

        seen: something was on the one before.
        """
        settings = READER_DEFAULTS
        usual_s = self._usual_s(captured_s, interval_s, seen=seen, anew=anew)
        self.in_vain = 0
        self.stall_s = min(max(settings.stall_s, settings.stall_intervals * usual_s), settings.longest_stall_s)
        enough = len(self._intervals_s) >= (2 if usual_s > settings.stall_s else settings.steady)
        slow = enough and usual_s > (settings.quick_s if self.slow else settings.slow_s)
        if slow and not self.slow:
            self._slow_since_s = captured_s
        self.slow = slow or (self.slow and captured_s - self._slow_since_s < settings.hold_s)

    def _usual_s(self, captured_s: float, interval_s: float, *, seen: bool, anew: bool) -> float:
        """The usual interval; of bursts that between them."""
        settings = READER_DEFAULTS
        if not seen and self._intervals_s:  # the same one may have come all the while
            interval_s = min(interval_s, statistics.median(self._intervals_s))
        quick_before = bool(self._intervals_s) and self._intervals_s[-1] < settings.slow_s
        if interval_s > settings.silence_s and quick_before and not anew:
            self._silences.append((captured_s, interval_s))
        while self._silences and self._silences[0][0] < captured_s - settings.silences_s:
            self._silences.popleft()
        self._intervals_s.append(interval_s)
        between_bursts_s = min(silence_s for _, silence_s in self._silences) if len(self._silences) > 1 else 0.0
        steady = sorted(self._intervals_s)[: max(len(self._intervals_s) - 1, 1)]  # one gap changes nothing
        return max(statistics.fmean(steady), between_bursts_s)
