"""How fast faces come to a training: from a folder of crops, and from an archive's Parquet.

A head learns from embeddings. A folder of crops gives them once the network has seen each; an archive has them, and
they are streamed (all faces, as ``prepare`` goes through them) or mapped (batches of a training, by chance). All of
it lies in the page cache, so that it is the reading and unpacking that is measured, in seconds of the processor,
whatever else it does meanwhile. What the network would take for the crops is not in these figures.
"""

from __future__ import annotations

import csv
import hashlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.common.machine import machine
from benchmarks.common.made_archive import make_archive, path_of
from benchmarks.common.order import rotated
from benchmarks.common.progress import Steps, steps
from benchmarks.common.results_folder import require_results_folder, write_results
from livecam.archive.folder import open_archive
from livecam.archive.network import network_of_archive
from livecam.types import BLENDSHAPES, CROP_SIZE, LANDMARKS
from model.data.archive_ratings import read_archive_ratings
from model.data.archive_shards import stream_faces
from model.data.assemble_archive import prepare_from_archive
from model.data.dataset import COLUMNS, SCHEMA, Dataset, crop_version, load_dataset
from model.data.face_of_photo import Several

_PACKAGES = ("livecam", "numpy", "pyarrow", "opencv-python", "torch")
_BATCH = 32  # a training's


@dataclass(frozen=True, slots=True)
class Way:
    """One way: what it gives, faces a second of a core (median of the rounds, lowest, highest), kB of files a face."""

    name: str
    gives: str
    faces_s: float
    lowest: float
    highest: float
    kb: float


@dataclass(frozen=True, slots=True)
class Result:
    """machine: it ran on.  crops, faces: how many lay in the folder, and in the archive."""

    machine: dict[str, str]
    crops: int
    faces: int
    rounds: int
    ways: list[Way]


def measure(crops: int, faces: int, rounds: int, progress: Steps) -> Result:
    """Make a folder of crops and an archive, and go through both in turns."""
    progress.begin(2 + rounds)
    with tempfile.TemporaryDirectory(prefix="livecam-loader-") as name:
        folder = Path(name)
        with progress.step("crops"):
            of_crops = write_crops(folder / "crops", crops)
        with progress.step("archive"):
            archive = open_archive(make_archive(folder / "archive", faces))
            mapped = _prepared(folder, faces)
        ways: dict[str, tuple[str, int, Callable[[], object], int]] = {
            "folder of crops, by chance": ("crops", crops, lambda: _by_chance(of_crops), _bytes(folder / "crops")),
            "archive, streamed": (
                "embeddings", faces, lambda: _streamed(archive.shards, ("embedding",)), _bytes(folder / "archive")
            ),
            "archive, streamed with what heads may see": (
                "embeddings, blendshapes, pose", faces,
                lambda: _streamed(archive.shards, ("embedding", "blendshapes", "pose")), _bytes(folder / "archive"),
            ),
            "prepared from the archive, mapped, by chance": (
                "embeddings", faces, lambda: _by_chance(mapped), _bytes(folder / "data")
            ),
        }  # fmt: skip
        times: dict[str, list[float]] = {way: [] for way in ways}
        for turn in range(rounds):
            with progress.step(f"round {turn + 1}"):
                for way in rotated(list(ways), turn):
                    began = time.process_time()
                    ways[way][2]()
                    times[way].append(time.process_time() - began)
        found = []
        for way, (gives, count, _, size) in ways.items():
            per_s = [count / seconds for seconds in times[way]]
            found.append(Way(way, gives, statistics.median(per_s), min(per_s), max(per_s), size / count / 1000))
    return Result(machine(_PACKAGES), crops, faces, rounds, found)


def write_crops(folder: Path, count: int) -> Dataset:
    """Write a prepared data set of so many noisy crops, as large as those of photos are, and return it."""
    rng = np.random.default_rng(0)
    (folder / "crops").mkdir(parents=True)
    with (folder / "faces.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for number in range(count):
            coarse = cv2.resize(rng.integers(0, 256, (14, 14, 3), np.uint8), (CROP_SIZE, CROP_SIZE)).astype(np.int16)
            crop = (coarse + rng.normal(0, 3, coarse.shape)).clip(0, 255).astype(np.uint8)  # a camera's noise
            png = cv2.imencode(".png", crop, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
            name = f"crops/{number:05}.png"
            (folder / name).write_bytes(png)
            digest = hashlib.sha256(png).hexdigest()
            table.writerow((name, f"{number}.jpg", 1 + number % 5, "", "", "", number, 170, digest))
    np.savez(
        folder / "landmarks.npz",
        points=np.zeros((count, LANDMARKS, 2), np.float32),
        blendshapes=np.zeros((count, BLENDSHAPES), np.float32),
        pose=np.zeros((count, 3), np.float32),
    )
    (folder / "dataset.json").write_text(json.dumps({"schema": SCHEMA, "crop_version": crop_version()}), "utf-8")
    return load_dataset(folder)


def _prepared(folder: Path, faces: int) -> Dataset:
    """The data set of the archive in folder, with every face rated."""
    ratings = folder / "ratings.csv"
    with ratings.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("path", "rating"))
        table.writerows((path_of(number), 1 + number % 5) for number in range(faces))
    archive = open_archive(folder / "archive")
    rated, network = read_archive_ratings(ratings), network_of_archive(archive)
    prepare_from_archive(archive, rated, network, folder / "data", several=Several.LEAVE_OUT, smallest=1)
    return load_dataset(folder / "data")


def _by_chance(dataset: Dataset) -> float:
    """One epoch in batches, in an order by chance."""
    order, total = np.random.default_rng(0).permutation(len(dataset)), 0.0
    for start in range(0, len(order), _BATCH):
        rows = order[start : start + _BATCH]
        if dataset.embeddings is None:
            total += float(dataset.crops(rows)[0, 0, 0, 0])
        else:
            total += float(dataset.embeddings[rows].astype(np.float32)[0, 0])
    return total


def _streamed(shards: tuple[Path, ...], names: tuple[str, ...]) -> float:
    return sum(
        float(numbers.astype(np.float32)[0, 0])
        for shard in shards
        for batch in stream_faces(shard, names)
        for numbers in batch.values.values()
    )


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main(
    crops: Annotated[int, typer.Option(min=100, help="Crops in the folder.")] = 2000,
    faces: Annotated[int, typer.Option(min=1000, help="Faces in the archive.")] = 50_000,
    rounds: Annotated[int, typer.Option(min=1, help="How often each way is measured.")] = 5,
    out: Annotated[Path | None, typer.Option(help="Folder for loader.json.")] = None,
) -> None:
    """Measure how fast faces come to a training, from crops and from an archive."""
    if out is not None:
        require_results_folder(out)
    with steps(Console(stderr=True)) as progress:
        result = measure(crops, faces, rounds, progress)
    table = Table("way", "gives", "faces/s of a core", "lowest to highest", "kB a face", box=None, header_style="bold")
    for way in result.ways:
        spread = f"{way.lowest:,.0f} to {way.highest:,.0f}"
        table.add_row(way.name, way.gives, f"{way.faces_s:,.0f}", spread, f"{way.kb:.2f}")
    Console(file=sys.stdout, width=120).print(table)
    Console(file=sys.stdout).print(
        f"{result.machine['cpu']}, {result.machine['cores']} cores, load {result.machine['load']}"
    )
    if out is not None:
        write_results(out, {"loader.json": json.dumps(asdict(result), indent=1) + "\n"})
