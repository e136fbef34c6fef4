"""Notices that everybody lies on their side or stands on their head: then it is the camera that does."""

from __future__ import annotations

from dataclasses import dataclass

from livecam.sources.source import Orientation
from livecam.types import Moment


@dataclass(frozen=True, slots=True)
class TurnedCameraSettings:
    """Set by hand. least_ms: people are turned the same way for so long, or somebody has just bent over."""

    least_ms: float = 1000.0


_SETTINGS = TurnedCameraSettings()


@dataclass(frozen=True, slots=True)
class CameraTurned:
    """The people would be upright with this ``--rotate``, degrees clockwise."""

    name: str
    rotate: int

    def as_event(self) -> dict[str, object]:
        """JSON."""
        return {"event": "camera", "name": self.name, "state": "turned", "rotate": self.rotate}


class TurnedCamera:
    """Feed it the moments of a run; it says what to ask for with ``--rotate``, once for each answer."""

    def __init__(self, name: str, asked: Orientation) -> None:
        """name: of the source.  asked: how its pictures are turned already."""
        self._name = name
        self._asked = asked
        self._turned = 0
        self._since_ms = 0.0
        self._told = asked.rotate

    def note(self, moment: Moment) -> CameraTurned | None:
        """Return what to tell, when it has become clear that other degrees would show the people upright."""
        turns = {face.face.turned for face in moment.counted}
        if moment.frame.path is not None or not turns:  # of stills each has its own; nobody there says nothing
            return None
        turned = turns.pop() if len(turns) == 1 else 0
        if turned != self._turned or moment.t_ms < self._since_ms:
            self._turned, self._since_ms = turned, moment.t_ms
        more = -turned if self._asked.mirror else turned  # a mirror comes after the turn, and turns it round
        rotate = (self._asked.rotate + more) % 360
        if rotate == self._told or moment.t_ms - self._since_ms < _SETTINGS.least_ms:
            return None
        self._told = rotate
        return CameraTurned(self._name, rotate) if turned else None
