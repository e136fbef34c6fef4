"""The loops over photos that are compared, each timed without the loading of its models."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.common.baseline_loop import BaselineFinder, eager_judge
from livecam.best.cache import Cache
from livecam.best.scan import PhotoScanner
from livecam.photos.discover import Item

_MOST_FACES = 10
_MARGIN = 1.3  # side of the crop over the longer side of the landmarks' box


def baseline_loop() -> Callable[[Path], None]:
    """Return what one would write: read a photo, find the faces in it, score them; one after the other."""
    finder, judge = BaselineFinder(_MOST_FACES), eager_judge(cv2.INTER_AREA)

    def record(path: Path) -> None:
        image = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8)
        for points in finder.find(image):
            low, high = points.min(axis=0), points.max(axis=0)
            (x, y), half = (low + high) / 2, _MARGIN / 2 * (high - low).max()
            x0, y0 = max(int(x - half), 0), max(int(y - half), 0)
            judge(image[y0 : int(y + half), x0 : int(x + half)])

    return record


def baseline_seconds(paths: Sequence[Path], record: Callable[[Path], None], warm_up: Path) -> float:
    """Return the seconds that record, a ``baseline_loop``, takes for paths."""
    record(warm_up)
    started = time.perf_counter()
    for path in paths:
        record(path)
    return time.perf_counter() - started


def livecam_seconds(
    paths: Sequence[Path], cache_folder: Path, warm_up: Sequence[Path], model: Path | None
) -> tuple[float, list[int]]:
    """Return the seconds that ``livecam best`` takes to look through photos, and how many faces it finds in each."""
    with Cache(cache_folder) as cache, PhotoScanner(cache, model=model) as scanner:
        list(scanner.scan([Item(path) for path in warm_up]))
        started = time.perf_counter()
        results = list(scanner.scan([Item(path) for path in paths]))
        seconds = time.perf_counter() - started
    errors = [result.error for result in results if result.error]
    assert not errors, errors
    return seconds, [len(result.records[0].faces) for result in results]


def second_run_seconds(paths: Sequence[Path], cache_folder: Path, model: Path | None) -> float:
    """Return the seconds that ``livecam best`` takes when all is in the cache, which it opens and closes."""
    started = time.perf_counter()
    with Cache(cache_folder) as cache, PhotoScanner(cache, model=model) as scanner:
        assert all(result.error is None for result in scanner.scan([Item(path) for path in paths]))
    return time.perf_counter() - started
