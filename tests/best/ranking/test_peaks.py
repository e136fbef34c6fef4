"""Which moments of a clip are its peaks."""

from __future__ import annotations

from livecam.best.ranking.peaks import PeakSettings, find_peaks
from livecam.best.records.frame import FrameRecord
from tests.best.records.factories import make_face_record, make_record


def clip(*scores: float, step_ms: float = 500.0) -> list[FrameRecord]:
    return [make_record(make_face_record(score=score), t_ms=i * step_ms) for i, score in enumerate(scores)]


def test_peaks_are_better_than_all_around_them_and_the_best_comes_first() -> None:
    records = clip(3.0, 4.0, 3.0, 2.0, 2.0, 2.0, 3.0, 4.8, 3.0)

    assert find_peaks(records) == (7, 1)
    assert find_peaks(records, PeakSettings(max_count=1)) == (7,)


def test_the_slope_of_a_peak_is_no_peak_however_far_from_it() -> None:
    assert find_peaks(clip(5.0, 4.5, 4.0, 3.5, 3.0, 2.5, 2.0), PeakSettings(radius_ms=1000)) == (0,)


def test_no_peak_has_closed_eyes_or_nobody() -> None:
    blink = make_face_record(eyes=(0.9, 0.9), score=4.0)

    assert find_peaks([make_record(t_ms=0.0), make_record(t_ms=4000.0)]) == ()
    assert find_peaks([make_record(blink, t_ms=0.0)]) == ()
