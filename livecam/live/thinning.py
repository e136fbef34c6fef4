"""Which frames of a live source are left out on purpose where the computer cannot look at all of them.

A computer that is too slow would drop frames as it happens, and those that it looks at would have waited for the one
before. Every second one, or third, comes in even steps, and finds nobody busy.
"""

from __future__ import annotations

import math
import statistics
import threading
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ThinningSettings:
    """When frames are left out, and when no longer. All set by hand.

    window: frames whose median work and interval count; fewer whose work does where frames are left out.  overload:
    work over interval from which on frames are left out, above 1: what is a little too slow loses fewer frames by
    chance than by plan.  spare: fewer are left out again once the work would fill no more than this share of the time.
    first_hold_ms, longest_hold_ms: for so long it has to be so; longer each time that it was a mistake, which shows
    within a minute.  full_holds: so many times as long, where the work would fill more than that share, but no more
    than all of the time: else one hiccup would leave out every second frame for the rest of the evening.  most: frames
    of which one is looked at, at the most.

    What leaving frames out does was measured on 29 November 2026. On two cores of an AMD EPYC (AVX2) with much other
    work, at 1.2 to 1.3 times the work that there is time for, a frame is 190 ms old when it is decided on instead of
    335, for finder and scorer get into each other's way less, and 5.1 frames a second are analysed instead of 6.5. The
    trigger takes the same: of the dev clips, in a simulation of this class at a load of 1.1 to 5.1, 20 of 32 smiles
    with and without (once 21), and pictures as good. So neither overload nor spare can be told apart by what is taken.
    Simulated with work that varies by a fifth, overload 1.15 begins to leave out at a load of 1.0 now and then (1.0
    does at 0.9, 1.3 at 1.1), and spare 0.9 changes its mind up to twice as often as 0.8 and 0.65.
    """

    window: int = 20
    overload: float = 1.15
    spare: float = 0.8
    first_hold_ms: float = 3000.0
    longest_hold_ms: float = 60_000.0
    full_holds: int = 20
    most: int = 15


THINNING_DEFAULTS = ThinningSettings()
_FEWEST = 5  # frames whose median work says something; set by hand
_LATE = 0.5  # intervals by which a frame may be late, as cameras are by chance; set by hand


class Thinning:
    """Tells which frames to look at. Pure: its clock is the frames' own; one thread offers, another tells of work.

    every: of so many frames one is looked at; 1: all are.
    """

    def __init__(self) -> None:
        """All are looked at."""
        self.every = 1
        self._lock = threading.Lock()
        self._work_ms: deque[float] = deque(maxlen=THINNING_DEFAULTS.window)
        self._intervals_ms: deque[float] = deque(maxlen=THINNING_DEFAULTS.window)
        self._last_ms: float | None = None
        self._count, self._taken_ms = 0, 0.0
        self._interval_ms = 0.0  # the usual one when it was decided how many are left out
        self._spare_since_ms: float | None = None
        self._eased_ms = -math.inf  # when fewer were left out, last
        self._hold_ms = THINNING_DEFAULTS.first_hold_ms

    def add_work(self, find_ms: float, decide_ms: float) -> None:
        """A frame was looked at. The two are done at the same time, of two frames: the longer one is what holds up."""
        with self._lock:
            self._work_ms.append(max(find_ms, decide_ms))

    def takes(self, t_ms: float) -> bool:
        """Whether the frame that came at t_ms is to be looked at; each is asked for once, in order."""
        with self._lock:
            if self._last_ms is not None and t_ms > self._last_ms:
                self._intervals_ms.append(t_ms - self._last_ms)
            self._last_ms = t_ms
            self._count += 1
            if self._count < self.every and not self._is_late(t_ms):
                return False
            self._count, self._taken_ms = 0, t_ms
            # Fewer where frames are left out: twenty of one in fifteen take ten seconds.
            enough = max(THINNING_DEFAULTS.window // self.every, _FEWEST)
            if len(self._work_ms) >= enough and len(self._intervals_ms) == THINNING_DEFAULTS.window:
                work_ms = statistics.median(list(self._work_ms)[-enough:])
                self._adapt(t_ms, work_ms / statistics.median(self._intervals_ms))
            return True

    def _is_late(self, t_ms: float) -> bool:
        """Whether the camera has become so slow that the frame to be looked at next would have come by now."""
        return t_ms - self._taken_ms > (self.every + _LATE) * self._interval_ms

    def _adapt(self, t_ms: float, load: float) -> None:
        """load: intervals that the work on a frame takes."""
        settings = THINNING_DEFAULTS
        if load > settings.overload * self.every or (self.every > 1 and load > self.every):
            mistaken = t_ms - self._eased_ms < settings.longest_hold_ms + self._hold_ms
            self._hold_ms = min(2 * self._hold_ms, settings.longest_hold_ms) if mistaken else settings.first_hold_ms
            self._change(min(math.ceil(load), settings.most))
            return
        fewer, hold_ms = max(math.ceil(load / settings.spare), 1), self._hold_ms
        if fewer >= self.every:
            fewer, hold_ms = max(math.ceil(load), 1), settings.full_holds * self._hold_ms
        if fewer >= self.every:
            self._spare_since_ms = None
        elif self._spare_since_ms is None:
            self._spare_since_ms = t_ms
        elif t_ms - self._spare_since_ms >= hold_ms:
            self._eased_ms = t_ms
            self._change(fewer)

    def _change(self, every: int) -> None:
        self.every, self._interval_ms = every, statistics.median(self._intervals_ms)
        self._spare_since_ms = None
        self._work_ms.clear()  # beside other frames it takes another time
