"""Measures what one photo costs, each step by itself, with the product's own parts.

The photos are the demo clip's frames, enlarged to 12 megapixels, with a sensor's noise, as JPEGs. What the processor
does is counted in its seconds, so that others on the machine change little.
"""

from __future__ import annotations

import math
import pickle
import resource
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.archive_plan.simulate import Measured
from benchmarks.common.made_archive import made_rows
from livecam import model_files
from livecam.archive.folder import open_archive, writing
from livecam.archive.known import Known
from livecam.archive.listing import list_photos
from livecam.archive.manifest import Manifest, scorer_hash
from livecam.archive.plan import Found, Outcome, Plan
from livecam.archive.schema import VERSION
from livecam.archive.settings import ArchiveSettings, WorkerSettings
from livecam.archive.shards import ShardWriter
from livecam.archive.worker import PhotoScorer
from livecam.best.scan.clips import frames_at

_SIZE = 4000, 3000
_EVERY_MS = 400.0
_PART = 8  # photos that are timed together: with one thread each alone would wait for the scorer's batch


@dataclass(frozen=True, slots=True)
class Costs:
    """measured: for the simulation.  photos: that were scored.  peak_mb: of this process.

    open_s: to open an archive of a million photos, and to read what it knows.
    """

    measured: Measured
    photos: int
    peak_mb: float
    open_s: float


def measure(folder: Path, photos: int, rows: int) -> Costs:
    """Write so many photos and rows into folder, and measure."""
    settings = ArchiveSettings()
    paths = list(write_photos(folder / "photos", photos))
    load_s, times_s, answer = _scored([Found(one.listed) for one in _listed(folder / "photos")])
    listed = _many_names(folder / "names", 20_000)
    began = time.process_time()
    found = sum(
        len(listing.photos) for listing in list_photos([str(listed)], outside=[], part_files=settings.part_files)
    )
    list_s = (time.process_time() - began) / found
    driver_s, size = _driven(folder / "archive", rows, settings)
    began = time.process_time()
    Known(open_archive(folder / "archive"))
    open_s = (time.process_time() - began) * 1e6 / rows
    logs = [math.log(seconds) for seconds in times_s]
    measured = Measured(
        photo_s=statistics.fmean(times_s),
        # Of a part's mean; a photo's own is so much wider.
        spread=statistics.stdev(logs) * math.sqrt(_PART),
        load_s=load_s,
        driver_s=driver_s,
        list_s=list_s,
        photo_bytes=statistics.fmean(path.stat().st_size for path in paths),
        row_bytes=size / rows,
        answer_bytes=answer,
    )
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return Costs(measured, photos, peak_mb, open_s)


def write_photos(folder: Path, count: int) -> Iterator[Path]:
    """Write so many JPEGs, and yield the path of each."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 4, (*_SIZE[::-1], 3)).astype(np.int8)
    times_ms = [_EVERY_MS * number for number in range(count)]
    clip, number = model_files.demo_clip(), 0
    while number < count:
        for frame in frames_at(clip, times_ms[: count - number]):
            large = cv2.resize(frame.image, _SIZE, interpolation=cv2.INTER_CUBIC)
            grainy = cv2.add(large, np.roll(noise, number * 7, axis=1), dtype=cv2.CV_8U)
            path = folder / f"IMG_{number:04}.jpg"
            cv2.imwrite(str(path), grainy[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
            number += 1
            yield path


def _listed(folder: Path) -> list[Found]:
    return [found for listing in list_photos([str(folder)], outside=[], part_files=50_000) for found in listing.photos]


def _scored(photos: list[Found]) -> tuple[float, list[float], float]:
    """Seconds to begin, of a core for a photo of each part, and bytes of an answer for a photo."""
    model = model_files.scorer_model()
    worker = WorkerSettings(scorer_hash(model), model, "int8", "cpu", threads=1)
    cv2.setNumThreads(1)
    began = time.process_time()
    with PhotoScorer(worker) as scorer:
        scorer.score(Plan(0, tuple(photos[:1])))
        load_s = time.process_time() - began
        times_s, answers = [], 0
        for start in range(0, len(photos) - _PART + 1, _PART):
            began = time.process_time()
            outcome = scorer.score(Plan(1, tuple(photos[start : start + _PART])))
            times_s.append((time.process_time() - began) / _PART)
            answers += len(pickle.dumps(outcome))
    return load_s, times_s, answers / (len(times_s) * _PART)


def _many_names(folder: Path, count: int) -> Path:
    """A tree of photos that nobody reads: what listing costs is names and sizes."""
    for number in range(count):
        path = folder / f"{number // 1000:03}" / f"IMG_{number:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def _driven(folder: Path, rows: int, settings: ArchiveSettings) -> tuple[float, int]:
    """Seconds of the driver for a row, from the answer's bytes to a shard that is synced; and bytes of all shards."""
    answers = [
        pickle.dumps(Outcome(number, made_rows(first, settings.plan_photos)))
        for number, first in enumerate(range(0, rows, settings.plan_photos))
    ]
    manifest = Manifest(VERSION, scorer_hash(model_files.scorer_model()), 10, 1500)
    with writing(folder, manifest) as archive:
        writer = ShardWriter(archive, settings, clock=lambda: 0.0)
        began = time.process_time()
        for answer in answers:
            writer.add(pickle.loads(answer).rows)  # noqa: S301  ours
        writer.flush()
        return (time.process_time() - began) / rows, writer.bytes
