"""Finds panoramas: photos among which the view slides on from each to the next."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from livecam.best.records.frame import FrameRecord
from livecam.best.series.alignment import likeness, slide
from livecam.best.series.settings import SeriesSettings

_SETTINGS = SeriesSettings()


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


def panoramas(
    records: Sequence[FrameRecord], pause_s: Callable[[FrameRecord, FrameRecord], float], settings: SeriesSettings
) -> Iterator[range]:
    """Yield the runs in which the view slides on and never back. See ``find_series``."""
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


def _place(middle: tuple[float, float], record: FrameRecord) -> tuple[float, float]:
    return middle[0] / record.width, middle[1] / record.height
