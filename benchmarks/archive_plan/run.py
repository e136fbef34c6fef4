"""What saturates first when an archive is scored on many machines, by what was measured on this one.

Each photo's costs are measured here, step by step; a simulation then plays rounds, portions, failures and the one
driver through for clusters that nobody here has, with the planner of the product and its settings. Its figures are
extrapolations, and say so.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.archive_plan.measure import Costs, measure
from benchmarks.archive_plan.simulate import Cluster, Measured, Played, play
from benchmarks.common.machine import machine
from benchmarks.common.progress import steps
from benchmarks.common.results_folder import require_results_folder, write_results
from livecam.archive.settings import ArchiveSettings
from livecam.errors import SourceError

_PACKAGES = ("livecam", "ray", "pyarrow", "mediapipe", "onnxruntime", "opencv-python", "numpy")
_GBIT = 1e9 / 8
# A store lists a thousand keys a call, and answers in a tenth of a second or so: assumed, not measured.
_LIST_STORE_S = 1e-4
_PHOTOS = (10**7, 10**9)
_MACHINES = (1, 10, 30, 100)


@dataclass(frozen=True, slots=True)
class Case:
    """One simulation. store: photos come over a network of 10 Gbit/s a machine, else from local disks.

    ahead: what if a round was listed while the one before it is scored.
    """

    photos: int
    machines: int
    store: bool
    ahead: bool
    played: Played


def simulate(measured: Measured) -> list[Case]:
    """Play all cases through."""
    cases = []
    for photos in _PHOTOS:
        for machines in _MACHINES:
            for store in (False, True):
                cluster = Cluster(machines, network=10 * _GBIT if store else 0.0)
                costs = replace(measured, list_s=_LIST_STORE_S) if store else measured
                for ahead in (False, True):
                    played = play(photos, cluster, costs, ArchiveSettings(), ahead=ahead)
                    cases.append(Case(photos, machines, store, ahead, played))
    return cases


def main(
    photos: Annotated[int, typer.Option(min=16, help="Photos that are scored.")] = 96,
    rows: Annotated[int, typer.Option(min=4096, help="Rows that the driver takes in.")] = 40_960,
    measured: Annotated[
        Path | None, typer.Option(help="Take the costs from the result of an earlier run, and only simulate.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for archive-plan.json.")] = None,
) -> None:
    """Measure what a photo costs, and simulate archives of ten million and a billion on 1 to 100 machines."""
    if out is not None:
        require_results_folder(out)
    if measured is not None:
        costs, where = _measured_before(measured)
    else:
        with steps(Console(stderr=True)) as progress, tempfile.TemporaryDirectory(prefix="livecam-plan-") as folder:
            progress.begin(1)
            with progress.step("measuring"):
                costs = measure(Path(folder), photos, rows)
        where = machine(_PACKAGES)
    cases = simulate(costs.measured)
    console = Console(file=sys.stdout, width=120)
    console.print(f"{where['cpu']}, {where['cores']} cores, load {where['load']}")
    for name, value in asdict(costs.measured).items():
        console.print(f"{name:14} {value:,.6g}", highlight=False)
    console.print(
        f"peak memory {costs.peak_mb:,.0f} MB; an archive of a million photos is read in {costs.open_s:.1f} s"
    )
    console.print(_table(cases))
    if out is not None:
        result = {"machine": where, "costs": asdict(costs), "cases": [asdict(case) for case in cases]}
        write_results(out, {"archive-plan.json": json.dumps(result, indent=1) + "\n"})


def _measured_before(path: Path) -> tuple[Costs, dict[str, str]]:
    """Return costs and the machine from an earlier run's result. Raises SourceError."""
    try:
        before = json.loads(path.read_text("utf-8"))
        measured = Measured(**before["costs"]["measured"])
        return Costs(**{**before["costs"], "measured": measured}), dict(before["machine"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no result of this benchmark"
        raise SourceError(f"{path} cannot be read ({why}): name the archive-plan.json of an earlier run") from error


def _table(cases: list[Case]) -> Table:
    headings = (
        "photos",
        "machines",
        "from",
        "a round",
        "hours",
        "cores used",
        "driver",
        "network",
        "lost to",
        "driver GB",
    )
    table = Table(*headings, box=None, header_style="bold")
    for case in cases:
        played = case.played
        worst, share = max(played.parts.items(), key=lambda part: part[1])
        table.add_row(
            f"{case.photos:.0e}",
            str(case.machines),
            "store" if case.store else "disk",
            "ahead" if case.ahead else "first",
            f"{played.hours:,.1f}",
            f"{played.efficiency:.0%}",
            f"{played.driver:.0%}",
            f"{played.network:.0%}" if case.store else "",
            f"{worst} {share:.0%}",
            f"{played.driver_gb:.1f}",
        )
    return table
