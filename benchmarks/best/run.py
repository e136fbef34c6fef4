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
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.best.command import measure_command
from benchmarks.best.decoders import measure_decoders
from benchmarks.best.kinds import KINDS, SkippedError, small_previews, write_copies, write_photos, write_shoot
from benchmarks.best.loops import Record, alone, baseline_loop, baseline_seconds, livecam_seconds
from benchmarks.best.photos import by_faces
from benchmarks.best.report import markdown, tables
from benchmarks.best.results import BASELINE, OURS, Command, Decoder, Kind, Result, Shown, compare
from benchmarks.common.machine import machine
from benchmarks.common.order import rotated
from benchmarks.common.progress import Steps, steps
from livecam.storage.durable import replace_file

_WARM_UP = 2  # photos of each kind that are not measured
_DISTINCT = 24  # pictures, at most, of the raw files for the command
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


def measure(photos: int, rounds: int, raws: int, shoot: int, model: Path | None, progress: Steps) -> Result:
    """Measure all. Raises ModelError or SourceError if a part is missing."""
    progress.begin(len(KINDS) * (rounds + 2) + 4)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        record = baseline_loop()
        measured = [_Measured(kind, folder / f"{i}", photos, record, model) for i, kind in enumerate(KINDS)]
        kinds = tuple(one.kind(rounds, progress) for one in measured)
        with progress.step("by faces"):
            shown = tuple(measured[0].by_faces())
        with progress.step("decoders"):
            decoders = tuple(_decoders(measured))
        commands = []
        for title, count, write in (
            ("raw, with small previews", raws, _write_raws),
            ("a mixed shoot", shoot, write_shoot),
        ):
            with progress.step(title):
                if count:
                    commands.append(_command(title, folder / title, count, write, model))
    return Result(machine(_PACKAGES), kinds, shown, decoders, tuple(filter(None, commands)))


class _Measured:
    """The photos of one kind, written and measured."""

    def __init__(self, name: str, folder: Path, photos: int, record: Record, model: Path | None) -> None:
        self._name, self._folder, self._count = name, folder, photos
        self._record, self._model = record, model
        self._faces: list[int] = []
        self.written: list[Path] = []

    def kind(self, rounds: int, progress: Steps) -> Kind:
        """Measure both loops in turn, and each photo by itself."""
        kind = KINDS[self._name]
        try:
            with progress.step(f"writing {self._name}"):
                self.written = write_photos(kind, self._folder, self._count + _WARM_UP)
            figures: dict[str, list[float]] = {BASELINE: [], OURS: []}
            for number in range(rounds):
                with progress.step(self._name):
                    for loop in rotated([BASELINE, OURS], number):
                        figures[loop].append(self._count / self._seconds(loop, self._photos))
            with progress.step(f"{self._name}, one by one"):
                by_itself = tuple(alone(self._photos, self._record, self.written[-1], self._model))
        except (SkippedError, ImportError) as error:
            return Kind(self._name, kind.decoded, skipped=str(error))
        file_mb = statistics.fmean(path.stat().st_size for path in self._photos) / 1e6
        loops = tuple(compare(figures))
        return Kind(self._name, kind.decoded, self._count, sum(self._faces), file_mb, loops, by_itself)

    def by_faces(self) -> list[Shown]:
        """Measure the photos once more, by the faces that were found in them."""
        shown = []
        for name, photos in by_faces(self._photos, list(self._faces)).items():
            baseline_s, livecam_s = self._seconds(BASELINE, photos), self._seconds(OURS, photos)
            count = len(photos)
            shown.append(Shown(name, count, count / baseline_s, count / livecam_s, baseline_s / livecam_s))
        return shown

    @property
    def _photos(self) -> Sequence[Path]:
        return self.written[: self._count]

    def _seconds(self, loop: str, photos: Sequence[Path]) -> float:
        if loop == BASELINE:
            return baseline_seconds(photos, self._record, self.written[-1])
        seconds, faces = livecam_seconds(photos, self.written[-_WARM_UP:], self._model)
        self._faces = faces if len(photos) == self._count else self._faces
        return seconds


def _decoders(measured: Sequence[_Measured]) -> list[Decoder]:
    jpeg, raw, _, heic = (one.written[0] if one.written else None for one in measured)
    return measure_decoders(jpeg, raw, heic) if jpeg is not None and raw is not None else []


def _write_raws(folder: Path, count: int) -> None:
    write_copies(small_previews(min(_DISTINCT, count // 20 + 1)), folder, count)


def _command(
    title: str, folder: Path, count: int, write: Callable[[Path, int], None], model: Path | None
) -> Command | None:
    write(folder, count)
    return measure_command(title, folder, sum(1 for _ in folder.iterdir()), model)


def main(
    photos: Annotated[int, typer.Option(min=1, help="Photos of each kind and round.")] = 40,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of each loop.")] = 3,
    raws: Annotated[int, typer.Option(min=0, help="Raw files for the real command; 0: not at all.")] = 5000,
    shoot: Annotated[
        int, typer.Option(min=0, help="Files of a mixed shoot for the real command; 0: not at all.")
    ] = 300,
    model: Annotated[Path | None, typer.Option(help="Scorer to measure; the shipped one otherwise.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write best.json and best.md into this folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Measure ``livecam best`` beside the baseline loop by kinds of files, the real command, and decoders.

    On the disk 5000 raw files take 1 GB: they have the previews that are looked at, and a hole for what is not. 300
    files of a mixed shoot take 1 GB too.
    """
    people = Console(stderr=True)
    with steps(people) as progress:
        result = measure(photos, rounds, raws, shoot, model, progress)
    text = json.dumps(asdict(result))
    if out is not None:
        replace_file(out / "best.json", (json.dumps(asdict(result), indent=1) + "\n").encode())
        replace_file(out / "best.md", markdown(result).encode())
    if as_json:
        sys.stdout.write(text + "\n")
    for table in tables(result):
        people.print(table)
