"""What a scorer's inner size buys: how right scorers of several sizes are, against what they compute.

The camera's crop stays 224 x 224; the graph shrinks it (``inside`` of ``model.network``). Each file is measured as
``python -m benchmarks accuracy`` measures it; here stand the figures by which the shipped size was chosen, beside the
multiplications of a crop, which are the same on every processor, and times of this one, all files in turns.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.accuracy import camera, eyes_and_smiles, rubric, stability, winks
from benchmarks.accuracy import run as accuracy
from benchmarks.accuracy.report import with_interval
from benchmarks.bursts.compare import SECTION as BURSTS
from benchmarks.common.json_values import without_nan
from benchmarks.common.machine import machine
from benchmarks.common.markdown import markdown_table
from benchmarks.common.operations import count_operations
from benchmarks.common.order import rotated
from benchmarks.common.results_folder import require_results_folder, write_results
from benchmarks.common.statistics import Figure
from benchmarks.latency.scorer import times_ms
from benchmarks.sizes.chart import draw
from livecam.scoring.scorer import Scorer

_PACKAGES = ("livecam", "onnxruntime", "numpy")
_CALLS = 20  # of each file in a round of timing; the median of all calls counts
# What stands in the table: its words, and the section and name of the accuracy benchmark's figure.
COLUMNS = {
    "closed eyes, recall at 1 %": (camera.EYES, "closed against every set's open: recall at 1 % false alarms"),
    "both closed called closed": (camera.EYES, "closed eyes called closed, both"),
    "open called closed: all": (camera.EYES, "open eyes called closed, every set, doubtful counted"),
    "narrow": (camera.EYES, "open eyes called closed, eyeSquint above 0.5"),
    "looking down": (camera.EYES, "open eyes called closed, eyeLookDown above 0.5"),
    "glasses": (camera.EYES, "open eyes called closed, glasses"),
    "painted winks": (winks.SECTION, "painted, every set: exactly that eye is called closed"),
    "smile readout, AUC": (eyes_and_smiles.SMILES, "GENKI-4K, AUC of a readout of the embedding"),
    "distance from the rubric": (rubric.SECTION, "damaged views, mean distance of the score from the rubric"),
    "still second": (stability.SECTION, "still seconds of the clips, standard deviation of the score"),
    "bursts, top 1": (BURSTS, "top 1"),
    "chosen above the rest": (BURSTS, "chosen > rest"),
    "refused": (BURSTS, "rejects"),
}


@dataclass(frozen=True, slots=True)
class Size:
    """A scorer's file. side: inside, pixels.  multiplications: of one crop.  ms: median of a call with one crop."""

    file: str
    version: str
    precision: str
    sha256: str
    side: int
    multiplications: int
    ms: float
    figures: dict[str, Figure]


def measure(collected: Path, research: Path, files: Sequence[Path], rounds: int) -> list[Size]:
    """Measure each of files on the faces in collected; the fewest multiplications first.

    Raises LivecamError, one line, when a file or the faces cannot be read.
    """
    counted = {path: count_operations(path) for path in files}
    times = _times(files, rounds)
    found = []
    for path, operations in counted.items():
        report = accuracy.measure(collected, research, path)
        by_name = {(figure.section, figure.name): figure for figure in report.figures}
        figures = {column: by_name[name] for column, name in COLUMNS.items() if name in by_name}
        version, precision, sha256 = (str(report.about[name]) for name in ("version", "precision", "sha256"))
        side, multiplications = operations.side, operations.multiplications
        found.append(Size(path.name, version, precision, sha256, side, multiplications, times[path], figures))
    return sorted(found, key=lambda size: size.multiplications)


def _times(files: Sequence[Path], rounds: int) -> dict[Path, float]:
    """Milliseconds of a call with one crop: the median over rounds that all files take in turns."""
    scorers = {str(path): Scorer(path, provider="cpu") for path in files}
    times: dict[str, list[float]] = {name: [] for name in scorers}
    try:
        for turn in range(rounds):
            for name in rotated(list(scorers), turn):
                times[name] += times_ms(scorers[name].score, _CALLS, batches=(1,))["1"]
    finally:
        for scorer in scorers.values():
            scorer.close()
    return {path: statistics.median(times[str(path)]) for path in files}


def markdown(sizes: Sequence[Size], about: dict[str, str]) -> str:
    """Return the table, a row a figure and a column a file, with intervals."""
    header = ["", *(f"{size.version}, {size.side} px" for size in sizes)]
    most = sizes[-1]
    rows = [
        ["multiplications of a crop, millions", *(f"{size.multiplications / 1e6:.0f}" for size in sizes)],
        ["of the largest", *(f"{100 * size.multiplications / most.multiplications:.0f} %" for size in sizes)],
        ["a call with one crop, ms", *(f"{size.ms:.2f}" for size in sizes)],
        *([column, *(_cell(size.figures.get(column)) for size in sizes)] for column in COLUMNS),
        ["precision of the file", *(size.precision for size in sizes)],
        ["file", *(f"`{size.file}` {size.sha256[:8]}" for size in sizes)],
    ]
    where = f"{about['cpu']}, {about['cores']} cores, load {about['load']}"
    return "\n".join(
        [
            "# A scorer's inner size: accuracy against cost",
            "",
            f"`python -m benchmarks sizes DATA FILE…`, {where}. Each figure with its 95 % interval, as in accuracy.md.",
            "",
            markdown_table(header, rows),
            "",
            "![What each file computes, and how right it is](sizes.png)",
            "",
        ]
    )


def _cell(figure: Figure | None) -> str:
    return "–" if figure is None else with_interval(figure.found, figure.unit)


def _point(size: Size) -> tuple[str, float, dict[str, float]]:
    values = {column: figure.found.value for column, figure in size.figures.items()}
    return f"{size.version}, {size.side} px", size.multiplications / 1e6, values


def main(
    collected: Annotated[Path, typer.Argument(metavar="DATA", help="Folder that model.shipped.collect has written.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Scorers, as export onnx writes them.")],
    research: Annotated[Path, typer.Option(help="The research data.")] = Path("../shared/data"),
    out: Annotated[Path, typer.Option(help="Folder for sizes.md, sizes.json and sizes.png.")] = Path(
        "benchmarks/results"
    ),
    rounds: Annotated[int, typer.Option(min=1, help="Of timing.")] = 15,
) -> None:
    """Measure scorers of several inner sizes: eyes, winks, smiles, stillness and bursts against operations."""
    require_results_folder(out)
    about = machine(_PACKAGES)
    sizes = measure(collected, research, files, rounds)
    text = markdown(sizes, about)
    lines = {"machine": about, "sizes": [without_nan(asdict(size)) for size in sizes]}
    write_results(out, {"sizes.md": text, "sizes.json": json.dumps(lines, indent=1) + "\n"})
    draw([_point(size) for size in sizes], out / "sizes.png")
    Console(file=sys.stdout, width=180).print(text, markup=False, highlight=False)
