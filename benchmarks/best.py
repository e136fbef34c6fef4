"""How fast ``livecam best`` goes through photos of twelve megapixels, beside the loop that one would write.

The photos are frames of the demo clip, and pictures of the research data where it is there, enlarged to 4000 x 3000
with a sensor's noise and stored as a camera would. Both loops take their turns on the same photos; the files lie in
the page cache for both, and neither's models are loaded within the time that is measured.

How long a photo takes depends on who is in it, and the loop that one would write does not look for small faces at all.
So each kind of photo is also measured by itself, by how many faces livecam finds.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.common.isolated import run_isolated
from benchmarks.common.order import turned
from livecam import model_files
from livecam.best.cache import Cache
from livecam.best.clip_scan import frames_at
from livecam.best.scan import PhotoScanner
from livecam.photos.discover import Item
from livecam.photos.read import read as read_photo
from livecam.types import UInt8Array

_WIDTH, _HEIGHT = 4000, 3000
_NOISE, _QUALITY = 5.0, 92
_DEMO_MS = tuple(range(1500, 28000, 500))  # of 30 frames a second: each is one's time
EVENING, OURS, AGAIN = "evening loop", "livecam best", "livecam best, second run"
_SETTLED_S = 60  # the cache trusts the time of a file that is not brand-new


@dataclass(frozen=True, slots=True)
class Loop:
    """Photos a second of one loop: a figure a round, their median, and that as a multiple of the evening loop's."""

    name: str
    rounds: list[float]
    photos_per_s: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Kind:
    """Photos of one kind, how many a second both loops look through, and the ratio of the two."""

    name: str
    photos: int
    evening_per_s: float
    photos_per_s: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory, MB, after a tenth of the photos, at the end, and at most."""

    photos: int
    early_mb: float
    end_mb: float
    most_mb: float


@dataclass(frozen=True, slots=True)
class Result:
    """All that was measured. photo_mb: the mean size of a file.  kinds: of photos, measured once more, one by one."""

    cores: int
    photos: int
    photo_mb: float
    loops: list[Loop]
    kinds: list[Kind]
    memory: Memory | None


def measure(photos: int, rounds: int, memory_photos: int, model: Path | None) -> Result:
    """Measure. Raises ModelError or SourceError if a part is missing."""
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures = zip(range(photos + cores), _pictures(), strict=False)
        saved = [_save(folder / f"{i:04d}.jpg", image, i) for i, image in pictures]
        paths, warm = saved[:photos], saved[photos:]
        evening = partial(_evening, record=_evening_loop(), warm=warm[0])
        ours = partial(_ours, warm=warm, model=model)
        times: dict[str, list[float]] = {EVENING: [], OURS: [], AGAIN: []}
        faces: list[int] = []
        for number in range(rounds):
            cached = folder / f"cache {number}"
            for turn in turned([EVENING, OURS], number):
                if turn == EVENING:
                    times[turn].append(photos / evening(paths))
                else:
                    seconds, faces = ours(paths, cached)
                    times[turn].append(photos / seconds)
            times[AGAIN].append(photos / _again(paths, cached, model))
        medians = {turn: statistics.median(figures) for turn, figures in times.items()}
        loops = [
            Loop(turn, figures, medians[turn], medians[turn] / medians[EVENING]) for turn, figures in times.items()
        ]
        kinds = []
        for kind, some in by_kind(paths, faces).items():
            evening_s, ours_s = evening(some), ours(some, folder / kind)[0]
            kinds.append(Kind(kind, len(some), len(some) / evening_s, len(some) / ours_s, evening_s / ours_s))
        memory = None
        if memory_photos:
            call = {"photos": [str(path) for path in paths], "count": memory_photos, "model": model and str(model)}
            memory = Memory(**run_isolated("benchmarks.best:remember", call))
        size = statistics.fmean(path.stat().st_size for path in paths) / 1e6
    return Result(cores, photos, size, loops, kinds, memory)


def by_kind(paths: Sequence[Path], faces: Sequence[int]) -> dict[str, list[Path]]:
    """Sort photos by how many faces were found in each; only the kinds that there are."""
    kinds: dict[str, list[Path]] = {"one face": [], "several faces": [], "no face": []}
    for path, count in zip(paths, faces, strict=True):
        kinds["no face" if count == 0 else "one face" if count == 1 else "several faces"].append(path)
    return {kind: some for kind, some in kinds.items() if some}


def remember(photos: Sequence[str], count: int, model: str | None, spawned_s: float) -> dict[str, float]:  # noqa: ARG001
    """Look through photos again and again, without a cache, until count are done; in a process of its own."""
    items = [Item(Path(photos[i % len(photos)])) for i in range(count)]
    early = most = 0.0
    kept = []
    with Cache(Path(os.devnull) / "none") as cache, PhotoScanner(cache, model=Path(model) if model else None) as shoot:
        for number, seen in enumerate(shoot.scan(items), start=1):
            kept.append(seen)
            if number == max(count // 10, 1):
                early = _resident_mb()
            most = max(most, _resident_mb())
    return {"photos": count, "early_mb": early, "end_mb": _resident_mb(), "most_mb": most}


def _resident_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _evening(paths: Sequence[Path], record: Callable[[Path], None], warm: Path) -> float:
    """Seconds that the evening loop takes."""
    record(warm)
    started = time.perf_counter()
    for path in paths:
        record(path)
    return time.perf_counter() - started


def _ours(paths: Sequence[Path], cached: Path, warm: Sequence[Path], model: Path | None) -> tuple[float, list[int]]:
    """Seconds that ``livecam best`` takes to look through photos, and how many faces it finds in each."""
    with Cache(cached) as cache, PhotoScanner(cache, model=model) as shoot:
        list(shoot.scan([Item(path) for path in warm]))
        started = time.perf_counter()
        seen = list(shoot.scan([Item(path) for path in paths]))
        seconds = time.perf_counter() - started
    assert not any(one.error for one in seen), [one.error for one in seen if one.error]
    return seconds, [len(one.records[0].faces) for one in seen]


def _again(paths: Sequence[Path], cached: Path, model: Path | None) -> float:
    """Seconds that ``livecam best`` takes when all is in the cache, which it opens and closes."""
    started = time.perf_counter()
    with Cache(cached) as cache, PhotoScanner(cache, model=model) as shoot:
        assert all(one.error is None for one in shoot.scan([Item(path) for path in paths]))
    return time.perf_counter() - started


def _evening_loop() -> Callable[[Path], None]:
    """What one would write: read the photo, find the face in it, score it with PyTorch; one after the other."""
    import mediapipe as mp  # noqa: PLC0415  not in the process that measures memory
    import torch  # noqa: PLC0415
    from mediapipe.tasks.python import BaseOptions, vision  # noqa: PLC0415

    from model.network import ScorerNetwork  # noqa: PLC0415

    network = ScorerNetwork().eval()  # untrained weights take as long as trained ones
    finder = vision.FaceLandmarker.create_from_options(
        vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_buffer=model_files.face_landmarker().read_bytes()),
            num_faces=10,
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=True,
        )
    )

    def record(path: Path) -> None:
        image = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8)
        found = finder.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=image))
        height, width = image.shape[:2]
        for landmarks in found.face_landmarks:
            xs, ys = [p.x * width for p in landmarks], [p.y * height for p in landmarks]
            x, y, half = (
                (min(xs) + max(xs)) / 2,
                (min(ys) + max(ys)) / 2,
                0.65 * max(max(xs) - min(xs), max(ys) - min(ys)),
            )
            x0, y0 = max(int(x - half), 0), max(int(y - half), 0)
            crop = cv2.resize(image[y0 : int(y + half), x0 : int(x + half)], (224, 224), interpolation=cv2.INTER_AREA)
            with torch.inference_mode():
                network(torch.from_numpy(crop)[None])

    return record


def _pictures() -> Iterator[UInt8Array]:
    """Pictures with faces, each different; as many as are wanted."""
    folder = Path(os.environ.get("LIVECAM_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"), "photos")
    others = [path for path in sorted(folder.glob("*.jpg")) if not path.name.startswith("noface")]
    demo = [frame.image for frame in frames_at(model_files.demo_clip(), _DEMO_MS)]
    number = 0
    while True:
        # Every third a picture of another kind: most photos show one or two people, some a group.
        if others and number % 3 == 2:
            yield read_photo(others[(number * 7) % len(others)]).image
        else:
            yield demo[number % len(demo)]
        number += 1


def _save(path: Path, image: UInt8Array, seed: int) -> Path:
    height, width = image.shape[:2]
    size = (_WIDTH, _HEIGHT) if width >= height else (_HEIGHT, _WIDTH)
    scale = max(size[0] / width, size[1] / height)
    large = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    top, left = (large.shape[0] - size[1]) // 2, (large.shape[1] - size[0]) // 2
    large = large[top : top + size[1], left : left + size[0]]
    noise = np.empty(large.shape, np.int16)
    cv2.setRNGSeed(seed)
    cv2.randn(noise, np.zeros(3), np.full(3, _NOISE))
    noisy = np.clip(large.astype(np.int16) + noise, 0, 255).astype(np.uint8)
    cv2.imwrite(str(path), cv2.cvtColor(noisy, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    settled = time.time() - _SETTLED_S
    os.utime(path, (settled, settled))
    return path


def main(
    photos: Annotated[int, typer.Option(min=1, help="Photos of a round.")] = 60,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of each loop.")] = 3,
    memory_photos: Annotated[int, typer.Option(min=0, help="Photos to watch the memory over; 0: not at all.")] = 2000,
    model: Annotated[Path | None, typer.Option(help="Scorer to measure; the shipped one otherwise.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Measure photos a second of ``livecam best``, of its second run, and of the evening loop; and its memory."""
    people = Console(stderr=True)
    result = measure(photos, rounds, memory_photos, model)
    if as_json:
        sys.stdout.write(json.dumps(asdict(result)) + "\n")
    table = Table(title=f"{result.photos} photos of 12 megapixels, {result.photo_mb:.1f} MB each, {result.cores} cores")
    for heading in ("", "photos a second", "times the evening loop", "rounds"):
        table.add_column(heading, justify="left" if not heading else "right")
    for loop in result.loops:
        each = " ".join(f"{figure:.1f}" for figure in loop.rounds)
        table.add_row(loop.name, f"{loop.photos_per_s:.1f}", f"{loop.ratio:.1f}", each)
    people.print(table)
    table = Table(title="by the faces that livecam finds", title_justify="left")
    for heading in ("", "photos", "evening loop, photos a second", "livecam best", "times"):
        table.add_column(heading, justify="left" if not heading else "right")
    for kind in result.kinds:
        figures = f"{kind.evening_per_s:.1f}", f"{kind.photos_per_s:.1f}", f"{kind.ratio:.1f}"
        table.add_row(kind.name, str(kind.photos), *figures)
    people.print(table)
    if result.memory is not None:
        memory = result.memory
        people.print(
            f"memory over {memory.photos} photos: {memory.early_mb:.0f} MB after a tenth, {memory.end_mb:.0f} MB at the"
            f" end, {memory.most_mb:.0f} MB at most"
        )
