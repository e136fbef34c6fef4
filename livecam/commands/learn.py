"""``livecam learn``: learns a person's taste from what they have chosen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from livecam import command_options


def learn(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RATINGS.csv|PATH…",
            help="Ratings (CSV), choices or lists that a page saved, photos and folders with stars. Without any,"
            " what livecam has kept of your choices.",
        ),
    ] = None,
    from_: Annotated[
        list[str] | None, typer.Option("--from", metavar="PATH", help="As RATINGS.csv|PATH…; may be repeated.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="ME.npz",
            help="Where what is learned goes, to be named with --taste. Default: where livecam looks by itself.",
        ),
    ] = None,
    name: command_options.TasteName = "me",
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Go into the folders of folders.")] = False,
    model: command_options.Model = None,
) -> None:
    """Learn your taste from what you have kept, rejected, rated and preferred.

    What you choose in livecam is kept for this as you go; stars and rejects in photos and tables of ratings are read
    when you name them here. What was learned is tried on shoots that it was not learned from, and livecam scores by it
    only once it surely agrees with you more often. All of it stays on this computer.
    """
    # Its threads wait by turning round: on a busy processor a quarter of a second of small matrices becomes seconds.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from livecam.best.lessons.learning_run import LearnWanted, learn_taste  # noqa: PLC0415  heavy: OpenCV, ONNX Runtime
    from livecam.storage.own_files import require_own  # noqa: PLC0415
    from livecam.taste.own_files import is_head  # noqa: PLC0415
    from livecam.taste.places import require_name  # noqa: PLC0415

    if out is not None:
        require_own(out, is_head, "learned taste", "--out")
    notes = Console(stderr=True, soft_wrap=True, highlight=False)
    wanted = LearnWanted(require_name(name), out, model, recursive)
    if learn_taste([*(paths or []), *(from_ or [])], wanted, notes):
        raise typer.Exit(1)
