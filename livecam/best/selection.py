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
from livecam.best.ranking import Group, rank
from livecam.best.records import Look
from livecam.best.scan import Seen
from livecam.errors import SourceError
from livecam.photos.read import read as read_photo
from livecam.types import EYE_CLOSED, UInt8Array


def choose(seen: Sequence[Seen], *, gap_s: float = GAP_S) -> list[Group]:
    """Group and rank what was seen. Each photo is in one group, each clip is one of its own.

    A live photo's clip is no group: its best frame joins the photo's, but only where no photo of that group has
    everybody's eyes open, for a still has several times the pixels. gap_s: the longest pause within a burst, seconds.
    """
    order = {one.item.path: place for place, one in enumerate(seen)}
    known = {one.item.path for one in seen if one.looks and not one.item.clip}
    live: dict[Path | None, Seen] = {one.item.live_of: one for one in seen if one.live and one.item.live_of in known}
    stills = [_with_clip(one.looks[0], live) for one in seen if one.looks and not one.item.clip]
    found: list[tuple[int, str, tuple[Look, ...]]] = []
    for members in group(stills, gap_s=gap_s):
        looks = _with_living([stills[i] for i in members.indices], live)
        found.append((min(order[stills[i].path or Path()] for i in members.indices), members.name, looks))
    found += [
        (order[one.item.path], one.item.path.name, one.looks)
        for one in seen
        if one.item.clip and one.looks and live.get(one.item.live_of) is not one
    ]
    found.sort(key=lambda entry: entry[0])
    names = _unique([name for _, name, _ in found])
    return [Group(name, looks, rank(looks)) for name, (_, _, looks) in zip(names, found, strict=True)]


def keepers(group_: Group, top: int) -> tuple[Look, ...]:
    """The first top of a group's ranking."""
    return tuple(group_.looks[ranked.index] for ranked in group_.ranking[:top])


class Pictures:
    """The pixels of looks, read again: photos one by one, a clip's frames all together and kept until the next clip."""

    def __init__(self, groups: Sequence[Group], *, least_side: int) -> None:
        """least_side: pixels of the shorter side that are enough."""
        self._least_side = least_side
        self._times: dict[Path, list[float]] = {}
        for look in chain.from_iterable(one.looks for one in groups):
            if look.path is not None and look.t_ms is not None:
                self._times.setdefault(look.path, []).append(look.t_ms)
        self._clip: Path | None = None
        self._frames: dict[float, UInt8Array] = {}

    def __call__(self, look: Look) -> UInt8Array:
        """Return the picture, uint8 (H, W, 3), RGB, upright. Raises SourceError if it cannot be read any more."""
        if look.path is None:
            raise ValueError("a look without a path has no picture")
        if look.t_ms is None:
            return read_photo(look.path, least_side=self._least_side).image
        if look.path != self._clip:
            self._clip = look.path
            frames = frames_at(look.path, self._times[look.path])
            self._frames = {round(frame.t_ms, 1): self._reduced(frame.image) for frame in frames}
        if round(look.t_ms, 1) not in self._frames:
            raise SourceError(f"{look.path} has no frame at {look.t_ms / 1000:.3f} s any more: was it changed?")
        return self._frames[round(look.t_ms, 1)]

    def _reduced(self, image: UInt8Array) -> UInt8Array:
        step = min(image.shape[:2]) // self._least_side
        return np.asarray(Image.fromarray(image).reduce(step), np.uint8) if step >= 2 else image


def _with_clip(still: Look, live: dict[Path | None, Seen]) -> Look:
    """A live photo's clip goes where the photo goes."""
    if still.path not in live:
        return still
    return replace(still, companions=(*still.companions, live[still.path].item.path))


def _with_living(stills: Sequence[Look], live: dict[Path | None, Seen]) -> tuple[Look, ...]:
    if any(look.faces and _all_open(look) for look in stills) or not any(look.path in live for look in stills):
        return tuple(stills)
    looks: list[Look] = []
    for still in stills:
        looks.append(still)
        if still.path in live and live[still.path].looks:
            frames = live[still.path].looks
            looks.append(frames[rank(frames)[0].index])
    return tuple(looks)


def _all_open(look: Look) -> bool:
    return all(max(face.eyes_closed) <= EYE_CLOSED for face in look.faces)


def _unique(names: Sequence[str]) -> list[str]:
    unique: dict[str, None] = {}
    for name in names:
        unique[next(one for one in chain([name], (f"{name} ({n})" for n in count(2))) if one not in unique)] = None
    return list(unique)
