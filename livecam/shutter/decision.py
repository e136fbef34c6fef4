"""What the shutter makes of a moment: whether it fires now, and where it stands."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from livecam.types import Moment


class TriggerState(enum.Enum):
    """Where the trigger stands."""

    WAITING = "waiting"
    ARMED = "armed"
    COOLDOWN = "cooldown"


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What the trigger makes of a moment.

    smoothed: the score over the last 100 ms or so, None without a qualifying face.
    threshold: the score that arms, in [1, 5].  progress: 0..1, how near the shot is while armed.
    peak: the moment to save, only when the shutter fires now.  runners_up: the next best, best first.
    waits_for: the person who is worst, beside how this face rests, while somebody else is ready for the picture.
    counting_ms: what is left of a countdown, milliseconds, 0 while its best frame is chosen; None: there is none.
    not_a_smile: the score would arm, but the mouth says that this is no smile.
    resting: the level at which the face rests, by which the threshold goes; None until it is known.
    """

    state: TriggerState
    smoothed: float | None
    threshold: float
    progress: float = 0.0
    peak: Moment | None = None
    runners_up: tuple[Moment, ...] = ()
    waits_for: int | None = None
    counting_ms: float | None = None
    not_a_smile: bool = False
    resting: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.progress <= 1:
            raise ValueError(f"progress must lie in 0..1, not {self.progress}")
