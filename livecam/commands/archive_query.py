"""``livecam archive query``: asks what an archive holds, and exports what is picked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from livecam.commands._best_ways import Xmp, destination
from livecam.errors import ArchiveError

if TYPE_CHECKING:
    from livecam.archive.query import Answer
    from livecam.best.outputs.write import Outputs
    from livecam.storage.transfer import Action


def archive_query(  # noqa: PLR0913, PLR0917  a command has the options that it has
    folder: Annotated[Path, typer.Argument(metavar="ARCHIVE", help="The folder that livecam archive wrote.")],
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help='In words, such as "best of each day", or in SQL, in quotes.')
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each row on stdout.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV on stdout.")] = False,
    copy_to: Annotated[Path | None, typer.Option(help="Copy the photos of the answer into this folder.")] = None,
    link_to: Annotated[Path | None, typer.Option(help="Link the photos of the answer into this folder.")] = None,
    move_to: Annotated[Path | None, typer.Option(help="Move the photos of the answer into this folder.")] = None,
    xmp: Annotated[
        Xmp | None,
        typer.Option(
            help="Write stars and a label to the photos of the answer, where there are none. sidecar: into a file"
            " beside each. embed: into the JPEG itself."
        ),
    ] = None,
    keep_label: Annotated[str, typer.Option(metavar="NAME", help="With --xmp: the label.")] = "Green",
    page: Annotated[
        Path | None, typer.Option(help="Write one page for the browser with the photos of the answer.")
    ] = None,
) -> None:
    """Ask an archive: which photos are the best of each day, have closed eyes, look alike, could not be read?

    Questions in words: "best of each day" (or 3 of each month, year, folder, camera), "best 10", "closed eyes",
    "above 4", "near duplicates", "near duplicates by embedding", "2 people", "no people", "failed"; each may end in
    "in May 2026", "in 2026-05" or "on 2026-05-23". Questions in SQL (DuckDB's) ask the views photos and faces;
    docs/archive.md lists their columns. SQL reads the archive alone, and nothing is changed or written unless an option
    says so.
    """
    if as_json and as_csv:
        raise typer.BadParameter("only one of --json and --csv", param_hint="--json")
    if xmp is None and keep_label != "Green":
        raise typer.BadParameter("it goes with --xmp sidecar or --xmp embed", param_hint="--keep-label")
    keepers = destination(copy_to, link_to, move_to)
    from livecam.archive.extra import require_extra  # noqa: PLC0415

    require_extra("duckdb", "pyarrow")

    from livecam.archive.ask import to_sql  # noqa: PLC0415  heavy: DuckDB, Arrow
    from livecam.archive.folder import open_archive  # noqa: PLC0415
    from livecam.archive.query import ArchiveQuery  # noqa: PLC0415
    from livecam.storage.own_files import require_page_place  # noqa: PLC0415

    notes = Console(stderr=True, soft_wrap=True)
    require_page_place(page)
    outputs = _outputs(keepers, xmp, keep_label, page)
    archive = open_archive(folder)
    with ArchiveQuery(archive) as query:
        answer = query.ask(to_sql(question))
        at = answer.place_of("path")
        if outputs is not None and at is None:
            raise ArchiveError(
                f"the answer has no column path, so nobody knows which photos are meant (it has"
                f" {', '.join(answer.columns)[:80]}): select path"
            )
        rows = _printed(answer, notes, as_json=as_json, as_csv=as_csv, silent=outputs is not None)
        paths = [str(row[at]) for row in rows if at is not None and outputs is not None and row[at] is not None]
    if outputs is not None:
        from livecam.archive.pick import export  # noqa: PLC0415

        if export(archive, paths, outputs, notes):
            raise typer.Exit(1)


def _printed(
    answer: Answer, notes: Console, *, as_json: bool, as_csv: bool, silent: bool
) -> Iterable[tuple[object, ...]]:
    """Print the rows as it was asked for, and yield them. silent: no table, for something else is done with them."""
    from livecam.archive.answers import print_csv, print_json, print_table  # noqa: PLC0415

    if as_json:
        return print_json(answer)
    if as_csv:
        return print_csv(answer)
    return answer.rows if silent else print_table(answer, notes)


def _outputs(
    keepers: tuple[Path, Action] | None, xmp: Xmp | None, keep_label: str, page: Path | None
) -> Outputs | None:
    """What to do with the photos of the answer; None: nothing."""
    from livecam.best.outputs.marking import MarkingSettings  # noqa: PLC0415  heavy: OpenCV
    from livecam.best.outputs.write import Outputs  # noqa: PLC0415

    marks = None if xmp is None else MarkingSettings(xmp is Xmp.EMBED, keep_label=keep_label)
    if keepers is None and marks is None and page is None:
        return None
    return Outputs(page=page, marks=marks, keepers=keepers)
