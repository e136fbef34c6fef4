"""Decides when a score has peaked: a pure state machine over moments, whose only clock is ``Moment.t_ms``.

A frame qualifies when no check holds it back. It is judged by its level and its merit once its neighbours on both sides
are known (see ``livecam.shutter.neighbourhood``). Just before and after a blink, where lids still move, nothing is
armed and nothing taken.

A rise of the score is no smile yet. One that is over within a quarter of a second is a word or a twitch, and nothing is
taken; frames in which the jaw opens or closes quickly (a longer word), or the mouth is pressed, pulled to one side or
bares its teeth, neither arm nor are taken (see ``Neighbourhood`` and ``SmileCheck``).

Of several people each has a level; the worst one, beside what arms for this face, speaks for all (see
``GroupBaseline``).

What arms is relative to the person (see ``ScoreBaseline``): a smile is a rise over how this face rests, whatever the
score of that rest. A face that rests high has little left to rise by, so all differences shrink with what is left.
After a shot the trigger waits for the cool-down, and for the score to dip or to rise clearly above the picture it took:
one long smile gives one picture, and a smile that goes on growing a second; so does one that somebody joins.
"""

from __future__ import annotations

import math

from livecam.shutter.decision import Decision, TriggerState
from livecam.shutter.group_baseline import GroupBaseline
from livecam.shutter.neighbourhood import Candidate, Neighbourhood, faces_of
from livecam.shutter.pauses import Pauses
from livecam.shutter.settings import TriggerSettings
from livecam.shutter.states import Armed, Idle, LastPicture
from livecam.types import Moment

__all__ = ["Trigger", "TriggerSettings"]

_DEFAULTS = TriggerSettings()


