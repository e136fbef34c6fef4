"""What goes wrong during a soak, and when: all of it follows from a seed, so that a run can be done again."""

from __future__ import annotations

import enum
import random
from collections.abc import Iterator
from dataclasses import dataclass


class Kind(enum.Enum):
    """What goes wrong with the camera, or the disk."""

    UNPLUGGED = "unplugged"  # reads fail, and so does opening it again
    STALLED = "a read hangs"
    FROZEN = "one picture again and again"
    BLACK = "black pictures"
    TORN = "every second picture is torn"
    SMALLER = "pictures of half the size"
    SLOWER = "two pictures a second"
    DISK_FULL = "the disk is full"


# The states of which one must be told while it lasts; none for what is just carried on with.
TOLD: dict[Kind, tuple[str, ...]] = {
    Kind.UNPLUGGED: ("lost",),
    Kind.STALLED: ("stalled", "lost"),
    Kind.FROZEN: ("stalled", "lost"),
    Kind.BLACK: ("black",),
    Kind.TORN: (),
    Kind.SMALLER: (),
    Kind.SLOWER: (),
    Kind.DISK_FULL: (),  # told only if a picture is taken meanwhile
}


@dataclass(frozen=True, slots=True)
class Fault:
    """kind, from start_s to stop_s, seconds since the camera was first opened."""

    kind: Kind
    start_s: float
    stop_s: float


def plan(seconds: float, *, seed: int, every_s: float, lasts_s: float) -> tuple[Fault, ...]:
    """Return the faults of a run of so many seconds: each kind in turn, in an order drawn anew each round.

    every_s: from the start of one to the start of the next, on average.  lasts_s: each. The last is over early enough
    for the camera to be back.
    """
    chance = random.Random(seed)  # noqa: S311  no secret
    faults: list[Fault] = []
    at_s = every_s
    for kind in _in_rounds(chance):
        if at_s + lasts_s + every_s > seconds:
            return tuple(faults)
        faults.append(Fault(kind, at_s, at_s + lasts_s))
        at_s += lasts_s + (every_s - lasts_s) * chance.uniform(0.6, 1.4)
    raise AssertionError("rounds do not end")


def _in_rounds(chance: random.Random) -> Iterator[Kind]:
    while True:
        yield from chance.sample(list(Kind), len(Kind))
