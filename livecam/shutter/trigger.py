"""Decides when a score has peaked: a pure state machine over moments, whose only clock is ``Moment.t_ms``.

A frame qualifies when no check holds it back. It is judged only once its neighbours on both sides are known
(100 ms later), by two numbers:

- its *level*, the median score of the qualifying frames within 100 ms of it. The level arms the trigger, tells
  that the score has fallen, and makes up the person's history. A median, because one noisy frame must not arm it;
  within a time and not a count, so that 15 and 60 frames a second behave alike.
- its *merit*, three parts level and one part its own score. The merit chooses the peak: a frame's own score alone
  would let a one-frame spike of noise beat a steadily good one, the level alone would not tell the best frame from its
  neighbours.

A frame most of whose neighbours are held back is held back too: one "open" frame within a blink is an error. Just
before and after a blink, where lids still move, nothing is armed and nothing taken.

A rise of the score is no smile yet. One that is over within a quarter of a second is a word or a twitch, and nothing is
taken; frames in which the mouth is pressed or pulled to one side neither arm nor are taken (see ``SmileCheck``).

Of several people each has a level; the worst one, beside what arms for this face, speaks for all (see
``GroupBaseline``).

What arms is relative to the person (see ``ScoreBaseline``): a smile is a rise over how this face rests, whatever the
score of that rest. A face that rests high has little left to rise by, so all differences shrink with what is left.
After a shot the trigger waits for the cool-down, and for the score to dip or to rise clearly above the picture it took:
one held smile, however long, gives one picture, and a smile that goes on growing a second.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from dataclasses import dataclass

from livecam.shutter.decision import Decision, TriggerState
from livecam.shutter.group_baseline import Faces, GroupBaseline, Levels
from livecam.shutter.settings import TriggerSettings
from livecam.types import Moment, Reason

__all__ = ["Trigger", "TriggerSettings"]

_DEFAULTS = TriggerSettings()
_OWN_SHARE = 0.25
_OTHERS = 0.25  # of several, how much those who are better than the worst have in a frame's merit
_BETTER = 0.01  # less is rounding, which must not keep the shutter waiting
_EYES = frozenset((Reason.EYES_CLOSED, Reason.LEFT_EYE_CLOSED, Reason.RIGHT_EYE_CLOSED))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is remembered of a frame as a neighbour. scores: each person's; None when it is held back."""

    t_ms: float
    scores: Levels | None
    blink: bool


@dataclass(frozen=True, slots=True)
class _Last:
    """What is remembered of the last picture. threshold, ease, stranger: as they were when it was taken."""

    level: float
    threshold: float
    scale: float
    stranger: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """A frame that may be taken, unless it is doubted."""

    moment: Moment
    levels: Levels
    level: float
    merit: float
    not_a_smile: bool

    @property
    def t_ms(self) -> float:
        return self.moment.t_ms


