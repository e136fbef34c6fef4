"""Collects what the shipped scorer is trained and tested on from the research data into arrays on the disk.

    python -m model.shipped.collect OUT [--data ../shared/data]

Every picture and a choice of frames of every clip go through the runtime's own face finder and crop. Beside the crops
lie what MediaPipe sees in them (the teacher), the labels that people gave, and the split (model/shipped/items.py).

OUT/crops.npy uint8 (N, 224, 224, 3) · landmarks.npy float32 (N, 478, 2) in crop pixels · blendshapes.npy
float32 (N, 52) · pose.npy float32 (N, 3) degrees · items.csv with one row each.
"""

from __future__ import annotations

import contextlib
import csv
import itertools
import multiprocessing
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import Progress

from livecam import exit_codes
from livecam.errors import OutputError, SourceError
from model.shipped.items import Item, more_clips, more_stills, stills, with_labels_by_eye
from model.shipped.program import run_command
from model.shipped.reading import Sample, read_clip, read_stills

_CHUNK = 400  # pictures that a process takes at a time


def collect(data: Path, out: Path, *, workers: int = 2) -> tuple[int, int, int]:
    """Collect the research data of the folder data into the folder out. workers: processes; 1 is this one alone.

    Returns how many faces, pictures and clips there are. Raises SourceError, OutputError.
    """
    pictures = [*stills(data), *more_stills(data)]
    clips = [*sorted(data.glob("videos/*.m*")), *more_clips(data)]
    _make(out)
    samples = list(_read_all(pictures, clips, workers))
    if not samples:
        raise SourceError(f"{data} has no faces: name the folder of the research data with --data")
    _write(out, samples)
    return len(samples), len(pictures), len(clips)


def _read_all(pictures: Sequence[tuple[Path, Item]], clips: Sequence[Path], workers: int) -> Iterator[Sample]:
    """Yield the faces of all pictures and then of all clips, in their order."""
    chunks = [pictures[start : start + _CHUNK] for start in range(0, len(pictures), _CHUNK)]
    with contextlib.ExitStack() as stack:
        notes = Console(stderr=True)
        progress = stack.enter_context(Progress(console=notes, transient=True, disable=not notes.is_terminal))
        of_clips: Iterator[list[Sample]] = map(read_clip, clips)
        of_stills: Iterator[list[Sample]] = map(read_stills, chunks)
        if workers > 1:
            # spawn: MediaPipe's threads do not survive a fork.
            pool = stack.enter_context(multiprocessing.get_context("spawn").Pool(workers))
            of_clips = pool.imap(read_clip, clips)  # begun first: the longest take as long as many pictures
            of_stills = pool.imap(read_stills, chunks)
        for part in progress.track(
            itertools.chain(of_stills, of_clips), len(chunks) + len(clips), description="collecting faces"
        ):
            yield from part


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out} cannot be made ({error.strerror}): choose another folder") from None


def _write(out: Path, samples: Sequence[Sample]) -> None:
    items = with_labels_by_eye([sample.item for sample in samples])
    try:
        np.save(out / "crops.npy", np.stack([sample.crop for sample in samples]))
        np.save(out / "landmarks.npy", np.stack([sample.landmarks for sample in samples]))
        np.save(out / "blendshapes.npy", np.stack([sample.blendshapes for sample in samples]))
        np.save(out / "pose.npy", np.stack([sample.pose for sample in samples]))
        with (out / "items.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(asdict(items[0])))
            writer.writeheader()
            writer.writerows(asdict(item) for item in items)
    except OSError as error:
        raise OutputError(f"{out} cannot be written ({error.strerror}): free some space") from None


def collect_command(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder for the faces, about 3 GB.")],
    data: Annotated[Path, typer.Option(help="The folder of the research data.")] = Path("../shared/data"),
) -> None:
    """Collect the faces that the shipped scorer is trained and tested on. About four minutes on two cores.

    Every picture and a choice of frames of every clip go through the camera's own face finder and crop. OUT then holds
    crops.npy, landmarks.npy, blendshapes.npy, pose.npy and items.csv, which has a row for each face: where it is from,
    its labels, and whether it is for training, validation or testing.
    """
    faces, pictures, clips = collect(data, out)
    Console(stderr=True).print(f"{faces} faces of {pictures} pictures and {clips} clips: {out}", soft_wrap=True)


def run(arguments: Sequence[str], *, verbose: bool = False) -> int:
    """Run one command line and return its exit code."""
    return run_command(collect_command, "model.shipped.collect", arguments, verbose=verbose)


if __name__ == "__main__":
    exit_codes.start(run)
