"""``livecam explain``: tells from the log of a run which peaks were missed, and why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def explain(
    log: Annotated[Path, typer.Argument(metavar="LOG", help="What livecam run --log has written.")],
    run: Annotated[
        int, typer.Option(help="Which run of those in the log: 1 the last, 2 the one before, and so on.", min=1)
    ] = 1,
    page: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write a page for the browser, too.")] = None,
) -> None:
    """Tell which peaks were missed and what held each back, second by second.

    A bar a second shows how good the picture would have been with open eyes;
    the letter below says what held it back.
    """
    from livecam.errors import SourceError  # noqa: PLC0415
    from livecam.explain import page as pages  # noqa: PLC0415  loads OpenCV
    from livecam.explain.chart import render  # noqa: PLC0415
    from livecam.explain.run_log import read_runs  # noqa: PLC0415
    from livecam.storage.own_files import require_page_place  # noqa: PLC0415

    require_page_place(page)
    runs = read_runs(log)
    if run > len(runs):
        raise SourceError(f"{log} holds {len(runs)} run{'s' * (len(runs) != 1)}: choose --run 1 to {len(runs)}")
    chosen = runs[-run]
    console = Console(file=sys.stdout, highlight=False)
    console.print(render(chosen, console.width))
    if page is not None:
        pages.save(chosen, page)
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"page: {page}", markup=False)
