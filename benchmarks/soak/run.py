"""Whether livecam runs on and on: memory, threads, handles and latency while a camera and a disk fail now and then."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.common.isolated import run_isolated
from benchmarks.common.machine import machine
from benchmarks.common.results_folder import require_results_folder, write_results
from benchmarks.soak.report import halves, markdown
from benchmarks.soak.samples import Sample

# A fault begins every so many seconds and lasts so long, set by hand: each kind comes four times in ten minutes, and
# between two there is time for the camera to come back and for a smile.
_EVERY_S, _LASTS_S = 18.0, 6.0
_SAMPLES = 360


def main(
    minutes: Annotated[float, typer.Option(min=0.5, help="How long to run.")] = 10,
    fps: Annotated[float, typer.Option(min=1, max=120, help="Pictures a second that the camera gives.")] = 30,
    seed: Annotated[int, typer.Option(help="Which plan of faults.")] = 0,
    note: Annotated[str, typer.Option(help="A sentence for the report, such as what else ran.")] = "",
    out: Annotated[Path, typer.Option(help="Folder for soak.json and soak.md.")] = Path("benchmarks/results"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Run the demo clip in a loop with faults, and see whether anything grows, and whether anything is lost."""
    people = Console(stderr=True)
    require_results_folder(out)
    people.print(f"{minutes:g} minutes; nothing is shown until they are over")
    about = machine()
    seconds = minutes * 60
    arguments = {"fps": fps, "seed": seed, "every_s": _EVERY_S, "lasts_s": _LASTS_S}
    sample_s = max(seconds / _SAMPLES, 1.0)
    found = run_isolated("benchmarks.soak.drive:run", {"seconds": seconds, "sample_s": sample_s, **arguments})
    held = halves([Sample(**sample) for sample in found["samples"]])
    result = {"minutes": minutes, "fps": fps, "seed": seed, "note": note, "machine": about, "held": held, **found}
    page, line = markdown(result), json.dumps(result)
    write_results(out, {"soak.json": line + "\n", "soak.md": page})
    if as_json:
        sys.stdout.write(line + "\n")
    people.print(page, markup=False, highlight=False, soft_wrap=True)
