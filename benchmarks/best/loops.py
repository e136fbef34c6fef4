"""The loops over photos that are compared, each timed without the loading of its models."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from benchmarks.best.results import BASELINE, OURS, Alone
from benchmarks.common.baseline_loop import BaselineFinder, eager_judge
from livecam.best.scan.cache import Cache
from livecam.best.scan.scanner import PhotoScanner, ScanSettings
from livecam.photos.discover import Item
from livecam.photos.read import HEIC_SUFFIXES, RAW_SUFFIXES
from livecam.types import UInt8Array

_MOST_FACES = 10
_MARGIN = 1.3  # side of the crop over the longer side of the landmarks' box
_NOWHERE = Path(os.devnull) / "none"

Record = Callable[[Path], None]


@contextmanager
def baseline_loop() -> Iterator[Record]:
    """Lend what one would write: read a photo, find the faces in it, score them; one after the other."""
    judge = eager_judge(cv2.INTER_AREA)

    def record(path: Path) -> None:
        image = _read(path)
        for points in finder.find(image):
            low, high = points.min(axis=0), points.max(axis=0)
            (x, y), half = (low + high) / 2, _MARGIN / 2 * (high - low).max()
            x0, y0 = max(int(x - half), 0), max(int(y - half), 0)
            judge(image[y0 : int(y + half), x0 : int(x + half)])

    with BaselineFinder(_MOST_FACES) as finder:
        yield record


def _read(path: Path) -> UInt8Array:
    """Read a photo as the libraries' own pages show it; of a raw file the preview that rawpy gives."""
    suffix = path.suffix.lower()
    if suffix in RAW_SUFFIXES:
        import rawpy  # noqa: PLC0415  in an extra

        with rawpy.imread(str(path)) as raw:
            data = np.frombuffer(raw.extract_thumb().data, np.uint8)
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)
    if suffix in HEIC_SUFFIXES:
        import pi_heif  # noqa: PLC0415  in an extra

        found = pi_heif.open_heif(str(path), convert_hdr_to_8bit=True)
        return np.array(found, np.uint8)  # a copy, for the memory goes with found
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8)


def baseline_seconds(paths: Sequence[Path], record: Record, warm_up: Path) -> float:
    """Return the seconds that record, a ``baseline_loop``, takes for paths."""
    record(warm_up)
    started = time.perf_counter()
    for path in paths:
        record(path)
    return time.perf_counter() - started


def livecam_seconds(paths: Sequence[Path], warm_up: Sequence[Path], model: Path | None) -> tuple[float, list[int]]:
    """Return the seconds that ``livecam best`` takes to look through photos, and how many faces it finds in each."""
    with Cache(_NOWHERE) as cache, PhotoScanner(cache, model=model) as scanner:
        list(scanner.scan([Item(path) for path in warm_up]))
        started = time.perf_counter()
        results = list(scanner.scan([Item(path) for path in paths]))
        seconds = time.perf_counter() - started
    errors = [result.error for result in results if result.error]
    assert not errors, errors
    return seconds, [len(result.records[0].faces) for result in results]


def alone(paths: Sequence[Path], record: Record, warm_up: Path, model: Path | None) -> list[Alone]:
    """Return what each of paths takes by itself in both loops, without a cache."""
    settings = ScanSettings(batch_photos=1)
    with Cache(_NOWHERE) as cache, PhotoScanner(cache, model=model, workers=1, settings=settings) as scanner:
        ours = _alone(OURS, paths, lambda path: list(scanner.scan([Item(path)])), warm_up)
    return [_alone(BASELINE, paths, record, warm_up), ours]


def _alone(name: str, paths: Sequence[Path], look: Callable[[Path], object], warm_up: Path) -> Alone:
    look(warm_up)
    times_ms = []
    cpu_started = time.process_time()
    for path in paths:
        started = time.perf_counter()
        look(path)
        times_ms.append(1000 * (time.perf_counter() - started))
    cpu_ms = 1000 * (time.process_time() - cpu_started) / len(paths)
    p50, p95, p99 = (float(np.percentile(times_ms, share)) for share in (50, 95, 99))
    return Alone(name, p50, p95, p99, cpu_ms)
