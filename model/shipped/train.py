"""Trains the shipped scorer on what model/shipped/collect.py has collected; how: ``model.shipped.training``.

    python -m model.shipped.train DATA OUT [--stages "96x64x3500 160x32x2000 …"] [--first 2]

OUT/teaching.safetensors is the averaged network with all heads every 400 steps, for --first; OUT/scorer.safetensors the
calibrated scorer at the end, for ``python -m export onnx``; OUT/log.jsonl the losses.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from livecam import exit_codes
from model.shipped.program import run_command
from model.shipped.settings import STAGES, ShippedSettings, Stage
from model.shipped.training import train

_DEFAULT = ShippedSettings()


def train_command(  # noqa: PLR0913, PLR0917  a command has the options that it has
    data: Annotated[Path, typer.Argument(metavar="DATA", help="What model.shipped.collect has written.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder for the scorer.")],
    stages: Annotated[
        str, typer.Option(metavar='"SIZExBATCHxSTEPS …"', help="The parts of the training, in order.")
    ] = " ".join(map(str, STAGES)),
    first: Annotated[
        int, typer.Option(min=1, help="Go on with this stage, from OUT; past the last one: calibrate only.")
    ] = 1,
    start: Annotated[
        Path | None, typer.Option(help="A scorer's checkpoint or fp16 file to begin with, instead of random weights.")
    ] = None,
    lr: Annotated[
        float, typer.Option(min=0, help="Peak of the first stage's learning rate; the others have half of it.")
    ] = _DEFAULT.lr,
    rounding: Annotated[
        bool, typer.Option("--rounding/--no-rounding", help="Let the network feel what int8 will do to it.")
    ] = _DEFAULT.rounding,
    narrowed: Annotated[
        float,
        typer.Option("--narrow", min=0.01, max=1, help="Share of the channels inside the residual blocks to keep."),
    ] = _DEFAULT.narrow,
    seed: Annotated[int, typer.Option(min=0, help="Where all chance comes from.")] = _DEFAULT.seed,
    version: Annotated[str, typer.Option(help="What the scorer calls itself.")] = "unnamed",
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE", help="Leave a source of faces out, to see what it is to one that never saw it."),
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes that make the views.")] = 1,
) -> None:
    """Train the shipped scorer from nothing; two and a half hours on two cores.

    OUT then holds scorer.safetensors, for python -m export onnx; teaching.safetensors, for --first; and log.jsonl with
    the losses.
    """
    try:
        parsed = tuple(Stage.parse(text) for text in stages.split())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--stages") from None
    settings = ShippedSettings(
        stages=parsed,
        lr=lr,
        later_lr=0.5 * lr,
        rounding=rounding,
        narrow=narrowed,
        without=tuple(without or ()),
        seed=seed,
    )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    notes = Console(stderr=True, soft_wrap=True)
    with Progress(*columns, console=notes, transient=True, disable=not notes.is_terminal) as progress:
        tasks = [
            progress.add_task(f"stage {number}: {stage}", total=stage.steps) for number, stage in enumerate(parsed, 1)
        ]
        train(
            data,
            out,
            settings,
            first=first,
            start=start,
            version=version,
            workers=workers,
            watch=lambda stage, step: progress.update(tasks[stage - 1], completed=step),
        )
    notes.print(f"the scorer: {out / 'scorer.safetensors'}; make it run: python -m export onnx", highlight=False)


def run(arguments: Sequence[str], *, verbose: bool = False) -> int:
    """Run one command line and return its exit code."""
    return run_command(train_command, "model.shipped.train", arguments, verbose=verbose)


if __name__ == "__main__":
    exit_codes.start(run)
