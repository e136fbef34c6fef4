"""How fast ``livecam best`` goes through photos, beside the loop that one would write.

The photos are frames of the demo clip, and pictures of the research data where it is there, enlarged to what a camera
gives, with a sensor's noise, and stored as cameras store them: JPEG, raw with its previews, HEIC, and all of these in
one shoot. Both loops take their turns on the same photos; the files lie in the page cache for both, and neither's
models are loaded within the time that is measured.

How long a photo takes depends on who is in it, and the baseline loop does not look for small faces at all. So JPEGs are
also measured by how many faces livecam finds in them. The real command is measured over more files, with its progress
on a screen and its cache, and how long the libraries take that could decode them.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.best.command import measure_command
from benchmarks.best.decoders import measure_decoders
from benchmarks.best.encoded import EncodedPictures
from benchmarks.best.kinds import KINDS, write_raws, write_shoot
from benchmarks.best.loops import baseline_loop
from benchmarks.best.measured import MeasuredKind
from benchmarks.best.report import markdown, tables
from benchmarks.best.results import Decoder, Result
from benchmarks.common.machine import machine
from benchmarks.common.progress import Steps, steps
from benchmarks.common.results_folder import require_results_folder, write_results

_PACKAGES = (
    "livecam",
    "pillow",
    "pi-heif",
    "rawpy",
    "mediapipe",
    "onnxruntime",
    "onnxruntime-gpu",
    "opencv-python",
    "torch",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured; see ``main``."""

    photos: int
    rounds: int
    raws: int
    shoot: int
    model: Path | None


def measure(plan: Plan, progress: Steps) -> Iterator[Result]:
    """Measure all, and yield what is known after each part. Raises ModelError or SourceError if a part is missing."""
    shoots = {"raw, with small previews": (plan.raws, write_raws), "a mixed shoot": (plan.shoot, write_shoot)}
    shoots = {title: (count, write) for title, (count, write) in shoots.items() if count}
    parts = deque([*KINDS, "by faces", "decoders", *shoots])
    progress.begin(1 + len(KINDS) * (plan.rounds + 2) + 2 + len(shoots))

    def missing() -> tuple[str, ...]:
        parts.popleft()
        return tuple(parts)

    with tempfile.TemporaryDirectory() as name, baseline_loop() as record:
        folder = Path(name)
        with progress.step("pictures"):
            encoded = EncodedPictures(plan.photos)
        result = Result(machine(_PACKAGES))
        measured = [
            MeasuredKind(title, kind, folder / f"{i}", max(round(kind.share * plan.photos), 1), record, plan.model)
            for i, (title, kind) in enumerate(KINDS.items())
        ]
        for one in measured:
            kinds = (*result.kinds, one.measure(plan.rounds, encoded, progress))
            yield (result := replace(result, kinds=kinds, missing=missing()))
        with progress.step("by faces"):
            shown = tuple(measured[0].by_faces())
        yield (result := replace(result, shown=shown, missing=missing()))
        with progress.step("decoders"):
            decoders = tuple(_decoders(measured))
        yield (result := replace(result, decoders=decoders, missing=missing()))
        for title, (count, write) in shoots.items():
            with progress.step(title):
                write(folder / title, count, encoded)
                files = sum(1 for _ in (folder / title).iterdir())
                command = measure_command(title, folder / title, files, plan.model)
            commands = result.commands if command is None else (*result.commands, command)
            yield (result := replace(result, commands=commands, missing=missing()))


def _decoders(measured: list[MeasuredKind]) -> list[Decoder]:
    jpeg, raw, _, heic = (one.written[0] if one.written else None for one in measured)
    return measure_decoders(jpeg, raw, heic) if jpeg is not None and raw is not None else []


def main(
    photos: Annotated[int, typer.Option(min=1, help="Photos of each kind and round; half as many HEIC.")] = 16,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of each loop.")] = 3,
    raws: Annotated[int, typer.Option(min=0, help="Raw files for the real command; 0: not at all.")] = 5000,
    shoot: Annotated[
        int, typer.Option(min=0, help="Files of a mixed shoot for the real command; 0: not at all.")
    ] = 300,
    model: Annotated[Path | None, typer.Option(help="Scorer to measure; the shipped one otherwise.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write best.json and best.md into this folder, anew after each part.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout, at the end.")] = False,
) -> None:
    """Measure ``livecam best`` beside the baseline loop by kinds of files, the real command, and decoders.

    It takes five minutes on two cores, most of them for the 5000 raw files. On the disk they take 1 GB: they have the
    previews that are looked at, and a hole for what is not. 300 files of a mixed shoot take 1 GB too.
    """
    people = Console(stderr=True)
    if out is not None:
        require_results_folder(out)
    result = None
    with steps(people) as progress:
        for result in measure(Plan(photos, rounds, raws, shoot, model), progress):
            if out is not None:
                files = {"best.json": json.dumps(asdict(result), indent=1) + "\n", "best.md": markdown(result)}
                write_results(out, files)
    assert result is not None
    if as_json:
        sys.stdout.write(json.dumps(asdict(result)) + "\n")
    for table in tables(result):
        people.print(table)
