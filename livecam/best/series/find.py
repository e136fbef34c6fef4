"""Which photos of one camera were taken to be merged into one picture or clip: a series of their own, kept whole.

A bracket shows one view in several exposures, a panorama a view that slides from photo to photo, a focus stack one
view that is sharp elsewhere in each, a time lapse one view at an even pace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from livecam.best.records.frame import FrameRecord
from livecam.best.series.brackets import brackets
from livecam.best.series.focus_stacks import focus_stacks
from livecam.best.series.panoramas import panoramas
from livecam.best.series.settings import Kind, SeriesSettings
from livecam.best.series.timelapses import timelapses

_SETTINGS = SeriesSettings()
Pause = Callable[[FrameRecord, FrameRecord], float]
_Finder = Callable[[Sequence[FrameRecord], Pause, SeriesSettings], Iterator[range]]
_FINDERS: tuple[tuple[Kind, _Finder], ...] = (
    (Kind.BRACKET, brackets),
    (Kind.PANORAMA, panoramas),
    (Kind.FOCUS, focus_stacks),
    (Kind.TIMELAPSE, timelapses),
)


def find_series(records: Sequence[FrameRecord], pause_s: Pause) -> list[tuple[Kind, list[int]]]:
    """Return each series with its photos' indices; no photo is in two.

    records: of one camera, in the order of time.  pause_s: seconds between two of them.
    """
    found: list[tuple[Kind, list[int]]] = []
    taken: set[int] = set()
    for kind, find in _FINDERS:
        left = [i for i in range(len(records)) if i not in taken]
        for run in find([records[i] for i in left], pause_s, _SETTINGS):
            indices = [left[i] for i in run]
            taken.update(indices)
            found.append((kind, indices))
    return found
