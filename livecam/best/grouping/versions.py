"""One photo is all its versions: what it was edited to, and copies of it, are ranked once and go where it goes.

Versions bear one name but for what programs add to it, lie in one folder, and were taken at the same time; where nobody
knows what was added, they also look alike and were exposed alike. The edit stands for all, for somebody liked it so;
without one the photo as it came from the camera; never a numbered copy. A raw file and a picture of one name in folders
beside each other, whose headers did not tell, are one if they look the same; so are two pictures of just one name there
that were taken at the same time: an edit or an export in a folder below, or the original that a program put aside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from livecam.best.grouping.burst_names import is_named_as_merged
from livecam.best.grouping.known_versions import VersionNames
from livecam.best.grouping.version_names import Version
from livecam.best.records.frame import FrameRecord
from livecam.best.records.scan_result import ScanResult
from livecam.photos.capture_names import folded, root_of
from livecam.photos.captures import CaptureSettings, distance
from livecam.photos.discover import natural_key
from livecam.photos.live_clips import LiveClipSettings
from livecam.photos.read import RAW_SUFFIXES


@dataclass(frozen=True, slots=True)
class VersionSettings:
    """All set by hand."""

    # Bits of 64 in which the hashes of versions without a time may differ.
    max_bits_without_time: int = 12
    # Of a copy that has no time: it shows the same to the pixel, but for its compression. Grey levels, on average.
    max_bits_of_copy: int = 2
    max_difference_of_copy: float = 0.7
    # A longer clip that bears a version's name is not the clip of a live photo, milliseconds. Phones record 3 s.
    max_live_photo_ms: float = LiveClipSettings().max_ms
    # What is called merged, "-HDR", was made of one photo only where no other was taken in so many seconds.
    merged_within_s: float = 10.0


_SETTINGS = VersionSettings()


def merge_versions(results: Sequence[ScanResult], settings: VersionSettings = _SETTINGS) -> list[ScanResult]:
    """Return results with the versions of each photo as one; the others are among its companions."""
    results = _with_photos_judged(results)
    names = VersionNames(results)
    stands_for: dict[Path, Path] = {}  # each version that is merged: the one that stands for all
    companions: dict[Path, list[Path]] = {}
    for of_one in (versions for versions in _versions(results, names, settings) if len(versions) > 1):
        first, *others = sorted(of_one, key=lambda result: _order(result, of_one, names))
        companions[first.item.path] = [
            file for result in others for file in (result.item.path, *result.item.companions)
        ]
        stands_for |= {result.item.path: first.item.path for result in others}
    live = {result.item.live_of for result in results if result.item.clip and result.item.live_of not in stands_for}
    merged: list[ScanResult] = []
    for result in results:
        item = result.item
        photo = stands_for.get(item.live_of) if item.clip and item.live_of is not None else None
        if item.path in stands_for:
            continue
        if photo is not None and result.length_ms <= settings.max_live_photo_ms:
            if photo in live:  # the clip of the edit is there already
                companions[photo].append(item.path)
                continue
            live.add(photo)
            result = replace(result, item=replace(item, live_of=photo))  # noqa: PLW2901
        merged.append(result)
    return [_with(result, companions.get(result.item.path, [])) for result in merged]


def _with_photos_judged(results: Sequence[ScanResult]) -> list[ScanResult]:
    """Let a live photo's clip belong to the file that was judged, where the one that stood for all was not readable."""
    judged = {file: result.item.path for result in results for file in result.item.companions if not result.item.clip}
    return [
        replace(result, item=replace(result.item, live_of=judged[result.item.live_of]))
        if result.item.live_of in judged
        else result
        for result in results
    ]


def _versions(results: Sequence[ScanResult], names: VersionNames, settings: VersionSettings) -> list[list[ScanResult]]:
    """The photos that could be read, those of one photo together."""
    found: list[list[ScanResult]] = []
    # Those of one photo that were found first under each name: what lies elsewhere does not tell whether a number in
    # that folder counts the versions or the photos of a burst.
    in_folder: dict[tuple[Path, str], list[tuple[ScanResult, list[ScanResult]]]] = {}
    of_name: dict[str, list[list[ScanResult]]] = {}
    for result in results:
        if not result.records or result.item.clip:
            continue
        item = result.item
        files = (item.path, *item.companions)  # an edit may lie beside the raw file
        keys = dict.fromkeys((file.parent, names.of(file).name) for file in files)
        name = folded(root_of(item.path.stem))
        beside = (
            of_one
            for key in keys
            for first, of_one in in_folder.get(key, ())
            if _same_photo(first, result, names, settings)
        )
        apart = (of_one for of_one in of_name.get(name, ()) if _same_exposure(of_one[0], result, settings))
        of_one = next(chain(beside, apart), None)
        if of_one is None:
            of_one = []
            found.append(of_one)
            of_name.setdefault(name, []).append(of_one)
        of_one.append(result)
        for key in keys:
            if not any(other is of_one for _, other in in_folder.setdefault(key, [])):
                in_folder[key].append((result, of_one))
    return found


def _with(result: ScanResult, companions: Sequence[Path]) -> ScanResult:
    if not companions:
        return result
    every = tuple(dict.fromkeys((*result.item.companions, *companions)))
    records = tuple(replace(record, companions=every) for record in result.records)
    return replace(result, item=replace(result.item, companions=every), records=records)


