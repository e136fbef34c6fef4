"""What the shutter takes of the development clips as one of its numbers changes: python -m benchmarks.shutter.sweep.

The lines beside the fields of ``livecam.shutter.settings`` come from here: one field at a time, all others at their
defaults. The development clips of both batches are few (23 of 305 s in all, with eight smiles), and the scorer has
learned from them: a smile or a false fire more or less says little, and most values cannot be told from the next.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.labelled.events import refused_frames
from benchmarks.shutter.judge import Clips, Result, compare, livecam_shots
from benchmarks.shutter.run import load_clips
from livecam import exit_codes
from livecam.shutter.settings import TriggerSettings
from model.shipped.program import run_command

# The values tried for each field, the default among them. Fields of a nested settings type have its name before a dot.
VALUES: Mapping[str, Sequence[float]] = {
    "floor": (2.0, 2.5, 3.0, 3.5, 4.0),
    "absolute_threshold": (4.1, 4.3, 4.5, 4.7, 4.9),
    "rise": (0.25, 0.35, 0.45, 0.55, 0.65),
    "rise_fraction": (0.3, 0.45, 0.6, 0.75, 0.9),
    "neighbourhood_ms": (50.0, 75.0, 100.0, 125.0, 150.0),
    "own_weight": (0.0, 0.25, 0.5, 1.0),
    "min_gain": (0.0, 0.01, 0.02, 0.05),
    "drop": (0.1, 0.2, 0.3, 0.4, 0.6),
    "patience_ms": (350.0, 400.0, 500.0, 600.0, 800.0),
    "longest_ms": (1000.0, 1500.0, 2000.0, 3000.0, 4000.0),
    "blink_ms": (100.0, 200.0, 400.0, 600.0, 800.0),
    "hold_ms": (150.0, 200.0, 250.0, 300.0),
    "lids_ms": (50.0, 100.0, 150.0, 200.0, 300.0),
    "cooldown_ms": (500.0, 1000.0, 1500.0, 2000.0, 3000.0),
    "dip": (0.05, 0.1, 0.15, 0.3, 0.45),
    "better": (0.1, 0.2, 0.3, 0.4, 0.6),
    "gap_ms": (250.0, 500.0, 700.0, 1000.0, 2000.0),
    "absence_ms": (1000.0, 2000.0, 3000.0, 5000.0),
    "baseline.memory_ms": (10_000.0, 30_000.0, 60_000.0, 120_000.0),
    "baseline.bin_ms": (100.0, 200.0, 400.0),
    "baseline.low": (0.05, 0.1, 0.2),
    "baseline.resting": (0.15, 0.3, 0.45, 0.6),
    "baseline.high": (0.9, 0.95, 0.98, 1.0),
    "baseline.unknown": (3.6, 3.8, 4.0, 4.2, 4.4),
    "baseline.known_after_ms": (1000.0, 2000.0, 3000.0, 5000.0),
    "group.noise_gain": (2.0, 4.0, 6.0, 8.0, 10.0),
    "group.noise_rise_limit": (0.5, 1.0, 1.5, 2.0),
    "group.high_rest_fraction": (0.3, 0.45, 0.6, 0.75, 0.9),
    "group.headroom_fraction": (0.3, 0.4, 0.5, 0.6, 0.7),
    "group.min_scale": (0.05, 0.1, 0.2, 0.4),
    "smile_check.one_sided": (0.1, 0.2, 0.3, 0.4, 0.5),
    "smile_check.jaw_moves": (0.05, 0.1, 0.15, 0.2, 0.25),
}
# Fields that these clips cannot speak of: what is handed out beside the picture, what several people need, and what
# counts for a slow camera alone.
NOT_SWEPT = ("runners_up", "spacing_ms", "group.others_weight", "smile_check.calm_ms")

_MEASURES: Mapping[str, Callable[[Result], str]] = {
    "captures": lambda r: str(len(r.captures)),
    "false fires": lambda r: str(r.false_fires),
    "eyes not open": lambda r: str(r.refused),
    "regret": lambda r: "–" if r.regret is None else f"{r.regret:.3f}",
    "worst regret": lambda r: max((f"{c.regret:.3f}" for c in r.captures if c.regret is not None), default="–"),
}


def with_value(field: str, value: float) -> TriggerSettings:
    """Return the defaults with one field changed. Raises ValueError where the settings make no sense then."""
    settings = TriggerSettings()
    outer, _, inner = field.rpartition(".")
    changed: dict[str, Any] = {inner: value}
    if outer:
        changed = {outer: replace(getattr(settings, outer), **changed)}
    return replace(settings, **changed)


def sweep(field: str, clips: Clips) -> Iterator[Result]:
    """Yield what the trigger took with each of the field's values."""
    refused = refused_frames("dev")
    for value in VALUES[field]:
        yield compare(f"{field} = {value:g}", partial(livecam_shots, settings=with_value(field, value)), clips, refused)


def line(field: str, results: Sequence[Result]) -> str:
    """Return one line on a field: the values, and of each measure either the one figure or one for each value."""
    values = "/".join(f"{value:g}" for value in VALUES[field])
    said = [f"smiles {_figures([str(r.caught) for r in results])} of {results[0].smiles}"]
    said += [f"{name} {_figures([figure(r) for r in results])}" for name, figure in _MEASURES.items()]
    return f"{field} {values}: {', '.join(said)}"


def _figures(figures: Sequence[str]) -> str:
    return figures[0] if len(set(figures)) == 1 else "/".join(figures)


def main(
    fields: Annotated[list[str] | None, typer.Argument(help="Fields of the settings; all otherwise.")] = None,
    data: Annotated[Path, typer.Option(help="The research data.")] = Path("../shared/data"),
    model: Annotated[Path | None, typer.Option(help="Scorer to use; the shipped one otherwise.")] = None,
    work: Annotated[
        Path | None, typer.Option(help="Folder that keeps the analysed clips; a temporary one otherwise.")
    ] = None,
) -> None:
    """Change the shutter's numbers one by one and say what it takes on the development clips."""
    unknown = next((field for field in fields or () if field not in VALUES), None)
    if unknown:
        raise typer.BadParameter(f"no sweep of {unknown!r}: choose among {', '.join(VALUES)}")
    clips = load_clips(data, model, (), work, "dev")
    for field in fields or VALUES:
        sys.stdout.write(line(field, list(sweep(field, clips))) + "\n")
        sys.stdout.flush()


def run(arguments: Sequence[str], *, verbose: bool = False) -> int:
    """Run one command line and return the exit code."""
    return run_command(main, "benchmarks.shutter.sweep", arguments, verbose=verbose)


if __name__ == "__main__":
    exit_codes.start(run)
