"""The two states of a trigger: idle, with what is left of the last picture, and armed, with the best frames so far."""

from __future__ import annotations

import math
from dataclasses import dataclass

from livecam.shutter.group_baseline import GroupBaseline
from livecam.shutter.neighbourhood import Candidate
from livecam.shutter.settings import TriggerSettings


@dataclass(frozen=True, slots=True)
class LastPicture:
    """What is remembered of the last picture: its level, and the group as it was when that was taken.

    known: whether it was known how everybody rests.  people: who is in it.
    """

    level: float
    threshold: float
    scale: float
    known: bool
    people: frozenset[int | None]


@dataclass(slots=True)
class Idle:
    """Nothing is armed, and nothing will be before cool_until_ms.

    last: the last picture, until the score has dipped below its threshold or risen above the picture, or somebody has
    joined those who are in it.
    """

    cool_until_ms: float = -math.inf
    last: LastPicture | None = None

    def is_ready(self, candidate: Candidate, group: GroupBaseline, shift: float, settings: TriggerSettings) -> bool:
        """Whether candidate may arm as far as the last picture goes. shift: points that a person moved what arms by."""
        if self.last is not None:
            joined = self.last.people < candidate.levels.keys()
            if joined or _has_left(self.last, candidate.level, group, shift, settings):
                self.last = None
        return self.last is None and candidate.t_ms >= self.cool_until_ms


def _has_left(last: LastPicture, level: float, group: GroupBaseline, shift: float, settings: TriggerSettings) -> bool:
    """Whether the level has left what the last picture shows, so that the next rise is another one."""
    dip = settings.dip * last.scale
    # Moved down, the threshold may lie below rest, where nothing dips: then the face's own still counts.
    high = min(last.threshold, group.threshold) + max(shift, 0.0)
    if level <= high - dip or level >= last.level + settings.better * last.scale:
        return True
    # It has turned out that a picture of a face not known yet shows it at rest: there is nothing to dip from.
    return not last.known and group.known and group.resting >= last.level - dip


@dataclass(slots=True)
class Armed:
    """A rise is being watched.

    best: the peak first, then the runners-up; never empty.  stalled_merit: of the frame since which, for stalled_ms,
    nothing better has come; a slow rise counts once it adds up.  fallen: points below the peak.  risen: whether the
    last frame counted as risen.  risen_ms: for how long frames did.
    """

    since_ms: float
    best: list[Candidate]
    stalled_merit: float
    stalled_ms: float = 0.0
    fallen: float = 0.0
    risen: bool = True
    risen_ms: float = 0.0

    def watch(self, candidate: Candidate, step_ms: float, *, risen: bool, settings: TriggerSettings) -> None:
        """Take in the next frame, step_ms after the one before."""
        if self.risen:
            self.risen_ms += step_ms
        self.risen = risen
        self.stalled_ms += step_ms
        if not candidate.not_a_smile:
            if candidate.merit > self.stalled_merit + settings.min_gain:
                self.stalled_ms, self.stalled_merit = 0.0, candidate.merit
            self.best = _spaced([*self.best, candidate], settings.spacing_ms, settings.runners_up + 1)
        self.fallen = max(self.best[0].level - candidate.level, 0.0)

    def is_overdue(self, t_ms: float, settings: TriggerSettings) -> bool:
        """Whether the peak so far is taken at t_ms, whatever may come."""
        return t_ms - self.since_ms >= settings.longest_ms

    def is_over(self, t_ms: float, scale: float, settings: TriggerSettings) -> bool:
        """Whether it is clear at t_ms that nothing better comes. scale: the group's."""
        # A frame is judged neighbourhood_ms after it was seen.
        stalled = self.stalled_ms >= settings.patience_ms - settings.neighbourhood_ms
        # A rise that has fallen and is still one has not ended: whether it was a word is not known before hold_ms.
        undecided = self.risen and self.risen_ms < settings.hold_ms
        fallen = self.fallen >= settings.drop * scale and not undecided
        return stalled or fallen or self.is_overdue(t_ms, settings)

    def progress(self, t_ms: float, scale: float, settings: TriggerSettings) -> float:
        """Return how near the picture is at t_ms, 0..1. scale: the group's."""
        stalled = self.stalled_ms / (settings.patience_ms - settings.neighbourhood_ms)
        overdue = (t_ms - self.since_ms) / settings.longest_ms
        lasted = self.risen_ms / settings.hold_ms if settings.hold_ms else 1.0
        return min(max(stalled, overdue, self.fallen / (settings.drop * scale)), lasted, 1.0)


def _spaced(candidates: list[Candidate], spacing_ms: float, most: int) -> list[Candidate]:
    """The best by merit, no two nearer than spacing_ms; of equals the earlier."""
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: -c.merit):
        if all(abs(candidate.t_ms - k.t_ms) >= spacing_ms for k in kept):
            kept.append(candidate)
    return kept[:most]