class Trigger:
    """Feed it every moment in order; it answers whether the shutter fires now, and with which moment.

    It holds at most the frames of the last ``neighbourhood_ms``, the peak and the runners-up.

    shift: points by which a person has moved what arms, up or down.  suspended: nothing is taken, by the wish of a
    person: it goes on learning how the face rests, but is not armed, and what was armed is dropped. Both may be set
    between moments.
    """

    def __init__(self, settings: TriggerSettings = _DEFAULTS) -> None:
        """Start waiting, knowing nothing of the person."""
        self.shift = 0.0
        self.suspended = False
        self._settings = settings
        self._state: Idle | Armed = Idle()
        self._group = GroupBaseline(settings)
        self._frames = Neighbourhood(settings)
        self._pauses = Pauses(settings.gap_ms)
        self._now_ms = -math.inf  # of the newest frame
        self._judged_ms = 0.0  # of the newest frame that was judged
        self._held_back_ms = self._absent_ms = 0.0  # for how long frames have been held back, nobody has been there
        self._waits_for: int | None = None  # when last idle
        self._not_a_smile = False  # whether the frame judged last was not risen for its mouth alone

    def update(self, moment: Moment) -> Decision:
        """Take the next moment; the decision carries ``peak`` when the shutter fires now."""
        if self.suspended and isinstance(self._state, Armed):
            self._state = Idle()
        fired = self._catch_up(moment.t_ms)
        self._now_ms = moment.t_ms
        self._frames.add(moment)
        for complete in self._frames.complete():
            fired = self._judge(complete) or fired
        return self._decision(fired, self._frames.smoothed(self._group))

    def flush(self) -> Decision | None:
        """End of a file: the decision with the armed peak, None when nothing was armed."""
        fired = self._settle()
        return self._decision(fired, None) if fired else None

    def settle(self) -> Decision | None:
        """Nothing new comes for a while: the decision with the armed peak, None when nothing was armed.

        The last frame stands for the time since: a rise that it ends with has lasted.
        """
        fired: list[Candidate] = []
        for moment in self._frames.remaining():
            fired = self._judge(moment) or fired
        if not fired and isinstance(self._state, Armed) and self._state.risen:
            self._state.risen_ms = math.inf
        fired = fired or self._fire()
        return self._decision(fired, None) if fired else None

    def _catch_up(self, t_ms: float) -> list[Candidate]:
        """After a gap, or when time has gone back, finish what was going on and begin anew."""
        interval_ms = t_ms - self._now_ms
        if not self._pauses.is_gap(interval_ms) and interval_ms >= 0:
            return []
        fired = self._settle()
        cool_until_ms = self._state.cool_until_ms if isinstance(self._state, Idle) else -math.inf
        cooling = bool(fired)
        if t_ms < self._now_ms:
            # The old clock says nothing about the new one: start over, but never shoot twice in a row.
            cooling = cooling or cool_until_ms > self._now_ms
            cool_until_ms = -math.inf
            self._group.forget()
        self._state = Idle(t_ms + self._settings.cooldown_ms if cooling else cool_until_ms)
        self._judged_ms = t_ms
        self._held_back_ms = self._absent_ms = 0.0
        return fired

    def _settle(self) -> list[Candidate]:
        """Judge what is pending by the neighbours it has, and take the peak if there is one."""
        fired: list[Candidate] = []
        for moment in self._frames.remaining():
            fired = self._judge(moment) or fired
        return fired or self._fire()

    def _judge(self, moment: Moment) -> list[Candidate]:
        """Move the state on by one frame whose neighbours are known; the peak and runners-up if it fires."""
        s = self._settings
        step_ms = max(moment.t_ms - self._judged_ms, 0.0)
        self._judged_ms = moment.t_ms
        self._absent_ms = 0.0 if moment.counted else self._absent_ms + step_ms
        if self._absent_ms >= s.absence_ms:
            self._group.forget()
        overdue = isinstance(self._state, Armed) and self._state.is_overdue(moment.t_ms, s)
        if not moment.reasons and self._frames.lids_move(moment.t_ms):
            return self._fire() if overdue else []
        candidate = self._frames.candidate(moment, self._group)
        self._not_a_smile = candidate is not None and candidate.not_a_smile and candidate.level >= self._threshold()
        if candidate is None:
            self._held_back_ms += step_ms
            if self._held_back_ms >= s.gap_ms and isinstance(self._state, Idle):
                self._state.last = None
            return self._fire() if overdue or self._held_back_ms > s.blink_ms else []
        self._held_back_ms = 0.0
        self._group.add(moment.t_ms, candidate.levels, faces_of(moment))
        if isinstance(self._state, Idle):
            self._group.set_thresholds()
            if len(candidate.levels) > 1:  # where somebody has come or gone, what arms is another than a moment ago
                candidate = self._frames.candidate(moment, self._group) or candidate
            self._waits_for = self._group.waits_for(candidate.levels)
            ready = self._state.is_ready(candidate, self._group, self.shift, s)
            if ready and not self.suspended and self._risen(candidate):
                self._state = Armed(moment.t_ms, [candidate], candidate.merit)
            return []
        self._state.watch(candidate, step_ms, risen=self._risen(candidate), settings=s)
        return self._fire() if self._state.is_over(candidate.t_ms, self._group.scale, s) else []

    def _risen(self, candidate: Candidate) -> bool:
        return candidate.level >= self._threshold() and not candidate.not_a_smile

    def _fire(self) -> list[Candidate]:
        """Disarm; the peak and the runners-up, best first, or nothing when it was not armed for long enough."""
        if isinstance(self._state, Idle):
            return []
        armed, self._state = self._state, Idle()
        if armed.risen_ms < self._settings.hold_ms:
            return []
        group = self._group
        self._state.cool_until_ms = self._now_ms + self._settings.cooldown_ms
        peak = armed.best[0]
        people = frozenset(peak.levels)
        self._state.last = LastPicture(peak.level, group.threshold, group.scale, group.known, people)
        return armed.best

    def _threshold(self) -> float:
        """What arms: the threshold of this face, moved as the person wants it."""
        return min(max(self._group.threshold + self.shift, 1.0), 5.0)

    def _decision(self, fired: list[Candidate], smoothed: float | None) -> Decision:
        threshold, state, rest = self._threshold(), self._state, self._group.resting if self._group.known else None
        if fired:
            peak, *others = (candidate.moment for candidate in fired)
            return Decision(TriggerState.COOLDOWN, smoothed, threshold, 1.0, peak, tuple(others), resting=rest)
        if isinstance(state, Armed):
            progress = state.progress(self._judged_ms, self._group.scale, self._settings)
            return Decision(TriggerState.ARMED, smoothed, threshold, progress, resting=rest)
        if self._judged_ms < state.cool_until_ms or state.last is not None:
            return Decision(TriggerState.COOLDOWN, smoothed, threshold, resting=rest)
        if smoothed is None:
            return Decision(TriggerState.WAITING, None, threshold, resting=rest)
        waits_for, no_smile = self._waits_for, self._not_a_smile
        return Decision(
            TriggerState.WAITING, smoothed, threshold, waits_for=waits_for, not_a_smile=no_smile, resting=rest
        )
