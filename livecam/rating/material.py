"""What there is to ask about: the photos and clips that a person names, looked through and grouped.

Photos are grouped as ``livecam best`` groups them. Of a clip frames all along are looked at, not its peaks alone: what
livecam finds poor is part of the question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path

from livecam import model_files, pipeline
from livecam.best.grouping.groups import GroupingSettings, group_photos
from livecam.best.grouping.versions import merge_versions
from livecam.best.people.still_faces import without_still_faces
from livecam.best.records.frame import FrameRecord
from livecam.best.records.scan_result import ScanResult
from livecam.best.scan.cache import Cache, content_of_file
from livecam.best.scan.clips import ClipSettings, scan_clip
from livecam.best.scan.fingerprint import fingerprint
from livecam.best.scan.models import ScanModels
from livecam.best.scan.result_cache import ScanCache
from livecam.best.scan.scanner import PhotoScanner
from livecam.errors import SourceError
from livecam.photos.discover import Item, printable
from livecam.taste.network import network_of_file


@dataclass(frozen=True, slots=True)
class MaterialSettings:
    """How much of clips is looked at. Set by hand."""

    # Frames of a second: expressions change slower than lids.
    clip_fps: float = 4.0
    # Seconds: of frames further apart somebody would choose by the light, or by the place.
    stretch_s: float = 8.0


_SETTINGS = MaterialSettings()


@dataclass(slots=True)
class Material:
    """What was found. groups: name and records of each, in the order of time.  network: of the scorer's embeddings.

    failures: a line for each photo and clip that cannot be used.
    """

    network: str
    groups: list[tuple[str, tuple[FrameRecord, ...]]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def look_through(
    items: Sequence[Item],
    *,
    gap_s: float,
    model: Path | None,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Material:
    """Look through photos and clips; what was looked at before comes from the cache. Raises ModelError.

    gap_s: the longest pause within a burst of photos, seconds.  on_progress: told how many items are done.
    """
    photos = [item for item in items if not item.clip]
    clips = [item for item in items if item.clip and item.live_of is None]
    results: list[ScanResult] = []
    said: list[str] = []
    with (
        Cache(model_files.cache_dir(), say=said.append) as cache,
        ScanModels(pipeline.default_models(), faces=10, min_size_ratio=0.0, model=model, provider="auto") as models,
    ):
        with PhotoScanner(cache, model=model) as scanner:
            for result in scanner.scan(photos):
                results.append(result)
                on_progress(len(results))
        material = Material(network_of_file(model_files.scorer_model(model)))
        material.failures += said + [result.error for result in results if result.error is not None]
        material.groups += _of_photos(merge_versions(results), gap_s)
        known = ScanCache(cache, models.scorer_file, fingerprint(__name__))
        for done, clip in enumerate(clips, start=len(results)):
            found = _scan(clip, models, known, partial(_add, on_progress, done))
            if found.error is not None:
                material.failures.append(found.error)
            material.groups += _of_clip(found)
            on_progress(done + 1)
    return material


def _add(on_progress: Callable[[float], None], done: int, share: float) -> None:
    on_progress(done + share)


def _of_photos(results: Sequence[ScanResult], gap_s: float) -> Iterator[tuple[str, tuple[FrameRecord, ...]]]:
    records = [result.records[0] for result in results if result.records]
    for name, indices, kind in group_photos(records, GroupingSettings(gap_s=gap_s)):
        members = [records[i] for i in indices]
        if kind.is_series:
            yield from ((f"{name} {i}", (member,)) for i, member in enumerate(members))
        else:
            yield name, without_still_faces(members)[0]


def _scan(
    item: Item,
    models: ScanModels,
    known: ScanCache,
    on_progress: Callable[[float], None],
) -> ScanResult:
    found = known.recall(item)
    if found is not None:
        return found
    try:
        status, content = item.path.stat(), content_of_file(item.path)
        found = known.recall_content(item, status, content)
        if found is not None:
            return found
        at = ClipSettings(fps=_SETTINGS.clip_fps)
        with models.clip_finder() as finder:
            clip = scan_clip(item.path, finder, models.scorer(), settings=at, on_progress=on_progress)
    except OSError as error:
        return ScanResult(item, (), f"{printable(item.path)} cannot be read ({error.strerror}): check its permissions")
    except SourceError as error:
        return ScanResult(item, (), str(error))
    result = ScanResult(item, clip.records, clip.error, clip.length_ms)
    if clip.error is None:
        known.remember(result, status, content)
    return result


def _of_clip(result: ScanResult) -> Iterator[tuple[str, tuple[FrameRecord, ...]]]:
    """Yield a clip's stretches, each a group."""
    first, stretches = 0, list[int]()
    times = [record.t_ms or 0.0 for record in result.records]
    for i, (_, t_ms) in enumerate(pairwise(times), start=1):
        if t_ms - times[first] > 1000 * _SETTINGS.stretch_s:
            stretches.append(i)
            first = i
    edges = [0, *stretches, len(times)]
    for begin, end in pairwise(edges):
        if begin < end:
            yield f"{result.item.path.name} {begin}", without_still_faces(result.records[begin:end])[0]
