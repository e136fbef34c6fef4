"""How fast ``livecam best`` goes through photos of twelve megapixels, beside the loop that one would write.

The photos are frames of the demo clip, and pictures of the research data where it is there, enlarged to 4000 x 3000
with a sensor's noise and stored as a camera would. Both loops take their turns on the same photos; the files lie in
the page cache for both, and neither's models are loaded within the time that is measured.

How long a photo takes depends on who is in it, and the baseline loop does not look for small faces at all. So each kind
of photo is also measured by itself, by how many faces livecam finds.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.best.loops import baseline_loop, baseline_seconds, livecam_seconds, second_run_seconds
from benchmarks.best.photos import by_faces, write_photos
from benchmarks.best.report import tables
from benchmarks.best.results import AGAIN, BASELINE, OURS, Kind, Memory, Result, compare
from benchmarks.common.isolated import run_isolated
from benchmarks.common.machine import resident_mb
from benchmarks.common.order import rotated


@dataclass(frozen=True, slots=True)
class _Comparison:
    """What both loops run over. warm_up: photos that are not measured."""

    folder: Path
    photos: Sequence[Path]
    warm_up: Sequence[Path]
    model: Path | None
    record: Callable[[Path], None]

    def baseline(self, photos: Sequence[Path]) -> float:
        return baseline_seconds(photos, self.record, self.warm_up[0])

    def livecam(self, photos: Sequence[Path], cache: str) -> tuple[float, list[int]]:
        return livecam_seconds(photos, self.folder / cache, self.warm_up, self.model)

    def second_run(self, cache: str) -> float:
        return second_run_seconds(self.photos, self.folder / cache, self.model)


def measure(photos: int, rounds: int, memory_photos: int, model: Path | None) -> Result:
    """Measure all. Raises ModelError or SourceError if a part is missing."""
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as name:
        written = write_photos(Path(name), photos + cores)
        comparison = _Comparison(Path(name), written[:photos], written[photos:], model, baseline_loop())
        figures, faces = _rounds(comparison, rounds)
        kinds = _kinds(comparison, faces)
        memory = _memory(comparison, memory_photos) if memory_photos and resident_mb() is not None else None
        photo_mb = statistics.fmean(path.stat().st_size for path in comparison.photos) / 1e6
    return Result(cores, photos, photo_mb, compare(figures), kinds, memory)


def _rounds(comparison: _Comparison, rounds: int) -> tuple[dict[str, list[float]], list[int]]:
    """Return photos a second by loop and round, and how many faces livecam found in each photo."""
    count = len(comparison.photos)
    figures: dict[str, list[float]] = {BASELINE: [], OURS: [], AGAIN: []}
    faces: list[int] = []
    for number in range(rounds):
        cache = f"cache {number}"
        for name in rotated([BASELINE, OURS], number):
            if name == BASELINE:
                figures[name].append(count / comparison.baseline(comparison.photos))
            else:
                seconds, faces = comparison.livecam(comparison.photos, cache)
                figures[name].append(count / seconds)
        figures[AGAIN].append(count / comparison.second_run(cache))
    return figures, faces


def _kinds(comparison: _Comparison, faces: Sequence[int]) -> list[Kind]:
    kinds = []
    for name, photos in by_faces(comparison.photos, faces).items():
        baseline_s, livecam_s = comparison.baseline(photos), comparison.livecam(photos, name)[0]
        count = len(photos)
        kinds.append(Kind(name, count, count / baseline_s, count / livecam_s, baseline_s / livecam_s))
    return kinds


def _memory(comparison: _Comparison, count: int) -> Memory:
    model = str(comparison.model) if comparison.model else None
    arguments = {"photos": [str(path) for path in comparison.photos], "count": count, "model": model}
    return Memory(**run_isolated("benchmarks.best.memory:run", arguments))


def main(
    photos: Annotated[int, typer.Option(min=1, help="Photos of a round.")] = 60,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of each loop.")] = 3,
    memory_photos: Annotated[int, typer.Option(min=0, help="Photos to watch the memory over; 0: not at all.")] = 2000,
    model: Annotated[Path | None, typer.Option(help="Scorer to measure; the shipped one otherwise.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Measure photos a second of ``livecam best``, of its second run, and of the baseline loop; and its memory."""
    result = measure(photos, rounds, memory_photos, model)
    if as_json:
        sys.stdout.write(json.dumps(asdict(result)) + "\n")
    people = Console(stderr=True)
    for table in tables(result):
        people.print(table)
