"""``python -m export onnx CHECKPOINT -o FILE``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from livecam.errors import LivecamError
from livecam.quiet import hush

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """Turn a checkpoint into the file that the camera runs."""


@app.command(name="onnx")
def to_onnx(
    checkpoint: Annotated[Path, typer.Argument(help="Safetensors checkpoint from python -m model train.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The .onnx file to write.")],
    precision: Annotated[
        Literal["fp32", "fp16", "int8"], typer.Option(help="fp32; fp16 for GPUs; int8 for CPUs.")
    ] = "fp32",
    calibration: Annotated[
        Path | None,
        typer.Option(
            help="Folder of face pictures to calibrate and compare on. Without it: the demo clip, one person."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Write CHECKPOINT as ONNX, once it is shown to agree with PyTorch on real faces at batch 1, 3 and 8."""
    from export.onnx import Precision, export_checkpoint  # noqa: PLC0415  torch takes seconds; --help should not

    people = Console(stderr=True)
    try:
        with people.status(f"exporting {checkpoint.name} as {precision}"):
            done = export_checkpoint(checkpoint, out, Precision(precision), calibration)
    except LivecamError as error:
        people.print(f"error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    gaps = done.differences
    if as_json:
        sys.stdout.write(json.dumps({**asdict(done), "path": str(done.path)}) + "\n")
    people.print(
        f"{done.path}: {done.precision}, {done.size / 1e6:.1f} MB. Against PyTorch on {done.crops} held-out faces at "
        f"batch 1, 3 and 8, p99: score {gaps.score_p99:.2g} points, eyes {gaps.eyes_p99:.2g}, "
        f"embedding {gaps.embedding_p99:.2g} of its length.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


if __name__ == "__main__":
    hush()
    app()
