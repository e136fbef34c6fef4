"""``livecam archive``: scores many photos, on one machine or several, into Parquet."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from livecam import command_options


class Provider(StrEnum):
    """What the scorer runs on."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


def archive(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE…",
            help="Photos, folders with all in them, ZIP files, or addresses: s3://…, gs://…, sftp://… and all others"
            " that fsspec knows.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="The archive: made, or gone on with.")],
    address: Annotated[
        str | None,
        typer.Option(metavar="ray://HOST:10001", help="Score on a Ray cluster; without it on this machine alone."),
    ] = None,
    model: command_options.Model = None,
    provider: Annotated[Provider, typer.Option(help="What the scorer runs on.")] = Provider.AUTO,
    faces: Annotated[int, typer.Option(min=1, help="The most faces to look for in a picture.")] = 10,
    retry: Annotated[bool, typer.Option("--retry", help="Try photos again that could not be read.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary as one JSON object on stdout.")] = False,
) -> None:
    """Score an archive of photos into Parquet, however many: a row for each, with all that is known of its faces.

    What is in the archive already is not looked at again, so that a run that was stopped, or killed, goes on where it
    was. A photo that cannot be read has a row that says why. livecam archive query asks it, and livecam best picks from
    it without looking at a photo again. The photos are not changed.
    """
    from livecam.archive.extra import require_extra  # noqa: PLC0415

    require_extra("ray", "pyarrow", "fsspec", "filelock")
    from livecam.archive.score import Wanted, score  # noqa: PLC0415  heavy: pyarrow, OpenCV, ONNX Runtime

    notes = Console(stderr=True, soft_wrap=True, highlight=False)
    if score(sources, Wanted(out, address, model, provider.value, faces, retry, as_json), notes):
        raise typer.Exit(1)
