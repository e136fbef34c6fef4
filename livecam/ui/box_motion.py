"""Where a face is now: its box was found in a picture that is a little older than the one on the screen."""

from __future__ import annotations

import math
from dataclasses import dataclass

from livecam.types import Moment

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """How a movement is believed to go on. All set by hand: nobody measured them.

    ahead_ms: for so long at the most.  gap_ms: between moments farther apart nothing is known of a movement.
    smoothing: the weight of the newest step in the velocity, 0..1.  still: face sizes a second; who moves less is drawn
    where the face was found, for it does not move but tremble.  farthest: face sizes that a box is moved at the most.
    """

    ahead_ms: float = 200.0
    gap_ms: float = 300.0
    smoothing: float = 0.6
    still: float = 0.15
    farthest: float = 0.5


_SETTINGS = MotionSettings()


@dataclass(slots=True)
class _Seen:
    t_ms: float
    x: float
    y: float
    velocity: tuple[float, float] = (0.0, 0.0)  # pixels a millisecond


class BoxMotion:
    """Feed it every moment that is drawn; it moves the boxes of the newest to where the faces should be by then."""

    def __init__(self) -> None:
        """Nobody was seen."""
        self._people: dict[int, _Seen] = {}
        self._t_ms = -math.inf

    def see(self, moment: Moment) -> None:
        """Take in the newest moment; the same one again changes nothing."""
        if moment.t_ms == self._t_ms:
            return
        self._t_ms = moment.t_ms
        people: dict[int, _Seen] = {}
        for face in moment.faces:
            if face.person is None:
                continue
            x0, y0, x1, y1 = face.face.box
            now = _Seen(moment.t_ms, (x0 + x1) / 2, (y0 + y1) / 2)
            before = self._people.get(face.person)
            if before is not None and 0 < now.t_ms - before.t_ms <= _SETTINGS.gap_ms:
                now.velocity = self._velocity(before, now)
            people[face.person] = now
        self._people = people

    def at(self, t_ms: float, person: int | None, box: Box) -> Box:
        """Return box of person, of the newest moment, as it should be at t_ms."""
        seen = self._people.get(person) if person is not None else None
        if seen is None:
            return box
        x0, y0, x1, y1 = box
        size = max(x1 - x0, y1 - y0)
        speed = math.hypot(*seen.velocity)
        if speed * 1000 < _SETTINGS.still * size:
            return box
        ahead_ms = min(max(t_ms - seen.t_ms, 0.0), _SETTINGS.ahead_ms, _SETTINGS.farthest * size / speed)
        dx, dy = seen.velocity[0] * ahead_ms, seen.velocity[1] * ahead_ms
        return x0 + dx, y0 + dy, x1 + dx, y1 + dy

    def _velocity(self, before: _Seen, now: _Seen) -> tuple[float, float]:
        step_ms, new = now.t_ms - before.t_ms, _SETTINGS.smoothing
        dx, dy = (now.x - before.x) / step_ms, (now.y - before.y) / step_ms
        return before.velocity[0] * (1 - new) + dx * new, before.velocity[1] * (1 - new) + dy * new
