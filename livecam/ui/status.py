"""How a run is doing, for the screen."""

from __future__ import annotations

import math
from dataclasses import dataclass

from livecam.sources.health import Health


@dataclass(frozen=True, slots=True)
class Status:
    """What the screen says beside the picture.

    health: of the source. provider: what the scorer really runs on, in words; None while it is loaded. fps: frames
    analysed a second. shots: pictures taken so far. message: something the person must know, one line; None for
    nothing. notice: what a key has just done. auto: pictures are taken by themselves. paused: nothing is scored or
    taken. age_ms: how old the moment shown is. fallback: what should have run instead of provider, such as "cuda";
    None when all is well. every: of so many frames one is analysed, on purpose. since_shot_ms: since it was shown that
    a picture was taken; without end if none was.
    """

    health: Health
    provider: str | None
    fps: float
    shots: int
    message: str | None = None
    notice: str | None = None
    auto: bool = True
    paused: bool = False
    age_ms: float = 0.0
    fallback: str | None = None
    every: int = 1
    since_shot_ms: float = math.inf
