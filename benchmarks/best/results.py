"""What ``python -m benchmarks best`` measures."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BASELINE, OURS, AGAIN = "baseline loop", "livecam best", "livecam best, second run"


@dataclass(frozen=True, slots=True)
class Loop:
    """Photos a second of one loop: a figure a round, their median, and that as a multiple of the baseline loop's."""

    name: str
    rounds: list[float]
    photos_per_s: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Kind:
    """Photos of one kind, how many a second the baseline loop and livecam look through, and the ratio of the two."""

    name: str
    photos: int
    baseline_per_s: float
    photos_per_s: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory, MB (10^6 bytes), after a tenth of the photos, at the end, and at most."""

    photos: int
    early_mb: float
    end_mb: float
    most_mb: float


@dataclass(frozen=True, slots=True)
class Result:
    """All that was measured. photo_mb: the mean size of a file, MB.  kinds: of photos, measured once more, one by one.

    memory: None if it was not asked for, or the system does not say.
    """

    cores: int
    photos: int
    photo_mb: float
    loops: list[Loop]
    kinds: list[Kind]
    memory: Memory | None


def compare(rounds_by_name: Mapping[str, Sequence[float]]) -> list[Loop]:
    """Compare photos a second, a figure a round, with the median of the baseline loop, which is among them."""
    medians = {name: statistics.median(rounds) for name, rounds in rounds_by_name.items()}
    return [
        Loop(name, list(rounds), medians[name], medians[name] / medians[BASELINE])
        for name, rounds in rounds_by_name.items()
    ]
