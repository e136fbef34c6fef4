"""How photos come into a folder: in bursts, most at once, some slowly, some renamed while they are written."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_SHARES = (0.0, 0.02, 0.06, 0.1)  # of all photos, in one burst; at least one
_SLOW_PARTS = 5
_SLOW_S = 0.15
_PAUSE_S = 1.5
_SLOW, _RENAMED = 3, 7  # which of 25


class Way(StrEnum):
    """How one photo comes."""

    AT_ONCE = "at once"
    SLOWLY = "slowly"
    RENAMED = "renamed while open"


@dataclass(frozen=True, slots=True)
class Burst:
    """Photos that come one after the other, each in its way, and then nothing for pause_s seconds."""

    photos: tuple[tuple[Path, Way], ...]
    pause_s: float


def draw_bursts(photos: Sequence[Path], chance: random.Random) -> list[Burst]:
    """Part photos, in their order, into bursts."""
    bursts = []
    at = 0
    while at < len(photos):
        size = max(round(chance.choice(_SHARES) * len(photos)), 1)
        ways = [(photo, _way_of(at + i)) for i, photo in enumerate(photos[at : at + size])]
        bursts.append(Burst(tuple(ways), chance.uniform(0, _PAUSE_S)))
        at += size
    return bursts


def drop(photo: Path, way: Way, into: Path, sleep: Callable[[float], None] = time.sleep) -> None:
    """Bring a photo into a folder, with its time, as programs that copy do."""
    data, place = photo.read_bytes(), into / photo.name
    if way is Way.AT_ONCE:
        place.write_bytes(data)
    elif way is Way.SLOWLY:
        part = len(data) // _SLOW_PARTS + 1
        with place.open("wb") as file:
            for start in range(0, len(data), part):
                file.write(data[start : start + part])
                file.flush()
                sleep(_SLOW_S)
    else:
        unfinished = place.with_name(place.name + ".part")
        with unfinished.open("wb") as file:
            file.write(data[: len(data) // 2])
            file.flush()
            unfinished.rename(place)
            file.write(data[len(data) // 2 :])
    status = photo.stat()
    os.utime(place, ns=(status.st_mtime_ns, status.st_mtime_ns))


def _way_of(number: int) -> Way:
    return {_SLOW: Way.SLOWLY, _RENAMED: Way.RENAMED}.get(number % 25, Way.AT_ONCE)
