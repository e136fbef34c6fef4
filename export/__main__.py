"""``python -m export onnx CHECKPOINT -o FILE`` and ``python -m export parity CHECKPOINT FILE...``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from livecam import exit_codes

if TYPE_CHECKING:
    from export.onnx import Exported
    from export.parity import Differences

app = typer.Typer(cls=exit_codes.Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

_Checkpoint = Annotated[
    Path, typer.Argument(help="Checkpoint of python -m model train, or a scorer in fp16 or fp32 (.onnx).")
]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object a file on stdout.")]
_TOLD = 1e-5  # of sums that saturate in a layer; --json tells of fewer, too. Set by hand.
_PLACE = "A folder of face pictures (each sub-folder is a burst), a clip, or what model.shipped.collect wrote"


def main() -> None:
    """Run ``sys.argv`` and exit, with a code of ``livecam.exit_codes``."""
    exit_codes.start(run)


def run(arguments: Sequence[str], *, verbose: bool = False) -> int:
    """Run one command line and return its exit code."""
    return exit_codes.code_of(lambda: app(list(arguments), prog_name="python -m export"), "export", verbose=verbose)


@app.callback()
def _options() -> None:
    """Turn a checkpoint into the file that the camera runs. Add --verbose to see what libraries log."""


@app.command(name="onnx", cls=exit_codes.Command)
def to_onnx(
    checkpoint: _Checkpoint,
    out: Annotated[Path, typer.Option("--out", "-o", help="The .onnx file to write.")],
    precision: Annotated[
        Literal["fp32", "fp16", "int8"], typer.Option(help="fp32; fp16 for GPUs; int8 for CPUs.")
    ] = "fp32",
    calibration: Annotated[
        Path | None, typer.Option(help=f"{_PLACE}, to calibrate int8 on. Without it: the demo clip, one person.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help=f"{_PLACE}, to compare on. Without it: the other faces of --calibration.")
    ] = None,
    taste: Annotated[
        Path | None, typer.Option(metavar="ME.npz", help="What livecam learn --out wrote, to fold into the file.")
    ] = None,
    within: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="POINTS",
            help="How far the score may be from PyTorch, 99th percentile. Default: 0.05 for int8, 0.01 for fp16.",
        ),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Write CHECKPOINT as ONNX, once it is shown to agree with PyTorch on real faces at batch 1, 3 and 8.

    int8 has to agree on processors with VNNI and on those without it.
    """
    from export.onnx import Precision, export_checkpoint  # noqa: PLC0415  torch takes seconds; --help should not

    console = Console(stderr=True)
    with console.status(Text(f"exporting {checkpoint.name} as {precision}")):
        done = export_checkpoint(checkpoint, out, Precision(precision), calibration, against, taste, within)
    _print(console, [done], as_json=as_json)


@app.command(cls=exit_codes.Command)
def parity(
    checkpoint: _Checkpoint,
    files: Annotated[list[Path], typer.Argument(help="Scorers (.onnx) that were made from it.")],
    against: Annotated[
        Path | None, typer.Option(help=f"{_PLACE}, to compare on. Without it: the demo clip, one person.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Say how far FILES are from CHECKPOINT in PyTorch on real faces at batch 1, 3 and 8.

    Of an int8 file also how far it would be on a processor without VNNI, whichever this one is.
    """
    from export.onnx import compare_files  # noqa: PLC0415  torch takes seconds; --help should not

    console = Console(stderr=True)
    with console.status(Text(f"comparing with {checkpoint.name}")):
        compared = compare_files(checkpoint, files, against)
    _print(console, compared, as_json=as_json)


def _print(console: Console, files: Sequence[Exported], *, as_json: bool) -> None:
    title = f"against PyTorch on {files[0].crops} faces, at batch 1, 3 and 8: 99th percentile (largest)"
    table = Table("file", "precision", "MB", "score, points", "eyes", "embedding", "order kept", title=title)
    for file in files:
        table.add_row(Text(file.path.name), file.precision.value, f"{file.size / 1e6:.1f}", *_cells(file.differences))
        if file.without_vnni is not None:
            table.add_row("", "without VNNI", "", *_cells(file.without_vnni))
        if as_json:
            sys.stdout.write(json.dumps({**asdict(file), "path": str(file.path)}) + "\n")
    console.print(table)
    for file in files:
        told = {name: share for name, share in (file.saturated or {}).items() if share >= _TOLD}
        if told:
            layers = ", ".join(f"{name} {share:.1g}" for name, share in told.items())
            console.print(
                f"{file.path} without VNNI, share of sums beyond 16 bits: {layers}", soft_wrap=True, markup=False
            )


def _cells(gaps: Differences) -> tuple[str, ...]:
    return (
        f"{gaps.score_p99:.2g} ({gaps.score_max:.2g})",
        f"{gaps.eyes_p99:.2g} ({gaps.eyes_max:.2g})",
        f"{gaps.embedding_p99:.2g} ({gaps.embedding_max:.2g})",
        f"{gaps.order:.2%} of {gaps.pairs} pairs" if gaps.pairs else "no pairs",
    )


if __name__ == "__main__":
    main()