def _order(
    result: ScanResult, versions: Sequence[ScanResult], names: VersionNames
) -> tuple[Version, bool, bool, int, object]:
    path, name = result.item.path, names.of(result.item.path)
    version = name.version
    elsewhere = any(other.item.path.parent != path.parent for other in versions)
    if (name.guessed or elsewhere) and 2 * _pixels(result) < max(map(_pixels, versions)):
        version = Version.COPY  # made smaller, to be sent or shown
    elif name.guessed and _is_raw(result) and not all(map(_is_raw, versions)):
        version = Version.ORIGINAL  # IMG_1234_RAW.dng, as some phones name it
    put_aside = elsewhere and "original" in path.parent.name.casefold()
    return version, put_aside, _is_raw(result), len(path.parts), natural_key(path)


def _pixels(result: ScanResult) -> int:
    return result.records[0].width * result.records[0].height


def _is_raw(result: ScanResult) -> bool:
    return result.item.path.suffix.lower() in RAW_SUFFIXES


def _same_photo(one: ScanResult, other: ScanResult, names: VersionNames, settings: VersionSettings) -> bool:
    """Whether two photos of one name may be one: names come again once the counter begins anew."""
    record, again = one.records[0], other.records[0]
    if not _same_camera(record, again):
        return False
    of_both = [names.of(result.item.path) for result in (one, other)]
    if any(name.numbered for name in of_both):
        return _same_instant(record, again) and _alike(record, again, settings)
    if any(name.guessed for name in of_both):
        if any(is_named_as_merged(result.item.path.stem) for result in (one, other)) and names.is_one_of_several(
            record, settings.merged_within_s
        ):
            return False  # its first photo must stay in its bracket, see ``burst_names.merged_from``
        return _same_shot(record, again) and _alike(record, again, settings)
    if record.captured is not None and again.captured is not None:
        # Samsung's phones call the second photo of one second 20260620_120000(0).
        is_copy = Version.COPY in {name.version for name in of_both}
        return _same_time(record, again) and (not is_copy or _alike(record, again, settings))
    if record.captured is not None or again.captured is not None:
        return False
    if Version.COPY in {name.version for name in of_both}:
        return _same_picture(record, again, settings)  # a browser numbers whatever messengers call "image.jpg"
    return _alike(record, again, settings)


def _same_time(record: FrameRecord, other: FrameRecord) -> bool:
    """Whether two photos say the same time, of which one may leave out fractions of a second."""
    if record.captured is None or other.captured is None:
        return False
    one, again = (captured.replace(tzinfo=None) for captured in (record.captured, other.captured))
    whole = not (one.microsecond and again.microsecond)
    return one == again or (whole and one.replace(microsecond=0) == again.replace(microsecond=0))


def _same_shot(record: FrameRecord, other: FrameRecord) -> bool:
    """Whether two photos were taken at the same time and exposed alike: not two of a bracket, nor of a burst.

    A program may leave out fractions of a second, and how it was exposed.
    """
    if not _same_time(record, other):
        return False
    said = ((record.exposure.time_s, other.exposure.time_s), (record.exposure.bias_ev, other.exposure.bias_ev))
    return all(mine is None or theirs is None or mine == theirs for mine, theirs in said)


def _same_instant(record: FrameRecord, other: FrameRecord) -> bool:
    """Whether two photos were taken at the same fraction of a second, which no two of a burst are."""
    return _same_shot(record, other) and all(one.captured and one.captured.microsecond for one in (record, other))


def _same_exposure(one: ScanResult, other: ScanResult, settings: VersionSettings) -> bool:
    """Whether two files of one name, in folders beside each other, are one photo.

    Of a raw file and a picture a time may be unknown.
    """
    folders = one.item.path.parent, other.item.path.parent
    if distance(*folders) not in {1, 2}:
        return False
    record, again = one.records[0], other.records[0]
    if _is_raw(one) == _is_raw(other):
        if record.captured is None or again.captured is None:
            return False
        exact = record.captured.replace(tzinfo=None) == again.captured.replace(tzinfo=None)
        shot = exact and _same_shot(record, again)
        return shot and _same_camera(record, again) and _alike(record, again, settings)
    if record.captured is not None and again.captured is not None:
        apart_s = (record.captured.replace(tzinfo=None) - again.captured.replace(tzinfo=None)).total_seconds()
        if abs(apart_s) > CaptureSettings().max_apart_s:
            return False
    return _same_camera(record, again) and _alike(record, again, settings)


def _same_camera(record: FrameRecord, other: FrameRecord) -> bool:
    """Whether two photos name one camera, of which one may leave out the serial number, or one names none."""
    one, again = sorted((record.camera.casefold(), other.camera.casefold()), key=len)
    return again.startswith(one)


def _same_picture(record: FrameRecord, other: FrameRecord, settings: VersionSettings) -> bool:
    if (record.phash ^ other.phash).bit_count() > settings.max_bits_of_copy:
        return False
    if record.view is None or other.view is None or record.view.grey.shape != other.view.grey.shape:
        return record.view is None and other.view is None
    difference = np.abs(record.view.grey.astype(np.float32) - other.view.grey.astype(np.float32))
    return float(difference.mean()) <= settings.max_difference_of_copy


def _alike(record: FrameRecord, other: FrameRecord, settings: VersionSettings) -> bool:
    return (record.phash ^ other.phash).bit_count() <= settings.max_bits_without_time
