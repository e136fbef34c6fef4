"""How a source is doing, and what it really gives."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Health(enum.Enum):
    """How a source is doing. STALLED: no new picture for a while. LOST: gone, being reopened. ENDED: no more.

    BLACK, BLANK: pictures come, and nothing is on them but black, or but one white or grey. SLOW: they come, but so few
    that a good moment may lie between two. IDLE: of a folder that is followed, nothing new comes for a while, and that
    is as it should be.
    """

    OK = "ok"
    SLOW = "slow"
    IDLE = "idle"
    STALLED = "stalled"
    LOST = "lost"
    BLACK = "black"
    BLANK = "blank"
    ENDED = "ended"

    @property
    def gives_pictures(self) -> bool:
        """Whether pictures come that show something."""
        return self in {Health.OK, Health.SLOW, Health.IDLE}


@dataclass(frozen=True, slots=True)
class StreamStats:
    """What a live source really gives, measured: not what it claims.

    width, height: pixels.  fps: new pictures a second, over the last few.  repeated: pictures that came twice so far.
    stale: pictures passed over so far because they had waited in a buffer.  missed: what was asked of a camera and
    what it gives instead, in words; None when all is as asked.  coding: of the pictures, such as "MJPG"; "" if unknown.
    """

    width: int
    height: int
    fps: float
    repeated: int = 0
    stale: int = 0
    missed: str | None = None
    coding: str = ""

    def __str__(self) -> str:
        coding = f", {self.coding}" if self.coding else ""
        repeated = f", {self.repeated} repeated" if self.repeated else ""
        return f"{self.width} × {self.height} at {self.fps:.1f} frames/s{coding}{repeated}"
