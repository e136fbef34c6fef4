"""Finds focus stacks: photos of one view, not of people, that is sharp elsewhere in each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from livecam.best.records.frame import FrameRecord
from livecam.best.records.view import STEPS_A_DOUBLING, View
from livecam.best.series.alignment import light_difference_ev, likeness, slide
from livecam.best.series.settings import SeriesSettings


def focus_stacks(
    records: Sequence[FrameRecord], pause_s: Callable[[FrameRecord, FrameRecord], float], settings: SeriesSettings
) -> Iterator[range]:
    """Yield the runs of one view that is sharp elsewhere in each, and those that the camera says it took as one.

    See ``find_series``.
    """
    begin = 0
    for end in range(1, len(records) + 1):
        if end < len(records) and _stays(records[end - 1], records[end], pause_s, settings):
            continue
        run = records[begin:end]
        begin = end
        if len(run) < settings.min_photos:
            continue
        # Of 23 clips of people, taken for bursts, 3 would be stacks: hair and lips are sharp elsewhere as they move.
        of_people = 2 * sum(bool(record.faces) for record in run) > len(run)
        views = [record.view for record in run if record.view is not None]
        by_look = not of_people and len(views) == len(run) and _focus_wanders(views, settings)
        if by_look or all(record.exposure.focus_bracketed for record in run):
            yield range(end - len(run), end)


def _stays(
    before: FrameRecord,
    after: FrameRecord,
    pause_s: Callable[[FrameRecord, FrameRecord], float],
    settings: SeriesSettings,
) -> bool:
    """Whether nothing but the focus can have changed, and the camera in the hands that hold it."""
    if pause_s(before, after) > settings.focus_gap_s:
        return False
    if before.exposure.focus_bracketed and after.exposure.focus_bracketed:
        return True
    if before.view is None or after.view is None:
        return False
    light_ev = light_difference_ev(before.view, after.view)
    if light_ev is None or abs(light_ev) >= settings.min_exposure_step_ev:
        return False
    if likeness(before.view, after.view) >= settings.min_focus_likeness:
        return True
    move = slide(before.view, after.view, min_overlap=1 - 2 * settings.max_shake)
    if move is None or move.likeness < settings.min_shaken_likeness:
        return False
    if max(abs(move.right), abs(move.down)) > settings.max_shake:
        return False
    return likeness(before.view, _moved_onto(before.view, after.view)) >= settings.min_focus_likeness


def _focus_wanders(views: Sequence[View], settings: SeriesSettings) -> bool:
    """Whether half of the photos or more are in focus somewhere, in three places at least, where nothing else moves."""
    views = [_moved_onto(views[0], view) for view in views]
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


def _moved_onto(first: View, view: View) -> View:
    """The view with its grey picture moved, turned and scaled onto that of the first, by parts of a cell.

    G. Evangelidis, E. Psarakis, "Parametric image alignment using enhanced correlation coefficient maximization",
    IEEE Transactions on Pattern Analysis and Machine Intelligence 30 (2008). What was measured of the focus stays: its
    cells are four times as large.
    """
    if view is first or view.grey.shape != first.grey.shape:
        return view
    rows, columns = first.grey.shape
    ends = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 50, 1e-4)
    start = np.eye(2, 3, dtype=np.float32)
    try:
        _, found = cv2.findTransformECC(first.grey, view.grey, start, cv2.MOTION_AFFINE, ends)
    except cv2.error:  # it finds no way that makes them more alike
        return view
    move = np.asarray(found, np.float32)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    grey = cv2.warpAffine(view.grey, move, (columns, rows), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return replace(view, grey=np.asarray(grey, np.uint8))
