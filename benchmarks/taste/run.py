"""Learning curves of a person's taste: nine raters, the readers of bursts, and tastes that are stated as a rule."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.common.progress import steps
from benchmarks.common.raters import read_raters
from benchmarks.common.results_folder import require_results_folder
from benchmarks.taste import report
from benchmarks.taste.bursts import seen_bursts
from benchmarks.taste.lids import labelled_faces, lids_result
from benchmarks.taste.raters import RATERS, Point, curve, faces_of
from benchmarks.taste.readers import readers_result
from benchmarks.taste.simulated import simulated, sleepers_stay
from livecam import model_files
from livecam.taste.network import network_of_file


def main(
    data: Annotated[Path, typer.Option(help="The research data.")] = Path("../shared/data"),
    out: Annotated[Path, typer.Option(help="Folder for taste.md, taste.json and taste.png.")] = Path(
        "benchmarks/results"
    ),
    work: Annotated[
        Path | None, typer.Option(help="Folder that keeps what was found in pictures for the next run.")
    ] = None,
) -> None:
    """Measure what a learned taste foresees. About six minutes on two cores, less when pictures are known."""
    require_results_folder(out)
    keep = work or Path(tempfile.gettempdir()) / "livecam-benchmarks"
    keep.mkdir(parents=True, exist_ok=True)
    network = network_of_file(model_files.scorer_model(None))
    raters = read_raters(data)[:RATERS]
    points: list[Point] = []
    with steps(Console(stderr=True)) as progress:
        progress.begin(5 + len(raters))
        with progress.step("bursts"):
            seen = seen_bursts(data, keep)
        with progress.step("readers"):
            readers = readers_result(seen, network)
        with progress.step("stated tastes"):
            tastes, sleepers = simulated(seen, network), sleepers_stay(seen, network)
        with progress.step("lids"):
            lids = lids_result(seen, *labelled_faces(data, keep))
        with progress.step("portraits"):
            faces = faces_of(data, keep)
        for rater in raters:
            with progress.step(f"rater {rater.name}"):
                points += curve(rater, faces, network)
    report.write(out, network, points, readers, tastes, sleepers, lids)
    typer.echo(f"written: {out / 'taste.md'}", err=True)
