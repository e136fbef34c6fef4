"""One photo is all its versions: what it was edited to, and copies of it, are ranked once and go where it goes.

Versions bear one name but for what programs add to it, lie in one folder, and were taken at the same time; where nobody
knows what was added, they also look alike and were exposed alike. The edit stands for all, for somebody liked it so;
without one the photo as it came from the camera; never a numbered copy. A raw file and a picture of one name in folders
beside each other, whose headers did not tell, are one if they look the same; so are two pictures of just one name there
that were taken at the same time: an edit or an export in a folder below, also IMG_1-web where the fraction of a second
is the same, or the original that a program put aside. A copy to the byte is one with its photo wherever it lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from livecam.best.grouping.known_versions import VersionNames
from livecam.best.grouping.same_photo import VERSION_DEFAULTS, is_raw, same_exposure, same_file, same_photo
from livecam.best.grouping.version_names import Version, names_elsewhere
from livecam.best.records.scan_result import ScanResult
from livecam.photos.capture_names import root_of
from livecam.photos.discover import natural_key


def merge_versions(results: Sequence[ScanResult]) -> list[ScanResult]:
    """Return results with the versions of each photo as one; the others are among its companions."""
    results = _with_photos_judged(results)
    names = VersionNames(results)
    stands_for: dict[Path, Path] = {}  # each version that is merged: the one that stands for all
    companions: dict[Path, list[Path]] = {}
    for of_one in (versions for versions in _versions(results, names) if len(versions) > 1):
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
        if photo is not None and result.length_ms <= VERSION_DEFAULTS.max_live_photo_ms:
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


def _versions(results: Sequence[ScanResult], names: VersionNames) -> list[list[ScanResult]]:
    """The photos that could be read, those of one photo together."""
    found: list[list[ScanResult]] = []
    # Those of one photo that were found first under each name: what lies elsewhere does not tell whether a number in
    # that folder counts the versions or the photos of a burst.
    in_folder: dict[tuple[Path, str], list[tuple[ScanResult, list[ScanResult]]]] = {}
    of_name: dict[str, list[list[ScanResult]]] = {}
    of_phash: dict[int, list[list[ScanResult]]] = {}
    for result in results:
        if not result.records or result.item.clip:
            continue
        item = result.item
        files = (item.path, *item.companions)  # an edit may lie beside the raw file
        keys = dict.fromkeys((file.parent, names.of(file).name) for file in files)
        elsewhere = names_elsewhere(root_of(item.path.stem))
        beside = (
            of_one for key in keys for first, of_one in in_folder.get(key, ()) if same_photo(first, result, names)
        )
        apart = (of_one for name in elsewhere for of_one in of_name.get(name, ()) if same_exposure(of_one[0], result))
        copies = (of_one for of_one in of_phash.get(result.records[0].phash, ()) if same_file(of_one[0], result))
        of_one = next(chain(beside, apart, copies), None)
        if of_one is None:
            of_one = []
            found.append(of_one)
            for name in elsewhere:
                of_name.setdefault(name, []).append(of_one)
            of_phash.setdefault(result.records[0].phash, []).append(of_one)
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


def _order(result: ScanResult, versions: Sequence[ScanResult], names: VersionNames) -> tuple[object, ...]:
    path, name = result.item.path, names.of(result.item.path)
    version = name.version
    elsewhere = any(other.item.path.parent != path.parent for other in versions)
    if (name.guessed or elsewhere) and 2 * _pixels(result) < max(map(_pixels, versions)):
        version = Version.COPY  # made smaller, to be sent or shown
    elif name.guessed and is_raw(result) and not all(map(is_raw, versions)):
        version = Version.ORIGINAL  # IMG_1234_RAW.dng, as some phones name it
    put_aside = elsewhere and "original" in path.parent.name.casefold()
    # Of a photo and its copy in another folder the one that lies among the others, for a burst is not to be torn.
    count = names.count_in(path.parent) if elsewhere else 0
    return version, put_aside, is_raw(result), -count, len(path.parts), natural_key(path)


def _pixels(result: ScanResult) -> int:
    return result.records[0].width * result.records[0].height
