"""What a person asks of the shutter while a run goes on: auto or not, a countdown, a higher or lower threshold."""

from __future__ import annotations

import math
import threading
from dataclasses import replace

from livecam.shutter.countdown import Countdown
from livecam.shutter.decision import Decision
from livecam.shutter.settings import CountdownSettings
from livecam.shutter.trigger import Trigger
from livecam.types import Moment

STEP = 0.1  # points by which a key moves the threshold; set by hand
FARTHEST = 1.5  # points by which it can be moved at most; set by hand
_COUNTDOWN_DEFAULTS = CountdownSettings()


class ShutterControl:
    """A shutter (``livecam.pipeline.Shutter``) that a person commands from another thread.

    By itself it does what the trigger does. Without ``auto``, and while a countdown runs, the trigger goes on learning
    how the face rests but takes nothing.
    """

    def __init__(
        self, trigger: Trigger, *, countdown_s: float = 3.0, countdown: CountdownSettings = _COUNTDOWN_DEFAULTS
    ) -> None:
        """Take over trigger. countdown_s: how far a countdown counts, seconds, above 0.  countdown: how it ends."""
        self.countdown_s = countdown_s
        self._countdown_settings = countdown
        self._trigger = trigger
        self._lock = threading.Lock()
        self._auto = True
        self._drop_armed = False
        self._countdown: Countdown | None = None
        self._countdown_over_ms = -math.inf

    @property
    def auto(self) -> bool:
        """Whether pictures are taken by themselves."""
        return self._auto

    @property
    def counting(self) -> bool:
        """Whether a countdown runs."""
        return self._countdown is not None

    @property
    def shift(self) -> float:
        """Points by which the person has moved the threshold."""
        return self._trigger.shift

    def toggle_auto(self) -> None:
        """Take pictures by itself, or no longer."""
        with self._lock:
            self._auto = not self._auto

    def toggle_countdown(self) -> None:
        """Start a countdown, or break it off."""
        with self._lock:
            running = self._countdown is not None
            self._countdown = None if running else Countdown(self.countdown_s, self._countdown_settings)

    def move_threshold(self, points: float) -> None:
        """Move the threshold, at most FARTHEST points from where it is by itself."""
        with self._lock:
            moved = round(self._trigger.shift + points, 6)
            self._trigger.shift = min(max(moved, -FARTHEST), FARTHEST)

    def rest(self) -> None:
        """Drop what is armed or counted: the run pauses, or goes on after a pause."""
        with self._lock:
            self._drop_armed = True
            self._countdown = None

    def update(self, moment: Moment) -> Decision:
        """Take the next moment into account."""
        with self._lock:
            countdown = self._countdown
            since_countdown_ms = moment.t_ms - self._countdown_over_ms
            just_counted = 0 <= since_countdown_ms < self._countdown_settings.after_ms
            self._trigger.suspended = self._drop_armed or not self._auto or countdown is not None or just_counted
            self._drop_armed = False
            decision = self._trigger.update(moment)
            if countdown is None:
                return decision
            counted = countdown.update(moment)
            if countdown.over:
                self._countdown, self._countdown_over_ms = None, moment.t_ms
            # The person's own threshold is shown throughout, not the countdown's.
            return replace(counted, threshold=decision.threshold, smoothed=decision.smoothed)

    def flush(self) -> Decision | None:
        """Decide at the end of the stream."""
        with self._lock:
            if self._countdown is None:
                return self._trigger.flush()
            last, self._countdown = self._countdown.flush(), None
            return last

    def settle(self) -> Decision | None:
        """Decide while nothing new comes for a while; a countdown waits for the next moment."""
        with self._lock:
            return self._trigger.settle() if self._countdown is None else None
