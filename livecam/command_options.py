"""Options that several commands have, each said in one way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[
    Path | None, typer.Option(help="A scorer of your own (ONNX, by python -m export), not the one that ships.")
]
Taste = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|off",
        help="What livecam learn wrote, to score by. Default: what it has learned from you, once that is better.",
    ),
]
Watch = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Follow a folder as photos come into it, and say what is new; --page, --serve, --json and --xmp follow."
        " Ctrl-C ends it, the next time it goes on.",
    ),
]
Poll = Annotated[
    bool,
    typer.Option(
        "--poll", help="With --watch: look for changes, where the system tells of none (some network shares)."
    ),
]
Ingest = Annotated[
    Path | None,
    typer.Option(
        metavar="CARD",
        help="First copy a card into --copy-to, each file read back and compared, none twice; then look there.",
    ),
]
TasteName = Annotated[str, typer.Option(help="Whose taste it is, where several people use livecam.")]
Tls = Annotated[tuple[Path, Path] | None, typer.Option(metavar="CERT KEY", help="PEM files, to serve https.")]
