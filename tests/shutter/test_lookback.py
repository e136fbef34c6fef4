"""The look-back's stories: which moment a press by hand takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from livecam.shutter.lookback import LookBack, LookBackSettings
from livecam.types import Moment, Reason
from tests.factories import make_frame, make_moment

STEP_MS = 40.0


def film(*looks: tuple[float, tuple[Reason, ...]]) -> list[Moment]:
    return [make_moment(index * STEP_MS, score, *reasons) for index, (score, reasons) in enumerate(looks)]


def smile(score: float) -> tuple[float, tuple[Reason, ...]]:
    return score, ()


BLINK = 1.2, (Reason.EYES_CLOSED,)


def pressed_after(moments: list[Moment], lookback: LookBack | None = None) -> Moment | None:
    lookback = lookback or LookBack()
    for moment in moments:
        lookback.add(moment)
    return lookback.best(moments[-1].frame, moments[-1])


def with_people(moment: Moment, *people: int) -> Moment:
    face = moment.faces[0]
    return replace(moment, faces=tuple(replace(face, person=person) for person in people))


def test_a_press_in_a_blink_takes_the_frame_before_it_with_open_eyes() -> None:
    moments = film(*[smile(4.0)] * 3, smile(4.5), *[smile(4.2)] * 5, BLINK, BLINK)
    assert pressed_after(moments) is moments[3]


def test_the_frames_around_a_blink_are_not_taken_however_well_they_score() -> None:
    moments = film(*[smile(3.0)] * 10, smile(4.9), smile(4.9), BLINK, smile(4.9), smile(4.9), *[smile(2.0)] * 9)
    best = pressed_after(moments)
    assert best is not None
    assert best.score == pytest.approx(3.0)


def test_a_frame_that_is_hardly_better_does_not_replace_the_one_pressed_for() -> None:
    moments = film(smile(4.05), *[smile(3.9)] * 5, smile(4.0))
    assert pressed_after(moments) is moments[-1]


def test_it_looks_no_further_back_than_it_should() -> None:
    moments = film(smile(5.0), *[smile(3.0)] * 20, smile(4.0), *[smile(3.0)] * 20)
    assert pressed_after(moments) is moments[21]
    assert pressed_after(moments, LookBack(LookBackSettings(back_ms=400.0))) is moments[-1]


def test_with_nobody_there_no_moment_is_better_than_the_frame_itself() -> None:
    moments = [make_moment(t * STEP_MS, 1.0, faces=0) for t in range(5)]
    assert pressed_after(moments) is moments[-1]


def test_everybody_in_the_frame_pressed_for_is_in_the_one_taken() -> None:
    alone, both = (with_people(m, 1) for m in film(smile(5.0), smile(4.9))), film(*[smile(3.0)] * 2, smile(3.5))
    later = [replace(with_people(m, 1, 2), frame=replace(m.frame, t_ms=m.t_ms + 200)) for m in both]
    best = pressed_after([*alone, *later])
    assert best is later[-1]


def test_who_turns_away_at_the_press_is_taken_as_they_looked_before() -> None:
    moments = film(smile(3.0), smile(4.4), smile(3.2), smile(3.1), smile(3.0))
    gone = make_moment(5 * STEP_MS, 1.0, faces=0)
    assert pressed_after([*moments, gone]) is moments[1]


def test_a_clip_that_begins_again_is_not_mixed_with_what_was_before() -> None:
    before = [make_moment(5000.0, 5.0), make_moment(5200.0, 5.0)]
    again = film(smile(3.0), smile(3.0))
    assert pressed_after([*before, *again]) is again[-1]


@pytest.mark.parametrize(
    "scores", [[4.5] * 60, [5.0 - i * 0.05 for i in range(60)], [1.0 + i * 0.05 for i in range(60)]]
)
def test_the_frames_held_are_bounded_in_bytes_and_the_best_is_always_among_them(scores: list[float]) -> None:
    each = make_frame(width=400, height=300).image.nbytes
    lookback = LookBack(LookBackSettings(most_bytes=5 * each, clearly=0.0))
    moments = []
    for index, score in enumerate(scores):
        moment = make_moment(index * 20.0, score)
        moments.append(replace(moment, frame=make_frame(index * 20.0, width=400, height=300, index=index)))
        lookback.add(moments[-1])
        assert lookback.nbytes <= 5 * each
    best = lookback.best(moments[-1].frame, moments[-1])
    assert best is not None
    assert best.score == max(m.score or 0.0 for m in moments)


def test_a_frame_that_was_not_analysed_is_taken_as_it_is_unless_one_before_it_is_clearly_better() -> None:
    lookback, moments = LookBack(), film(smile(3.0), smile(4.0), smile(3.95))
    for moment in moments:
        lookback.add(moment)
    assert lookback.best(make_frame(90.0), moments[-1]) is None
    assert lookback.best(make_frame(90.0), make_moment(120.0, 3.0)) is moments[1]
    assert lookback.best(make_frame(30.0), moments[-1]) is None, "what comes after the press is not looked at"


def test_what_was_taken_already_is_not_taken_again() -> None:
    moments = film(smile(3.0), smile(4.9), smile(4.5), smile(3.0))
    lookback = LookBack()
    assert pressed_after(moments, lookback) is moments[1]
    lookback.forget(moments[1])
    assert lookback.best(moments[-1].frame, moments[-1]) is moments[2]


@pytest.mark.parametrize("back_ms", [0.0, -1.0, 20_000.0])
def test_impossible_settings_are_refused(back_ms: float) -> None:
    with pytest.raises(ValueError, match="back_ms"):
        LookBackSettings(back_ms=back_ms)
