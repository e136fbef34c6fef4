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

Levels = Mapping[int | None, float]  # of each person, points of the 1..5 scale
Faces = Mapping[int | None, Face]


@dataclass(slots=True)
class _Person:
    baseline: ScoreBaseline
    smile_check: SmileCheck
    seen_ms: float
    threshold: float
    scale: float


class GroupBaseline:
    """The baselines of those who count, and one scale for all of them, in points.

    threshold: what arms, the mean of theirs.
    """

    def __init__(self, settings: TriggerSettings) -> None:
        """Nobody is known."""
        self._settings = settings
        self._people: dict[int | None, _Person] = {}
        self._present: tuple[int | None, ...] = ()  # who was in the last picture
        self._unknown = ScoreBaseline(settings.baseline)
        self.threshold = self._threshold(self._unknown, several=False)

    @property
    def known(self) -> bool:
        """Whether everybody present has been seen long enough to say how the face rests."""
        return bool(self._present) and all(self._people[p].baseline.known for p in self._present)

    @property
    def resting(self) -> float:
        """The level at which the group rests, on the scale of ``level``."""
        rests = {p: self._people[p].baseline.resting for p in self._present}
        return self.level(rests) if rests else self._unknown.resting

    @property
    def scale(self) -> float:
        """What differences are multiplied by, 0.1..1: less than 1 where half the way to 5 is less than the rise."""
        scales = [self._scale(self._people[p].baseline) for p in self._present]
        return statistics.fmean(scales) if scales else self._scale(self._unknown)

    def add(self, t_ms: float, levels: Levels, faces: Faces) -> None:
        """Take in everybody's level and face in a qualifying frame; times must not go back."""
        for key, level in levels.items():
            person = self._people[key] = self._person(key)
            person.seen_ms = t_ms
            person.baseline.add(t_ms, level)
            person.smile_check.add(t_ms, faces[key], risen=level >= person.threshold)
        self._present = tuple(levels)
        memory_ms = self._settings.baseline.memory_ms
        for key in [p for p, person in self._people.items() if t_ms - person.seen_ms > memory_ms]:
            del self._people[key]

    def set_thresholds(self) -> None:
        """Say anew what arms, by what is known of those present; not while armed, or levels would not compare."""
        several = len(self._present) > 1
        for key in self._present:
            person = self._people[key]
            person.threshold = self._threshold(person.baseline, several=several)
            person.scale = self._scale(person.baseline)
        if self._present:
            self.threshold = statistics.fmean(self._people[p].threshold for p in self._present)

    def level(self, levels: Levels, others_weight: float = 0.0) -> float:
        """Return the level of the group, points: the only one's, else the worst one's, on the scale of threshold.

        others_weight: the weight of everybody's mean beside the worst one, 0..1.
        """
        if len(levels) == 1:
            return next(iter(levels.values()))
        margins = self._margins(levels).values()
        worst = min(margins)
        scale = statistics.fmean(self._person(p).scale for p in levels)
        return max(self.threshold + scale * (worst + others_weight * (statistics.fmean(margins) - worst)), 1.0)

    def waits_for(self, levels: Levels) -> int | None:
        """Return who is farthest from the own threshold while somebody else has reached theirs; None if nobody has."""
        margins = self._margins(levels)
        worst = min(margins, key=lambda person: margins[person])
        return worst if margins[worst] < 0 <= max(margins.values()) else None

    def is_no_smile(self, faces: Faces) -> bool:
        """Whether somebody's mouth does what is no smile (see ``SmileCheck``)."""
        return any(self._person(p).smile_check.is_no_smile(face) for p, face in faces.items())

    def forget(self) -> None:
        """Everybody has gone."""
        self._people.clear()
        self._present = ()
        self.threshold = self._threshold(self._unknown, several=False)

    def _margins(self, levels: Levels) -> dict[int | None, float]:
        """How far each is above the own threshold, in own differences."""
        return {p: (level - self._person(p).threshold) / self._person(p).scale for p, level in levels.items()}

    def _person(self, key: int | None) -> _Person:
        if key in self._people:
            return self._people[key]
        baseline = ScoreBaseline(self._settings.baseline)
        smile_check = SmileCheck(self._settings.smile_check, self._settings.baseline)
        return _Person(baseline, smile_check, 0.0, self._threshold(baseline, several=True), self._scale(baseline))

    def _threshold(self, b: ScoreBaseline, *, several: bool) -> float:
        s, group = self._settings, self._settings.group
        over_noise = min(group.noise_gain * b.noise, group.noise_rise_limit)
        rise = max(s.rise * self._scale(b), over_noise, s.rise_fraction * (b.high - b.resting))
        # The absolute threshold is not raised for anybody in a group, or one who always smiles would hold up the rest.
        above_rest = b.low + group.high_rest_fraction * (5 - b.low)
        absolute = s.absolute_threshold if several else max(s.absolute_threshold, above_rest)
        return min(max(b.resting + rise, s.floor), absolute)

    def _scale(self, b: ScoreBaseline) -> float:
        group = self._settings.group
        return min(max((5 - b.resting) * group.headroom_fraction / self._settings.rise, group.min_scale), 1.0)
