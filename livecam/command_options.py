"""Options that several commands have, each said in one way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[Path | None, typer.Option(help="A scorer (ONNX, schema 1) instead of the one that ships.")]
Taste = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|off",
        help="What livecam learn wrote, to score by. Default: what it has learned from you, once that is better.",
    ),
]
TasteName = Annotated[str, typer.Option(help="Whose taste it is, where several people use livecam.")]
Tls = Annotated[tuple[Path, Path] | None, typer.Option(metavar="CERT KEY", help="PEM files, to serve https.")]
