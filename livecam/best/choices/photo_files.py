"""Which files are one photo, by names and headers alone: for lists of photos, which say nothing of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from livecam.best.grouping.versions import merge_versions
from livecam.best.records.frame import FrameRecord
from livecam.best.records.scan_result import ScanResult
from livecam.photos.capture_header import clip_header, photo_header
from livecam.photos.discover import Item, collect
from livecam.photos.read import PHOTO_SUFFIXES, RAW_SUFFIXES


def whole_photos(listed: Collection[Path]) -> dict[Path, tuple[Path, ...]]:
    """Return, for each file of the photos in the folders of those listed, all files of its photo, the main one first.

    listed: absolute paths. Exposures, versions and live clips are found as ``livecam best`` finds them, but for
    versions without a time, which only their pictures would tell.
    """
    folders = sorted({path.parent for path in listed})
    names = [str(folder) for folder in folders]
    names += [str(path) for folder in folders for path in _near(folder, _wanted(folder, listed))]
    items, _ = collect(names)
    results = merge_versions([_result(item) for item in items])
    files = {
        result.item.path: [result.item.path, *result.item.companions] for result in results if not result.item.clip
    }
    for item in (result.item for result in results):
        if item.clip and item.live_of in files:
            files[item.live_of].append(item.path)
    return {file: tuple(of_one) for of_one in files.values() for file in of_one}


def _wanted(folder: Path, listed: Collection[Path]) -> set[tuple[str, bool]]:
    """What may lie elsewhere of the photos listed in folder, by name and whether it is raw: what is beside is no more.

    Else the raw file of a backup would go along with a photo that has its own.
    """
    stems = {path.stem.casefold() for path in listed if path.parent == folder}
    try:
        beside = {_name_and_kind(path) for path in folder.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES}
    except OSError:
        beside = set()
    return {(stem, raw) for stem in stems for raw in (True, False)} - beside


def _near(folder: Path, wanted: Collection[tuple[str, bool]]) -> Iterator[Path]:
    """Files called like a photo in folders beside folder and below it: cameras and people keep raw files apart."""
    for near in sorted({*_folders_in(folder.parent), *_folders_in(folder)} - {folder}):
        try:
            yield from sorted(path for path in near.iterdir() if _name_and_kind(path) in wanted and path.is_file())
        except OSError:
            continue  # a closed folder


def _name_and_kind(path: Path) -> tuple[str, bool]:
    return path.stem.casefold(), path.suffix.lower() in RAW_SUFFIXES


def _folders_in(folder: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir() and not entry.name.startswith(".")]
    except OSError:
        return []


def _result(item: Item) -> ScanResult:
    """What is known of an item without looking at it; no two pictures are taken to be alike."""
    if item.clip:
        return ScanResult(item, (), length_ms=clip_header(item.path).length_ms or 0.0)
    look = int.from_bytes(hashlib.sha256(os.fsencode(item.path)).digest()[:8], "big")
    captured = photo_header(item.path).captured
    record = FrameRecord(item.path, None, 1, 1, (), captured, "", look, (1.0,), companions=item.companions)
    return ScanResult(item, (record,))
