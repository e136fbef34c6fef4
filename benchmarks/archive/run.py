"""What ``livecam archive`` costs on one machine, beside ``livecam best``'s scan; and what a second Ray node brings.

The photos are small (640 x 480 pixels), made of the demo clip, no two alike. One long run goes through most of them,
and shows whether memory stays what it is; scan and archive then take their turns on others, each in a process of its
own, so that a machine that is busy with other things is so for both.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.archive.photos import write_photos
from benchmarks.archive.report import markdown
from benchmarks.common.isolated import run_isolated
from benchmarks.common.machine import machine
from benchmarks.common.progress import steps
from benchmarks.common.results_folder import require_results_folder, write_results

_PACKAGES = ("livecam", "ray", "pyarrow", "mediapipe", "onnxruntime", "onnxruntime-gpu", "opencv-python", "numpy")


def measure(photos: int, parts: int, part_photos: int, node_photos: int, console: Console) -> dict[str, Any]:
    """Return all that was measured."""
    result: dict[str, Any] = {
        "machine": machine(_PACKAGES), "photos": photos, "parts": parts, "part_photos": part_photos
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as place, steps(console) as progress:
        folder = Path(place)
        progress.begin(2 + 2 * parts + 2 * bool(node_photos))
        with progress.step("photos"):
            result["photo_bytes"] = write_photos(folder / "all", photos)
            for part in range(parts):
                write_photos(folder / f"part {part}", part_photos, seed=1 + part)
        with progress.step("the long run"):
            of_all = {"folder": str(folder / "all"), "out": str(folder / "archive of all")}
            result["long"] = run_isolated("benchmarks.archive.loops:archive_run", of_all)
        result["best"], result["archive"] = [], []
        for part in range(parts):
            turns = ["best", "archive"] if part % 2 == 0 else ["archive", "best"]
            for turn in turns:
                arguments = {"folder": str(folder / f"part {part}")}
                if turn == "archive":
                    arguments["out"] = str(folder / "archive")
                with progress.step(f"{turn}, part {part + 1}"):
                    name = "best_scan" if turn == "best" else "archive_run"
                    result[turn].append(run_isolated(f"benchmarks.archive.loops:{name}", arguments))
        for count in (1, 2) if node_photos else ():
            with progress.step(f"{count} nodes"):
                of_nodes = {"folder": str(folder / "all"), "count": count, "limit": node_photos}
                result.setdefault("nodes", []).append(run_isolated("benchmarks.archive.loops:nodes", of_nodes))
    return result


def main(
    photos: Annotated[int, typer.Option(min=600, help="How many the long run scores.")] = 20_000,
    parts: Annotated[int, typer.Option(min=1, help="Turns of scan and archive.")] = 4,
    part_photos: Annotated[int, typer.Option(min=300, help="How many are scored in a turn.")] = 1000,
    nodes: Annotated[
        int, typer.Option(min=0, help="How many photos one node, and then two, score; 0: leave out.")
    ] = 1000,
    out: Annotated[Path, typer.Option(help="Folder for archive.md and archive.json.")] = Path("benchmarks/results"),
) -> None:
    """Measure what scoring an archive costs. Half an hour on two cores; ``--photos 2000 --parts 2`` a fifth of it."""
    require_results_folder(out)
    found = measure(photos, parts, part_photos, nodes, Console(stderr=True))
    write_results(out, {"archive.json": json.dumps(found, indent=1) + "\n", "archive.md": markdown(found)})
    typer.echo(f"written: {out / 'archive.md'}", err=True)
