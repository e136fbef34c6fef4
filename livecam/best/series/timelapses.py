"""Finds time lapses: many photos of one view, not of people, at an even pace, taken to be a clip."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from statistics import median

from livecam.best.records.frame import FrameRecord
from livecam.best.series.settings import SeriesSettings

_WHOLE_SECOND = 1.0  # by which pauses differ where the camera notes no parts of it


def timelapses(
    records: Sequence[FrameRecord], pause_s: Callable[[FrameRecord, FrameRecord], float], settings: SeriesSettings
) -> Iterator[range]:
    """Yield the long runs of one view at an even pace. See ``find_series``."""
    begin = 0
    while begin + settings.min_lapse_photos <= len(records):
        # Its pace is that of its first pauses; the run is as long as it is kept.
        first = records[begin : begin + settings.min_lapse_photos]
        pace_s = median(pause_s(before, after) for before, after in pairwise(first))
        end = begin + 1
        while end < len(records) and _goes_on(records[end - 1], records[end], pace_s, pause_s, settings):
            end += 1
        run = records[begin:end]
        of_people = 2 * sum(bool(record.faces) for record in run) > len(run)
        if len(run) >= settings.min_lapse_photos and not of_people:
            yield range(begin, end)
            begin = end
        else:
            begin += 1


def _goes_on(
    before: FrameRecord,
    after: FrameRecord,
    pace_s: float,
    pause_s: Callable[[FrameRecord, FrameRecord], float],
    settings: SeriesSettings,
) -> bool:
    if not settings.min_lapse_pause_s <= pace_s <= settings.max_lapse_pause_s:
        return False
    whole = all(record.captured is None or not record.captured.microsecond for record in (before, after))
    jitter_s = settings.max_lapse_jitter * pace_s + _WHOLE_SECOND * whole
    in_pace = abs(pause_s(before, after) - pace_s) <= jitter_s
    return in_pace and (before.phash ^ after.phash).bit_count() <= settings.max_lapse_bits
