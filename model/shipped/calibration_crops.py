"""Writes the crops on which the int8 scorer is calibrated: training faces, half as they are, half degraded.

    python -m model.shipped.calibration_crops DATA OUT

DATA is what model/shipped/collect.py has collected; OUT goes to ``python -m export onnx --calibration OUT``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.console import Console

from livecam import exit_codes
from livecam.errors import OutputError, SourceError
from model.shipped.augment import augment
from model.shipped.collected import Collected
from model.shipped.labels import condition_of
from model.shipped.program import run_command
from model.shipped.view import View

COUNT = 396  # export holds a third of them out for the comparison with PyTorch, where it is given no other faces


def write_crops(data: Path, out: Path) -> None:
    """Write COUNT crops as PNG into the folder out, the same each time. Raises SourceError, OutputError."""
    collected = Collected.read(data)
    faces = collected.where("train")
    if len(faces) < COUNT:
        raise SourceError(f"{data} has {len(faces)} training faces, {COUNT} are needed: collect them all")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out} cannot be made ({error.strerror}): choose another folder") from None
    rng = np.random.default_rng(0)
    for number, index in enumerate(rng.choice(faces, COUNT, replace=False).tolist()):
        condition, known = condition_of(collected, index)
        view = View(np.ascontiguousarray(collected.crops[index]), collected.landmarks[index], condition, known)
        if number % 2:
            view = augment(view, float(collected.rows[index]["face_px"]), rng)
        path = out / f"{number:03d}.png"
        if not cv2.imwrite(str(path), cv2.cvtColor(view.image, cv2.COLOR_RGB2BGR)):
            raise OutputError(f"{path} cannot be written: free some space or allow writing there")


def calibration_crops_command(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="What model.shipped.collect has written.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder for the crops.")],
) -> None:
    """Write the crops on which the int8 scorer is calibrated: training faces, every second one degraded at random.

    Give OUT to python -m export onnx CHECKPOINT -o FILE --precision int8 --calibration OUT.
    """
    write_crops(data, out)
    Console(stderr=True).print(f"{COUNT} crops: {out}", soft_wrap=True)


def run(arguments: Sequence[str], *, verbose: bool = False) -> int:
    """Run one command line and return its exit code."""
    return run_command(calibration_crops_command, "model.shipped.calibration_crops", arguments, verbose=verbose)


if __name__ == "__main__":
    exit_codes.start(run)
