"""How the people in a picture stand to the way each of them rests: what the trigger knows of a group.

One person's level is the level. Of several, each level is seen beside the person's own threshold, and the worst of them
speaks for all.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from livecam.shutter.baseline import ScoreBaseline
from livecam.shutter.settings import TriggerSettings
from livecam.shutter.smile_check import SmileCheck
from livecam.types import Face

_UNREST_GAIN, _UNREST_MOST = 6.0, 1.0
_MEMORY_MS = 60_000.0  # as long as a history reaches back

Levels = Mapping[int | None, float]  # of each person, points of the 1..5 scale
Faces = Mapping[int | None, Face]


@dataclass(slots=True)
class _Person:
    history: ScoreBaseline
    smile_check: SmileCheck
    seen_ms: float
    threshold: float
    scale: float


class GroupBaseline:
    """The histories of those who count, and one scale for all of them, in points.

    threshold: what arms, the mean of theirs.  persons: who was in the last picture.
    """

    def __init__(self, limits: TriggerSettings) -> None:
        """Nobody is known."""
        self._limits = limits
        self._people: dict[int | None, _Person] = {}
        self._present: tuple[int | None, ...] = ()
        self._stranger = ScoreBaseline()
        self.threshold = self._threshold(self._stranger, several=False)

    @property
    def known(self) -> bool:
        """Whether everybody present has been seen long enough to say how the face rests."""
        return bool(self._present) and all(self._people[p].history.known for p in self._present)

    @property
    def resting(self) -> float:
        """The level at which the group rests, on the scale of ``level``."""
        rests = {p: self._people[p].history.resting for p in self._present}
        return self.level(rests) if rests else self._stranger.resting

    @property
    def scale(self) -> float:
        """What differences are multiplied by, 0.1..1: less than 1 where half the way to 5 is less than the rise."""
        scales = [self._scale(self._people[p].history) for p in self._present]
        return statistics.fmean(scales) if scales else self._scale(self._stranger)

    def add(self, t_ms: float, levels: Levels, faces: Faces) -> None:
        """Take in everybody's level and face in a qualifying frame; times must not go back."""
        for person, level in levels.items():
            one = self._people.setdefault(person, self._new(t_ms))
            one.seen_ms = t_ms
            one.history.add(t_ms, level)
            one.smile_check.add(t_ms, faces[person], risen=level >= one.threshold)
        self._present = tuple(levels)
        for person in [p for p, one in self._people.items() if t_ms - one.seen_ms > _MEMORY_MS]:
            del self._people[person]

    def set_thresholds(self) -> None:
        """Say anew what arms, by what is known of those present; not while armed, or levels would not compare."""
        several = len(self._present) > 1
        for person in self._present:
            one = self._people[person]
            one.threshold = self._threshold(one.history, several=several)
            one.scale = self._scale(one.history)
        if self._present:
            self.threshold = statistics.fmean(self._people[p].threshold for p in self._present)

    def level(self, levels: Levels, others: float = 0.0) -> float:
        """Return the level of the group, points: the only one's, else the worst one's, on the scale of threshold.

        others: the share that those who are better than the worst have in it.
        """
        if len(levels) == 1:
            return next(iter(levels.values()))
        margins = self._margins(levels).values()
        worst = min(margins)
        scale = statistics.fmean(self._one(p).scale for p in levels)
        return max(self.threshold + scale * (worst + others * (statistics.fmean(margins) - worst)), 1.0)

    def last(self, levels: Levels) -> int | None:
        """Return who is farthest from the own threshold while somebody else has reached theirs; None if nobody has."""
        margins = self._margins(levels)
        worst = min(margins, key=lambda person: margins[person])
        return worst if margins[worst] < 0 <= max(margins.values()) else None

    def is_no_smile(self, faces: Faces) -> bool:
        """Whether somebody's mouth does what is no smile (see ``SmileCheck``)."""
        return any(self._one(person).smile_check.is_no_smile(face) for person, face in faces.items())

    def forget(self) -> None:
        """Everybody has gone."""
        self._people.clear()
        self._present = ()
        self.threshold = self._threshold(self._stranger, several=False)

    def _margins(self, levels: Levels) -> dict[int | None, float]:
        """How far each is above the own threshold, in own differences."""
        return {p: (level - self._one(p).threshold) / self._one(p).scale for p, level in levels.items()}

    def _one(self, person: int | None) -> _Person:
        return self._people.get(person) or self._new(0.0)

    def _new(self, t_ms: float) -> _Person:
        history = ScoreBaseline()
        return _Person(history, SmileCheck(), t_ms, self._threshold(history, several=True), self._scale(history))

    def _threshold(self, h: ScoreBaseline, *, several: bool) -> float:
        s = self._limits
        restless = min(_UNREST_GAIN * h.noise, _UNREST_MOST)
        rise = max(s.rise * self._scale(h), restless, s.rise_fraction * (h.reached - h.resting))
        # Enough is enough only for a face that also looks worse than that at times: one that rests above it would
        # be taken at rest. In a group it is enough, or one who always smiles would hold up all others.
        enough = s.absolute_threshold if several else max(s.absolute_threshold, h.low + 0.6 * (5 - h.low))
        return min(max(h.resting + rise, s.floor), enough)

    def _scale(self, h: ScoreBaseline) -> float:
        return min(max((5 - h.resting) / 2 / self._limits.rise, 0.1), 1.0)