class Trigger:
    """Feed it every moment in order; it answers whether the shutter fires now, and with which moment.

    It holds at most the frames of the last ``neighbourhood_ms``, the peak and the runners-up.

    shift: points by which a person has moved what arms, up or down.  held: a person holds the shutter: it goes on
    learning how the face rests, but is not armed, and what was armed is dropped. Both may be set between moments.
    """

    def __init__(self, settings: TriggerSettings = _DEFAULTS) -> None:
        """Start waiting, knowing nothing of the person."""
        self.shift = 0.0
        self.held = False
        self._settings = settings
        self._group = GroupBaseline(settings)
        self._waits_for: int | None = None
        self._doubted = False  # whether the last frame was not risen for its mouth alone
        self._seen: deque[_Seen] = deque()
        self._pending: deque[Moment] = deque()
        self._now = -math.inf
        self._best: list[_Candidate] = []  # the peak first; empty unless armed
        self._armed_t_ms = self._judged_t_ms = 0.0
        self._idle_ms = self._held_back_ms = self._absent_ms = 0.0
        self._idle_merit = 0.0  # of the frame since which nothing better came; a slow rise counts once it adds up
        self._fallen = 0.0
        self._above, self._above_ms = False, 0.0  # whether the last frame counted as risen, and how long they did
        self._shut_ms = -math.inf  # when an eye was last seen closed
        self._cool_until_ms = -math.inf
        self._last: _Last | None = None  # the last picture, until the score has dipped

    def update(self, moment: Moment) -> Decision:
        """Take the next moment; the decision carries ``peak`` when the shutter fires now."""
        if self.held:
            self._best = []
        fired = self._catch_up(moment.t_ms)
        self._now = moment.t_ms
        scores = None if moment.reasons else _scores(moment)
        self._seen.append(_Seen(moment.t_ms, scores, not _EYES.isdisjoint(moment.reasons)))
        self._pending.append(moment)
        while self._pending[0].t_ms <= moment.t_ms - self._settings.neighbourhood_ms:
            fired = self._judge(self._pending.popleft()) or fired
        while self._seen[0].t_ms < self._pending[0].t_ms - self._settings.neighbourhood_ms:
            self._seen.popleft()
        return self._decision(fired, self._smoothed(scores))

    def flush(self) -> Decision | None:
        """End of a file: the decision with the armed peak, None when nothing was armed."""
        fired = self._settle()
        return self._decision(fired, None) if fired else None

    def _catch_up(self, t_ms: float) -> list[_Candidate]:
        """After a gap, or when time has gone back, finish what was going on and begin anew."""
        if self._now <= t_ms <= self._now + self._settings.gap_ms:
            return []
        fired = self._settle()
        cooling = bool(fired)
        if t_ms < self._now:
            # The old clock says nothing about the new one: start over, but never shoot twice in a row.
            cooling = cooling or self._cool_until_ms > self._now
            self._cool_until_ms = -math.inf
            self._group.forget()
        if cooling:
            self._cool_until_ms = t_ms + self._settings.cooldown_ms
        self._judged_t_ms = t_ms
        self._last = None
        self._shut_ms = -math.inf
        self._held_back_ms = self._absent_ms = 0.0
        return fired

    def _settle(self) -> list[_Candidate]:
        """Judge what is pending by the neighbours it has, and take the peak if there is one."""
        fired: list[_Candidate] = []
        while self._pending:
            fired = self._judge(self._pending.popleft()) or fired
        self._seen.clear()
        return fired or self._fire()

    def _judge(self, moment: Moment) -> list[_Candidate]:
        """Move the state on by one frame whose neighbours are known; the peak and runners-up if it fires."""
        s = self._settings
        step_ms = max(moment.t_ms - self._judged_t_ms, 0.0)
        self._judged_t_ms = moment.t_ms
        self._absent_ms = 0.0 if moment.counted else self._absent_ms + step_ms
        if self._absent_ms >= s.absence_ms:
            self._group.forget()
        if not _EYES.isdisjoint(moment.reasons):
            self._shut_ms = moment.t_ms
        elif not moment.reasons and self._lids_move(moment.t_ms):
            return self._fire() if self._overdue(moment.t_ms) else []
        candidate = self._candidate(moment)
        self._doubted = candidate is not None and candidate.not_a_smile and candidate.level >= self._shifted()
        if candidate is None:
            self._held_back_ms += step_ms
            if self._held_back_ms >= s.gap_ms:
                self._last = None
            return self._fire() if self._held_back_ms > s.blink_ms or self._overdue(moment.t_ms) else []
        self._held_back_ms = 0.0
        self._group.add(moment.t_ms, candidate.levels, _faces(moment))
        if self._best:
            return self._watch(candidate, step_ms)
        self._group.set_thresholds()
        self._waits_for = self._group.last(candidate.levels)
        if self._may_arm(candidate) and self._risen(candidate):
            self._best, self._armed_t_ms = [candidate], moment.t_ms
            self._idle_ms = self._fallen = self._above_ms = 0.0
            self._idle_merit = candidate.merit
            self._above = True
        return []

    def _watch(self, candidate: _Candidate, step_ms: float) -> list[_Candidate]:
        """While armed: keep the best, and fire once it is clear that it was the best."""
        s = self._settings
        if self._above:
            self._above_ms += step_ms
        self._above = self._risen(candidate)
        self._idle_ms += step_ms
        if not candidate.not_a_smile:
            if candidate.merit > self._idle_merit + _BETTER:
                self._idle_ms, self._idle_merit = 0.0, candidate.merit
            self._best = _spaced([*self._best, candidate], s.spacing_ms, s.runners_up + 1)
        self._fallen = max(self._best[0].level - candidate.level, 0.0)
        waited = self._idle_ms >= s.patience_ms - s.neighbourhood_ms
        fallen = self._fallen >= s.drop * self._group.scale
        return self._fire() if waited or fallen or self._overdue(candidate.t_ms) else []

    def _risen(self, candidate: _Candidate) -> bool:
        return candidate.level >= self._shifted() and not candidate.not_a_smile

    def _overdue(self, t_ms: float) -> bool:
        return bool(self._best) and t_ms - self._armed_t_ms >= self._settings.longest_ms

    def _fire(self) -> list[_Candidate]:
        """Disarm; the peak and the runners-up, best first, or nothing when it was not armed for long enough."""
        fired, self._best = self._best, []
        if self._above_ms < self._settings.hold_ms:
            return []
        if fired:
            self._cool_until_ms = self._now + self._settings.cooldown_ms
            self._last = _Last(fired[0].level, self._group.threshold, self._group.scale, not self._group.known)
        return fired

    def _may_arm(self, candidate: _Candidate) -> bool:
        """Whether the cool-down is over and the score has dipped, or risen, since the last picture."""
        s = self._settings
        last = self._last
        if last is not None:
            # Moved down, the threshold may lie below rest, where nothing dips: then the face's own still counts.
            high = min(last.threshold, self._group.threshold) + max(self.shift, 0.0)
            dipped = candidate.level <= high - s.dip * last.scale
            better = candidate.level >= last.level + s.better * last.scale
            # It has turned out that the picture of a stranger shows the face at rest: there is nothing to dip from.
            at_rest = last.stranger and self._group.known and self._group.resting >= last.level - s.dip * last.scale
            if dipped or better or at_rest:
                self._last = None
        return not self.held and self._last is None and candidate.t_ms >= self._cool_until_ms

    def _candidate(self, moment: Moment) -> _Candidate | None:
        """The frame with its level and merit; None when it, or most of its neighbourhood, is held back."""
        near = [n for n in self._seen if abs(n.t_ms - moment.t_ms) <= self._settings.neighbourhood_ms]
        scores = [n.scores for n in near if n.scores is not None]
        if moment.reasons or 2 * len(scores) < len(near):
            return None
        own = _scores(moment)
        levels = {person: statistics.median(n[person] for n in scores if person in n) for person in own}
        merits = {person: (1 - _OWN_SHARE) * levels[person] + _OWN_SHARE * own[person] for person in own}
        level, merit = self._group.level(levels), self._group.level(merits, _OTHERS)
        return _Candidate(moment, levels, level, merit, self._group.is_no_smile(_faces(moment)))

    def _lids_move(self, t_ms: float) -> bool:
        """Whether the eyes have just been shut or are about to be."""
        soon = any(n.blink and 0 <= n.t_ms - t_ms <= self._settings.neighbourhood_ms for n in self._seen)
        return soon or t_ms - self._shut_ms <= self._settings.lids_ms

    def _shifted(self) -> float:
        """What arms: the threshold of this face, moved as the person wants it."""
        return min(max(self._group.threshold + self.shift, 1.0), 5.0)

    def _smoothed(self, scores: Levels | None) -> float | None:
        """Mean of the qualifying scores of the last ``neighbourhood_ms``, for the screen."""
        if scores is None:
            return None
        since = self._seen[-1].t_ms - self._settings.neighbourhood_ms
        near = [n.scores for n in self._seen if n.scores is not None and n.t_ms >= since]
        means = {person: statistics.fmean(n[person] for n in near if person in n) for person in scores}
        return min(max(self._group.level(means), 1.0), 5.0)

    def _decision(self, fired: list[_Candidate], smoothed: float | None) -> Decision:
        s = self._settings
        if fired:
            peak, *others = (c.moment for c in fired)
            return Decision(TriggerState.COOLDOWN, smoothed, self._shifted(), 1.0, peak, tuple(others))
        if self._best:
            waited = self._idle_ms / (s.patience_ms - s.neighbourhood_ms)
            overdue = (self._judged_t_ms - self._armed_t_ms) / s.longest_ms
            progress = max(waited, overdue, self._fallen / (s.drop * self._group.scale))
            held = self._above_ms / s.hold_ms if s.hold_ms else 1.0
            return Decision(TriggerState.ARMED, smoothed, self._shifted(), min(progress, held, 1.0))
        cooling = self._judged_t_ms < self._cool_until_ms
        state = TriggerState.COOLDOWN if cooling or self._last is not None else TriggerState.WAITING
        ready = state is TriggerState.WAITING and smoothed is not None
        waits_for = self._waits_for if ready else None
        return Decision(state, smoothed, self._shifted(), waits_for=waits_for, not_a_smile=ready and self._doubted)


def _scores(moment: Moment) -> Levels:
    """The score of everybody who counts; the worst of those whom nobody follows."""
    scores: dict[int | None, float] = {}
    for face in moment.counted:
        scores[face.person] = min(face.score.value, scores.get(face.person, 5.0))
    return scores


def _faces(moment: Moment) -> Faces:
    return {one.person: one.face for one in moment.counted}


def _spaced(candidates: list[_Candidate], spacing_ms: float, most: int) -> list[_Candidate]:
    """The best by merit, no two nearer than spacing_ms; of equals the earlier."""
    kept: list[_Candidate] = []
    for candidate in sorted(candidates, key=lambda c: -c.merit):
        if all(abs(candidate.t_ms - k.t_ms) >= spacing_ms for k in kept):
            kept.append(candidate)
    return kept[:most]
