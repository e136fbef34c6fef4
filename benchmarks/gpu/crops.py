"""``python -m benchmarks gpu crops``: the faces on which a GPU is compared, for a machine that cannot find them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import cv2
import typer

from export.faces import FixedSet, fixed_set
from livecam.errors import OutputError
from livecam.storage.durable import replacing_folder


def main(
    out: Annotated[Path, typer.Option("--out", "-o", help="New or empty folder for the crops.")],
    faces: Annotated[Path | None, typer.Option(help="Clip or folder of pictures; the demo clip otherwise.")] = None,
) -> None:
    """Write face crops as PNGs, for python -m benchmarks gpu --crops on a machine without MediaPipe.

    Machines with GPUs are often containers without a display, where MediaPipe does not start.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out} holds something else: choose an empty folder for --out")
    chosen = fixed_set(faces)
    try:
        write(chosen, out)
    except OSError as error:
        raise OutputError(f"{out} cannot be written ({error.strerror}): choose another --out") from error
    sys.stderr.write(f"{len(chosen.crops)} crops in {out}: python -m benchmarks gpu --crops {out}\n")


def write(chosen: FixedSet, out: Path) -> None:
    """Write a set so that ``fixed_set(out)`` gives it back, each burst in a folder of its own. Raises OSError."""
    with replacing_folder(out) as beside:
        for number, (crop, burst) in enumerate(zip(chosen.crops, chosen.bursts, strict=True)):
            folder = beside / f"burst-{burst:04d}" if burst >= 0 else beside
            folder.mkdir(exist_ok=True)
            encoded = cv2.imencode(".png", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR))[1]
            (folder / f"{number:05d}.png").write_bytes(encoded.tobytes())
