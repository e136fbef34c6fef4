"""What ``python -m benchmarks best`` measures."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BASELINE, OURS = "baseline loop", "livecam best"


@dataclass(frozen=True, slots=True)
class Loop:
    """Photos a second of one loop: a figure a round, their median, and that as a multiple of the baseline loop's."""

    name: str
    rounds: list[float]
    photos_per_s: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Alone:
    """Photos one after the other, by one loop: ms of each, percentiles, and ms of processor time, mean.

    A busy machine makes ms longer; processor time grows less.
    """

    name: str
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Kind:
    """Photos of one kind of file. decoded: by what, in livecam.  faces: that livecam finds in all of them.

    file_mb: the mean size of a file, MB (10^6 bytes).  skipped: why it was not measured, "" if it was.
    """

    name: str
    decoded: str
    photos: int = 0
    faces: int = 0
    file_mb: float = 0.0
    loops: tuple[Loop, ...] = ()
    alone: tuple[Alone, ...] = ()
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """Photos that show so many faces, how many a second the baseline loop and livecam do, and the ratio of the two.

    photos: that differ; each was looked at as often as all were measured.
    """

    name: str
    photos: int
    baseline_per_s: float
    photos_per_s: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Decoder:
    """One way to decode a photo: of what, into how many pixels, ms of processor time, median; None: not installed."""

    name: str
    source: str
    width: int = 0
    height: int = 0
    cpu_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """The real command in a terminal of its own over files on the disk.

    first_line_s: until anything can be read.  second_s: of the second run, all from its cache.  early_mb, end_mb,
    most_mb: resident memory, MB (10^6 bytes), after a tenth of the time, at the end, and at most; 0 where the system
    does not say.
    """

    name: str
    files: int
    first_line_s: float
    seconds: float
    photos_per_s: float
    second_s: float
    early_mb: float
    end_mb: float
    most_mb: float


@dataclass(frozen=True, slots=True)
class Result:
    """All that was measured. machine: see ``machine``.  shown: JPEGs of 12 megapixels by the faces in them.

    missing: what is still to be measured, by name.
    """

    machine: dict[str, str]
    kinds: tuple[Kind, ...] = ()
    shown: tuple[Shown, ...] = ()
    decoders: tuple[Decoder, ...] = ()
    commands: tuple[Command, ...] = ()
    missing: tuple[str, ...] = ()


def compare(rounds_by_name: Mapping[str, Sequence[float]]) -> list[Loop]:
    """Compare photos a second, a figure a round, with the median of the baseline loop, which is among them."""
    medians = {name: statistics.median(rounds) for name, rounds in rounds_by_name.items()}
    return [
        Loop(name, list(rounds), medians[name], medians[name] / medians[BASELINE])
        for name, rounds in rounds_by_name.items()
    ]
