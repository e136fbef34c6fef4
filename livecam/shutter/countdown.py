"""A countdown to one picture: 3, 2, 1, and then the best frame of the second after. Pure, as the trigger is.

At zero a trigger of its own is set going that any qualifying frame arms, so the best is judged as it always is: by
its merit among its neighbours, never beside a blink. Where no frame qualifies, it waits a little longer. After that a
person who has asked for a picture gets one all the same: the frame with the least that holds it back.
"""

from __future__ import annotations

import math

from livecam.shutter.decision import Decision, TriggerState
from livecam.shutter.settings import CountdownSettings, TriggerSettings
from livecam.shutter.trigger import Trigger
from livecam.types import Moment

_DEFAULTS = CountdownSettings()
_WHOLE_SCALE = -4.0  # moves any threshold down to 1, so that every qualifying frame arms


class Countdown:
    """Feed it every moment in order; its decision carries ``peak`` once, and then it is over.

    The time is that of the moments: it starts with the first. When the time goes back, it starts again.
    """

    def __init__(self, seconds: float, settings: CountdownSettings = _DEFAULTS) -> None:
        """Count down from seconds, above 0, with the next moment."""
        if not 0 < seconds < math.inf:
            raise ValueError(f"seconds must be above 0, not {seconds}")
        self._settings = settings
        self._length_ms = seconds * 1000
        self._began_ms = self._now_ms = -math.inf
        self._zero_ms: float | None = None  # time of the first moment of the choice
        self._chooser = _chooser(settings)
        self._fallback: Moment | None = None  # taken if no frame qualifies
        self._over = False

    @property
    def over(self) -> bool:
        """Whether it has given its picture."""
        return self._over

    def update(self, moment: Moment) -> Decision:
        """Take the next moment; the decision says what is left, and carries ``peak`` at the end."""
        if moment.t_ms < self._now_ms or not math.isfinite(self._now_ms):
            self._restart(moment.t_ms)
        self._now_ms = moment.t_ms
        left_ms = self._began_ms + self._length_ms - moment.t_ms
        if self._zero_ms is None and left_ms > 0:
            return Decision(TriggerState.WAITING, moment.score, 1.0, counting_ms=left_ms)
        if self._zero_ms is None:
            self._zero_ms = moment.t_ms
        return self._choose(moment, moment.t_ms - self._zero_ms)

    def flush(self) -> Decision | None:
        """End of a file: the decision with the best so far; None when the choice had not begun."""
        if self._zero_ms is None or self._over:
            return None
        last = self._chooser.flush()
        return self._end(last.peak if last is not None and last.peak is not None else self._fallback)

    def _restart(self, t_ms: float) -> None:
        self._began_ms = t_ms
        self._zero_ms = self._fallback = None
        self._chooser = _chooser(self._settings)

    def _choose(self, moment: Moment, since_ms: float) -> Decision:
        if self._fallback is None or _less_held_back(moment, self._fallback):
            self._fallback = moment
        decision = self._chooser.update(moment)
        if decision.peak is not None:
            return self._end(decision.peak)
        armed = decision.state is TriggerState.ARMED
        if not armed and since_ms >= self._settings.choice_ms + self._settings.patience_ms:
            return self._end(self._fallback)
        progress = decision.progress if armed else 0.0
        return Decision(
            TriggerState.ARMED, decision.smoothed, 1.0, progress, waits_for=decision.waits_for, counting_ms=0.0
        )

    def _end(self, peak: Moment | None) -> Decision:
        self._over = True
        return Decision(TriggerState.COOLDOWN, None, 1.0, 1.0, peak)


def _chooser(settings: CountdownSettings) -> Trigger:
    """A trigger that takes the best of the qualifying frames of choice_ms, once."""
    choice_ms = settings.choice_ms
    chooser = Trigger(
        TriggerSettings(
            patience_ms=choice_ms, longest_ms=choice_ms, blink_ms=choice_ms, hold_ms=0.0, drop=5.0, cooldown_ms=1e9
        )
    )
    chooser.shift = _WHOLE_SCALE
    return chooser


def _less_held_back(moment: Moment, other: Moment) -> bool:
    """Whether moment is the better of two frames that nobody would choose: somebody there, fewer reasons, the score."""

    def worth(m: Moment) -> tuple[bool, int, float]:
        return bool(m.counted), -len(m.reasons), m.score or 0.0

    return worth(moment) > worth(other)
