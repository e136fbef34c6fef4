"""One photo is all its versions: what it was edited to, and copies of it, are ranked once and go where it goes.

Versions bear one name but for what programs add to it, lie in one folder, and were taken at the same time. The edit
stands for all, for somebody liked it so; without one the photo as it came from the camera; never a numbered copy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from livecam.best.records import FrameRecord
from livecam.best.scan_result import ScanResult
from livecam.photos.discover import natural_key


@dataclass(frozen=True, slots=True)
class VersionSettings:
    """Both set by hand."""

    # Bits of 64 in which the hashes of versions without a time may differ.
    max_bits_without_time: int = 12
    # A longer clip that bears a version's name is not the clip of a live photo, milliseconds. Phones record 3 s.
    max_live_photo_ms: float = 6000.0


_EDIT, _ORIGINAL, _COPY = range(3)  # who stands for all, the first that there is
_IPHONE_EDIT = re.compile(r"^(IMG_)E(\d{4,})$", re.IGNORECASE)
_EDITED = "edit|edited|bearbeitet|modifié|editado|modificato"
_COPIED = "copy|kopie|copie|copia"
_ADDED = (
    (_EDIT, re.compile(rf"(?:[ _-]+|(?=\())\(?(?:{_EDITED})(?:[ _-]?\d{{1,2}})?\)?$", re.IGNORECASE)),
    (_EDIT, re.compile(r"~\d{1,2}$")),  # IMG_1234~2, as Google's and Samsung's galleries save an edit
    (_COPY, re.compile(r"[ _]?\(\d{1,2}\)$")),
    (_COPY, re.compile(rf"[ _-]+(?:{_COPIED})(?:[ _]?\(?\d{{1,2}}\)?)?$", re.IGNORECASE)),
)
_SETTINGS = VersionSettings()


def merge_versions(results: Sequence[ScanResult], settings: VersionSettings = _SETTINGS) -> list[ScanResult]:
    """Return results with the versions of each photo as one; the others are among its companions."""
    photos: dict[tuple[Path, str], list[list[ScanResult]]] = {}
    for result in results:
        if result.records and not result.item.clip:
            path = result.item.path
            versions = photos.setdefault((path.parent, _plain_name(path.stem)[0]), [])
            fitting = (of_one for of_one in versions if _same_photo(of_one[0].records[0], result.records[0], settings))
            of_one = next(fitting, None)
            if of_one is None:
                versions.append([result])
            else:
                of_one.append(result)
    stands_for: dict[Path, Path] = {}  # each version that is merged: the one that stands for all
    companions: dict[Path, list[Path]] = {}
    for of_one in (of_one for versions in photos.values() for of_one in versions if len(of_one) > 1):
        first, *others = sorted(of_one, key=_order)
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


def _with(result: ScanResult, companions: Sequence[Path]) -> ScanResult:
    if not companions:
        return result
    every = tuple(dict.fromkeys((*result.item.companions, *companions)))
    records = tuple(replace(record, companions=every) for record in result.records)
    return replace(result, item=replace(result.item, companions=every), records=records)


def _plain_name(stem: str) -> tuple[str, int]:
    """The name that a camera gave, and what a program has added to it."""
    if match := _IPHONE_EDIT.match(stem):
        return match[1] + match[2], _EDIT
    version = _ORIGINAL
    for added, pattern in reversed(_ADDED):  # a copy of an edit, "IMG_1234-edited (2)", is a copy
        plain = pattern.sub("", stem)
        if plain and plain != stem:
            stem, version = plain, added if version == _ORIGINAL else version
    return stem, version


def _order(result: ScanResult) -> tuple[int, object]:
    path = result.item.path
    return _plain_name(path.stem)[1], natural_key(path)


def _same_photo(record: FrameRecord, other: FrameRecord, settings: VersionSettings) -> bool:
    """Whether two photos of one name may be one: names come again once the counter begins anew."""
    if record.captured is not None and other.captured is not None:
        return record.captured.replace(tzinfo=None, microsecond=0) == other.captured.replace(tzinfo=None, microsecond=0)
    if record.captured is not None or other.captured is not None:
        return False
    return (record.phash ^ other.phash).bit_count() <= settings.max_bits_without_time
