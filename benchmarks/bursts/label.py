"""``python -m benchmarks bursts label``: a page on which anyone labels bursts, for labels without pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from benchmarks.bursts.label_bursts import find_bursts, pictures
from benchmarks.bursts.label_page import save_label_page
from livecam.best.outputs.report import print_failures, progress
from livecam.errors import SourceError
from livecam.photos.discover import collect, printable
from livecam.wording import counted


def main(
    paths: Annotated[list[str], typer.Argument(metavar="FOLDER…", help="Folders of photos and clips, or files.")],
    page: Annotated[Path, typer.Option(help="Write the page to this file.")] = Path("label-bursts.html"),
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Go into the folders of folders.")] = False,
    gap: Annotated[float, typer.Option(min=0, help="The longest pause within a burst, seconds.")] = 2.0,
    model: Annotated[Path | None, typer.Option(help="Scorer that measures; the shipped one otherwise.")] = None,
) -> None:
    """Write a page on which you choose the best frames of your own bursts, and save labels without pictures.

    Photos are grouped as livecam best groups them; a clip is cut into stretches of 1.5 seconds. The page shows no
    score. What it saves has what was measured in the faces and your choice, and no picture, name of a file, place or
    date: docs/burst-labels.md says what it tells of you. Nothing is sent: the file is yours to hand on.
    """
    notes = Console(stderr=True, soft_wrap=True)
    items, skipped = collect(paths, recursive=recursive)
    failures = [one.why for one in skipped if one.failed]
    found = find_bursts(items, gap, model, notes)
    failures += found.failures
    print_failures(failures, notes)
    if not found.bursts and failures:
        raise typer.Exit(1)
    if not found.bursts:
        hint = "bursts are 3 photos or more within 2 seconds (--gap), or clips, with faces in most frames"
        raise SourceError(f"nothing to label in {printable(paths[0])}: {hint}")
    frames = sum(len(burst.records) for burst in found.bursts)
    with progress(notes) as bar:
        task = bar.add_task("drawing", total=frames)
        save_label_page(found.bursts, found.scorer, pictures(found.bursts), page, lambda: bar.advance(task))
    said = f"{counted(len(found.bursts), 'burst')}, {counted(frames, 'frame')}: open {printable(page)} in a browser"
    notes.print(Text(f"{said}, choose, and press Save labels; the page itself holds pictures, so keep it to yourself"))
    if failures:
        raise typer.Exit(1)
