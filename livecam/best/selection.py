"""From what was seen in photos and clips to groups, each with its ranking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, count
from pathlib import Path

import numpy as np
from PIL import Image

from livecam.best.clip_scan import frames_at
from livecam.best.grouping import GAP_S, group
from livecam.best.ranking import RankedGroup, rank
from livecam.best.records import FrameRecord
from livecam.best.scan import ScanResult
from livecam.errors import SourceError
from livecam.photos.read import read as read_photo
from livecam.types import EYE_CLOSED, UInt8Array


def choose(seen: Sequence[ScanResult], *, gap_s: float = GAP_S) -> list[RankedGroup]:
    """Group and rank what was seen. Each photo is in one group, each clip is one of its own.

    A live photo's clip is no group: its best frame joins the photo's, but only where no photo of that group has
    everybody's eyes open, for a still has several times the pixels. gap_s: the longest pause within a burst, seconds.
    """
    order = {one.item.path: place for place, one in enumerate(seen)}
    known = {one.item.path for one in seen if one.records and not one.item.clip}
    live: dict[Path | None, ScanResult] = {
        one.item.live_of: one for one in seen if one.live and one.item.live_of in known
    }
    stills = [_with_clip(one.records[0], live) for one in seen if one.records and not one.item.clip]
    found: list[tuple[int, str, tuple[FrameRecord, ...]]] = []
    for members in group(stills, gap_s=gap_s):
        records = _with_living([stills[i] for i in members.indices], live)
        found.append((min(order[stills[i].path or Path()] for i in members.indices), members.name, records))
    found += [
        (order[one.item.path], one.item.path.name, one.records)
        for one in seen
        if one.item.clip and one.records and live.get(one.item.live_of) is not one
    ]
    found.sort(key=lambda entry: entry[0])
    names = _unique([name for _, name, _ in found])
    return [RankedGroup(name, records, rank(records)) for name, (_, _, records) in zip(names, found, strict=True)]


def keepers(group_: RankedGroup, top: int) -> tuple[FrameRecord, ...]:
    """The first top of a group's ranking."""
    return tuple(group_.records[ranked.index] for ranked in group_.ranking[:top])


class Pictures:
    """The pixels of records, read again: photos one by one, a clip's frames all at once and kept until the next."""

    def __init__(self, groups: Sequence[RankedGroup], *, least_side: int) -> None:
        """least_side: pixels of the shorter side that are enough."""
        self._least_side = least_side
        self._times: dict[Path, list[float]] = {}
        for record in chain.from_iterable(one.records for one in groups):
            if record.path is not None and record.t_ms is not None:
                self._times.setdefault(record.path, []).append(record.t_ms)
        self._clip: Path | None = None
        self._frames: dict[float, UInt8Array] = {}

    def __call__(self, record: FrameRecord) -> UInt8Array:
        """Return the picture, uint8 (H, W, 3), RGB, upright. Raises SourceError if it cannot be read any more."""
        if record.path is None:
            raise ValueError("a record without a path has no picture")
        if record.t_ms is None:
            return read_photo(record.path, least_side=self._least_side).image
        if record.path != self._clip:
            self._clip = record.path
            frames = frames_at(record.path, self._times[record.path])
            self._frames = {round(frame.t_ms, 1): self._reduced(frame.image) for frame in frames}
        if round(record.t_ms, 1) not in self._frames:
            raise SourceError(f"{record.path} has no frame at {record.t_ms / 1000:.3f} s any more: was it changed?")
        return self._frames[round(record.t_ms, 1)]

    def _reduced(self, image: UInt8Array) -> UInt8Array:
        step = min(image.shape[:2]) // self._least_side
        return np.asarray(Image.fromarray(image).reduce(step), np.uint8) if step >= 2 else image


def _with_clip(still: FrameRecord, live: dict[Path | None, ScanResult]) -> FrameRecord:
    """A live photo's clip goes where the photo goes."""
    if still.path not in live:
        return still
    return replace(still, companions=(*still.companions, live[still.path].item.path))


def _with_living(stills: Sequence[FrameRecord], live: dict[Path | None, ScanResult]) -> tuple[FrameRecord, ...]:
    if any(record.faces and _all_open(record) for record in stills) or not any(
        record.path in live for record in stills
    ):
        return tuple(stills)
    records: list[FrameRecord] = []
    for still in stills:
        records.append(still)
        if still.path in live and live[still.path].records:
            frames = live[still.path].records
            records.append(frames[rank(frames)[0].index])
    return tuple(records)


def _all_open(record: FrameRecord) -> bool:
    return all(max(face.eyes_closed) <= EYE_CLOSED for face in record.faces)


def _unique(names: Sequence[str]) -> list[str]:
    unique: dict[str, None] = {}
    for name in names:
        unique[next(one for one in chain([name], (f"{name} ({n})" for n in count(2))) if one not in unique)] = None
    return list(unique)
