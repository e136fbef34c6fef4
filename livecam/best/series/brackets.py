"""Finds exposure brackets: photos of one view in exposures that all differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from livecam.best.records.frame import FrameRecord
from livecam.best.series.alignment import light_difference_ev, likeness
from livecam.best.series.settings import SeriesSettings

_BLACK, _WHITE = 6, 249  # grey levels


def brackets(
    records: Sequence[FrameRecord], pause_s: Callable[[FrameRecord, FrameRecord], float], settings: SeriesSettings
) -> Iterator[range]:
    """Yield the runs of one view in exposures that all differ. See ``find_series``."""
    begin = 0
    while begin < len(records):
        end = begin + 1
        while end < len(records) and _continues(records[begin:end], records[end], pause_s, settings):
            end += 1
        enough = 2 if records[begin].exposure.bracketed else settings.min_photos
        if end - begin >= enough:
            yield range(begin, end)
            begin = end
        else:
            begin += 1


def _continues(
    members: Sequence[FrameRecord],
    record: FrameRecord,
    pause_s: Callable[[FrameRecord, FrameRecord], float],
    settings: SeriesSettings,
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
    if record.view is None or other.view is None:
        return False
    if _set_otherwise(record, other, settings) and (_burnt_out(record, settings) or _burnt_out(other, settings)):
        return True  # the longest of nine exposures shows nothing that could be compared
    return likeness(record.view, other.view) >= settings.min_bracket_likeness


def _burnt_out(record: FrameRecord, settings: SeriesSettings) -> bool:
    """Whether a picture is black or white nearly all over."""
    if record.view is None:
        return False
    grey = record.view.grey
    return float(((grey < _BLACK) | (grey > _WHITE)).mean()) >= settings.burnt_out_share


def _other_exposure(record: FrameRecord, other: FrameRecord, settings: SeriesSettings) -> bool:
    """Whether two photos of one view were exposed differently on purpose."""
    here, there = record.exposure, other.exposure
    if _differ(here.bias_ev, there.bias_ev, settings.min_exposure_step_ev):
        return True
    set_otherwise = _set_otherwise(record, other, settings)
    if here.bracketed and there.bracketed and set_otherwise:
        return True
    # Without the camera's word: as bright or dark as its settings make it, or nothing is known of them.
    if record.view is None or other.view is None or set_otherwise is False:
        return False
    if set_otherwise and (_burnt_out(record, settings) or _burnt_out(other, settings)):
        return True  # what is white in one cannot be lighter still in the other
    light_ev = light_difference_ev(record.view, other.view)
    return light_ev is not None and abs(light_ev) >= settings.min_light_step_ev


def _set_otherwise(record: FrameRecord, other: FrameRecord, settings: SeriesSettings) -> bool | None:
    """Whether time, aperture and ISO make another exposure; None if they are not known."""
    return _differ(record.exposure.value_ev, other.exposure.value_ev, settings.min_exposure_step_ev)


def _differ(value: float | None, other: float | None, step: float) -> bool | None:
    """Whether two values are a step apart; None if one is not known."""
    return None if value is None or other is None else abs(value - other) >= step
