"""Which photos of one camera were taken to be merged into one picture: they are a series of their own, kept whole.

A bracket shows one view in several exposures, a panorama a view that slides from photo to photo, a focus stack one
view that is sharp elsewhere in each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from livecam.best.alignment import light_difference_ev, likeness, slide
from livecam.best.records import FrameRecord
from livecam.best.view import STEPS_A_DOUBLING, View


class Kind(StrEnum):
    """What a group of pictures is."""

    BURST = "burst"
    SINGLE = "single"
    CLIP = "clip"
    BRACKET = "bracket"
    PANORAMA = "panorama"
    FOCUS = "focus"

    @property
    def is_series(self) -> bool:
        """Whether the pictures were taken to be merged into one."""
        return self in {Kind.BRACKET, Kind.PANORAMA, Kind.FOCUS}


@dataclass(frozen=True, slots=True)
class SeriesSettings:
    """What makes a bracket, a panorama or a focus stack. All set by hand: no labelled shoot has such series."""

    # The longest pause within each, seconds; to a bracket's come as many as the shutter was open.
    bracket_gap_s: float = 2.0
    panorama_gap_s: float = 5.0
    focus_gap_s: float = 3.0
    # Photos that make one; of a bracket that the camera says it took, two do.
    min_photos: int = 3
    # EV between any two exposures of a bracket by the camera's word, and by brightness: clouds and flashes vary too.
    min_exposure_step_ev: float = 0.3
    min_light_step_ev: float = 0.6
    # Likeness of detail, see ``alignment``: of a bracket's photos, of a panorama's where they overlap, of a stack's.
    min_bracket_likeness: float = 0.5
    min_panorama_likeness: float = 0.8
    min_focus_likeness: float = 0.95
    # Bits of 64 in which the hashes of a bracket's photos may differ where the likeness says no: burnt out sky.
    max_bracket_bits: int = 22
    # Share of width or height by which a panorama goes on, and by how much it is more alike than unmoved.
    min_step: float = 0.15
    min_gain: float = 0.1
    # Share of the picture that two photos of a panorama both show.
    min_overlap: float = 0.2
    # Of a stack: how often as strong as usual there the edges are in the photo that is in focus, in what share of
    # the places that have edges at all (levels of ``View.focus``), and by how many grey levels a place may change.
    focus_gain: float = 1.4
    min_focus_share: float = 0.05
    min_edges: int = 24
    max_focus_change: float = 4.0


_SETTINGS = SeriesSettings()
Pause = Callable[[FrameRecord, FrameRecord], float]
_Finder = Callable[[Sequence[FrameRecord], Pause, SeriesSettings], Iterator[range]]


def find_series(
    records: Sequence[FrameRecord], pause_s: Pause, settings: SeriesSettings = _SETTINGS
) -> list[tuple[Kind, list[int]]]:
    """Return each series with its photos' indices; no photo is in two.

    records: of one camera, in the order of time.  pause_s: seconds between two of them.
    """
    found: list[tuple[Kind, list[int]]] = []
    taken: set[int] = set()
    finders: tuple[tuple[Kind, _Finder], ...] = (
        (Kind.BRACKET, _brackets),
        (Kind.PANORAMA, _panoramas),
        (Kind.FOCUS, _focus_stacks),
    )
    for kind, find in finders:
        left = [i for i in range(len(records)) if i not in taken]
        for run in find([records[i] for i in left], pause_s, settings):
            indices = [left[i] for i in run]
            taken.update(indices)
            found.append((kind, indices))
    return found


def has_slid(
    before: FrameRecord, after: FrameRecord, settings: SeriesSettings = _SETTINGS
) -> tuple[float, float] | None:
    """Return by how much what is seen has moved, shares of width and height; None where it has not, or not for sure.

    Where somebody is seen in the same place in both, the camera follows a person.
    """
    if before.view is None or after.view is None:
        return None
    unmoved = likeness(before.view, after.view)
    if unmoved + settings.min_gain > 1:  # most bursts: the costly search could find nothing
        return None
    move = slide(before.view, after.view, min_overlap=settings.min_overlap)
    if move is None or move.likeness < max(settings.min_panorama_likeness, unmoved + settings.min_gain):
        return None
    step = max(abs(move.right), abs(move.down))
    if step < settings.min_step:
        return None
    for face in before.faces:
        x, y = _place(face.middle, before)
        for other in after.faces:
            u, v = _place(other.middle, after)
            if math.hypot(u - x, v - y) < step / 2:
                return None
    return move.right, move.down


def _place(middle: tuple[float, float], record: FrameRecord) -> tuple[float, float]:
    return middle[0] / record.width, middle[1] / record.height


def _brackets(records: Sequence[FrameRecord], pause_s: Pause, settings: SeriesSettings) -> Iterator[range]:
    """Yield the runs of one view in exposures that all differ."""
    begin = 0
    while begin < len(records):
        end = begin + 1
        while end < len(records) and _continues_bracket(records[begin:end], records[end], pause_s, settings):
            end += 1
        enough = 2 if records[begin].exposure.bracketed else settings.min_photos
        if end - begin >= enough:
            yield range(begin, end)
            begin = end
        else:
            begin += 1


def _continues_bracket(
    members: Sequence[FrameRecord], record: FrameRecord, pause_s: Pause, settings: SeriesSettings
) -> bool:
    last = members[-1]
    in_time = pause_s(last, record) <= settings.bracket_gap_s + (last.exposure.time_s or 0.0)
    return (
        in_time
        and record.exposure.bracketed == last.exposure.bracketed
        and any(_same_view(member, record, settings) for member in members)
        and all(_other_exposure(member, record, settings) for member in members)
    )


def _same_view(record: FrameRecord, other: FrameRecord, settings: SeriesSettings) -> bool:
    if (record.phash ^ other.phash).bit_count() <= settings.max_bracket_bits:
        return True
    return (
        record.view is not None
        and other.view is not None
        and likeness(record.view, other.view) >= settings.min_bracket_likeness
    )


def _other_exposure(record: FrameRecord, other: FrameRecord, settings: SeriesSettings) -> bool:
    """Whether two photos of one view were exposed differently on purpose."""
    here, there = record.exposure, other.exposure
    if _differ(here.bias_ev, there.bias_ev, settings.min_exposure_step_ev):
        return True
    set_otherwise = _differ(here.value_ev, there.value_ev, settings.min_exposure_step_ev)
    if here.bracketed and there.bracketed and set_otherwise:
        return True
    # Without the camera's word: as bright or dark as its settings make it, or nothing is known of them.
    if record.view is None or other.view is None or set_otherwise is False:
        return False
    light_ev = light_difference_ev(record.view, other.view)
    return light_ev is not None and abs(light_ev) >= settings.min_light_step_ev


def _differ(value: float | None, other: float | None, step: float) -> bool | None:
    """Whether two values are a step apart; None if one is not known."""
    return None if value is None or other is None else abs(value - other) >= step


def _panoramas(records: Sequence[FrameRecord], pause_s: Pause, settings: SeriesSettings) -> Iterator[range]:
    """Yield the runs in which the view slides on and never back."""
    begin, last = 0, None
    for i, (before, after) in enumerate(pairwise(records)):
        step = has_slid(before, after, settings) if pause_s(before, after) <= settings.panorama_gap_s else None
        turned_back = step is not None and last is not None and step[0] * last[0] + step[1] * last[1] < 0
        if step is None or turned_back:
            if i + 1 - begin >= settings.min_photos:
                yield range(begin, i + 1)
                begin = i + 1
            else:
                begin = i if turned_back else i + 1
            last = step if begin == i else None
        else:
            last = step
    if len(records) - begin >= settings.min_photos:
        yield range(begin, len(records))


def _focus_stacks(records: Sequence[FrameRecord], pause_s: Pause, settings: SeriesSettings) -> Iterator[range]:
    """Yield the runs of one view, not of people, that is sharp elsewhere in each."""
    begin = 0
    for end in range(1, len(records) + 1):
        if end < len(records) and _stays(records[end - 1], records[end], pause_s, settings):
            continue
        run = records[begin:end]
        views = [record.view for record in run if record.view is not None]
        # Of 23 clips of people, taken for bursts, 3 would be stacks: hair and lips are sharp elsewhere as they move.
        of_people = 2 * sum(bool(record.faces) for record in run) > len(run)
        enough = len(views) == len(run) >= settings.min_photos
        if enough and not of_people and _focus_wanders(views, settings):
            yield range(begin, end)
        begin = end


def _stays(before: FrameRecord, after: FrameRecord, pause_s: Pause, settings: SeriesSettings) -> bool:
    """Whether nothing but the focus can have changed."""
    if before.view is None or after.view is None or pause_s(before, after) > settings.focus_gap_s:
        return False
    light_ev = light_difference_ev(before.view, after.view)
    bright_alike = light_ev is not None and abs(light_ev) < settings.min_exposure_step_ev
    return bright_alike and likeness(before.view, after.view) >= settings.min_focus_likeness


def _focus_wanders(views: Sequence[View], settings: SeriesSettings) -> bool:
    """Whether half of the photos or more are in focus somewhere, in three places at least, where nothing else moves."""
    edges = np.stack([view.focus for view in views]).astype(np.float32)
    rows, columns = edges.shape[1:]
    grey = np.stack([cv2.resize(view.grey, (columns, rows), interpolation=cv2.INTER_AREA) for view in views])
    still = np.ptp(grey.astype(np.float32), axis=0) <= settings.max_focus_change
    with_edges = still & (edges.max(axis=0) >= settings.min_edges)
    if not with_edges.any():
        return False
    gain = STEPS_A_DOUBLING * math.log2(settings.focus_gain)
    told = with_edges & (edges.max(axis=0) - np.quantile(edges, 0.25, axis=0) >= gain)
    in_focus = list(told & (edges >= edges.max(axis=0) - gain / 2))
    in_focus = [places for places in in_focus if places.sum() >= settings.min_focus_share * with_edges.sum()]
    distinct: list[npt.NDArray[np.bool_]] = []
    for places in in_focus:
        if all(2 * (places & other).sum() < min(places.sum(), other.sum()) for other in distinct):
            distinct.append(places)
    return len(distinct) >= settings.min_photos and 2 * len(in_focus) >= len(views)
