"""Finds the bursts in a person's photos and clips that are worth a label, by no model's word on which frame is good.

Photos are grouped as ``livecam best`` groups them. Of a clip come stretches of frames, evenly spread, in which a face
is seen.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.bursts.label_format import MIN_FRAMES, Kind, LabelFrame
from livecam import model_files, pipeline
from livecam.best.grouping.groups import GroupingSettings, group_photos, pause_s
from livecam.best.grouping.versions import merge_versions
from livecam.best.outputs.report import progress
from livecam.best.people.still_faces import without_still_faces
from livecam.best.records.frame import FrameRecord
from livecam.best.records.scan_result import ScanResult
from livecam.best.scan.cache import Cache
from livecam.best.scan.clips import ClipSettings, frames_at, scan_clip
from livecam.best.scan.models import ScanModels
from livecam.best.scan.scanner import PhotoScanner
from livecam.best.series.settings import Kind as GroupKind
from livecam.errors import SourceError
from livecam.photos.discover import Item, printable
from livecam.photos.read import read as read_photo
from livecam.types import UInt8Array


@dataclass(frozen=True, slots=True)
class BurstSettings:
    """Which bursts are shown. All set by hand."""

    # Fewer frames leave nothing to choose from; of more, each is too small on the page.
    min_frames: int = MIN_FRAMES
    max_frames: int = 16
    # Frames of a clip's stretch, and how many of a second: 11 frames are 1.5 s, as those of ``benchmarks/labels``.
    clip_frames: int = 11
    clip_fps: float = 7.5
    # Of a burst's frames: without a face in so many, it is none of people.
    min_share_with_face: float = 0.7
    # Of each clip, evenly spread.
    most_of_clip: int = 8
    # Pixels of the shorter side at which photos are read for the page.
    min_side_px: int = 1500


SETTINGS = BurstSettings()


@dataclass(frozen=True, slots=True)
class FoundBurst:
    """A burst to label. file: the clip, or the first photo.  records: in the order of time, each with its path."""

    file: Path
    kind: Kind
    records: tuple[FrameRecord, ...]


@dataclass(slots=True)
class Found:
    """What was found. scorer: the first 16 digits of the SHA-256 of the model file.  failures: a line each."""

    scorer: str = ""
    bursts: list[FoundBurst] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def find_bursts(items: Sequence[Item], gap_s: float, model: Path | None, notes: Console) -> Found:
    """Find the bursts in photos and clips, photos first. What cannot be read is among the failures. Raises ModelError.

    gap_s: the longest pause within a burst of photos, seconds.
    """
    found = Found()
    photos = [item for item in items if not item.clip]
    clips = [item for item in items if item.clip and item.live_of is None]
    with progress(notes) as bar:
        task = bar.add_task("looking", total=len(photos) + len(clips))
        with Cache(model_files.cache_dir()) as cache, PhotoScanner(cache, model=model) as scanner:
            results: list[ScanResult] = []
            for result in scanner.scan(photos):
                results.append(result)
                bar.advance(task)
        found.failures += [result.error for result in results if result.error is not None]
        found.bursts += _of_photos(merge_versions(results), gap_s, SETTINGS)
        with ScanModels(
            pipeline.default_models(), faces=10, min_size_ratio=0.0, model=model, provider="auto"
        ) as models:
            for clip in clips:
                found.bursts += _of_clip(clip.path, models, found.failures, SETTINGS)
                bar.advance(task)
            found.scorer = hashlib.sha256(models.scorer_file().read_bytes()).hexdigest()[:16]
    return found


def _of_photos(results: Sequence[ScanResult], gap_s: float, settings: BurstSettings) -> Iterator[FoundBurst]:
    records = [result.records[0] for result in results if result.records]
    for _, indices, kind in group_photos(records, GroupingSettings(gap_s=gap_s)):
        members, _ = without_still_faces([records[i] for i in indices[: settings.max_frames]])
        if kind is GroupKind.BURST and _is_of_people(members, settings):
            path = members[0].path
            assert path is not None  # photos have one
            yield FoundBurst(path, "photos", members)


def _of_clip(path: Path, models: ScanModels, failures: list[str], settings: BurstSettings) -> list[FoundBurst]:
    try:
        with models.clip_finder() as finder:
            scan = scan_clip(path, finder, models.scorer(), settings=ClipSettings(fps=settings.clip_fps))
    except SourceError as error:
        failures.append(str(error))
        return []
    if scan.error is not None:
        failures.append(scan.error)
    starts = range(0, len(scan.records) - settings.clip_frames + 1, settings.clip_frames)
    stretches = [without_still_faces(scan.records[start : start + settings.clip_frames])[0] for start in starts]
    of_people = [stretch for stretch in stretches if _is_of_people(stretch, settings)]
    spread = np.linspace(0, len(of_people) - 1, min(len(of_people), settings.most_of_clip)).round().astype(int)
    return [FoundBurst(path, "clip", of_people[i]) for i in spread]


def _is_of_people(records: Sequence[FrameRecord], settings: BurstSettings) -> bool:
    seen = sum(bool(record.faces) for record in records)
    return len(records) >= settings.min_frames and seen >= settings.min_share_with_face * len(records)


def label_frames(burst: FoundBurst) -> tuple[LabelFrame, ...]:
    """Return the frames of a burst as they are handed on. Raises SourceError if a file cannot be read any more."""
    first = burst.records[0]
    hashes: dict[Path, str] = {}
    frames = []
    for record in burst.records:
        assert record.path is not None  # ``FoundBurst`` says so
        if record.path not in hashes:
            hashes[record.path] = _sha256(record.path)
        clip_ms = None if record.t_ms is None else round(record.t_ms)
        frames.append(LabelFrame(hashes[record.path], clip_ms, _offset_ms(first, record), record))
    return tuple(frames)


def _offset_ms(first: FrameRecord, record: FrameRecord) -> int | None:
    if first.t_ms is not None and record.t_ms is not None:
        return round(record.t_ms - first.t_ms)
    if first.captured is None or record.captured is None:
        return None
    return round(1000 * pause_s(first, record))


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SourceError(f"{printable(path)} cannot be read ({error.strerror}): was it moved?") from error


def pictures(bursts: Sequence[FoundBurst], settings: BurstSettings = SETTINGS) -> Iterator[UInt8Array | None]:
    """Yield each frame's picture, burst by burst, uint8 (H, W, 3), RGB; None for what cannot be read any more."""
    for (file, kind), of_file in groupby(bursts, lambda burst: (burst.file, burst.kind)):
        records = [record for burst in of_file for record in burst.records]
        if kind == "photos":
            yield from (_photo(record, settings) for record in records)
        else:
            yield from _of_frames(file, [record.t_ms for record in records if record.t_ms is not None])


def _of_frames(clip: Path, times_ms: Sequence[float]) -> Iterator[UInt8Array | None]:
    """Yield a clip's frames at times that rise, decoded in one pass."""
    waiting = deque(times_ms)
    with contextlib.suppress(SourceError):  # what of it can be read is shown
        for frame in frames_at(clip, times_ms):
            while waiting and round(waiting[0]) < round(frame.t_ms):
                waiting.popleft()
                yield None
            if waiting:
                waiting.popleft()
                yield frame.image
    yield from (None for _ in waiting)


def _photo(record: FrameRecord, settings: BurstSettings) -> UInt8Array | None:
    try:
        return None if record.path is None else read_photo(record.path, min_side_px=settings.min_side_px).image
    except SourceError:
        return None
