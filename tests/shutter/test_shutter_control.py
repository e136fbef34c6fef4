"""The shutter control's stories: what a person asks for while the trigger watches."""

from __future__ import annotations

import math

import pytest

from livecam.shutter.decision import TriggerState
from livecam.shutter.shutter_control import FARTHEST, STEP, ShutterControl
from livecam.shutter.trigger import Trigger
from livecam.types import Moment
from tests.factories import make_moment

FPS = 30.0


def smiling_at(*times_s: float, until_s: float, start_s: float = 0.0, top: float = 4.8) -> list[Moment]:
    """A face at rest at 3.0 that smiles at these times."""

    def score(t: float) -> float:
        return 3.0 + sum((top - 3.0) * math.exp(-(((t - at) / 0.4) ** 2)) for at in times_s)

    count = round((until_s - start_s) * FPS)
    return [make_moment((start_s + i / FPS) * 1000, min(score(start_s + i / FPS), 5.0)) for i in range(count)]


def taken(control: ShutterControl, moments: list[Moment]) -> list[float]:
    """Times of the pictures, seconds."""
    peaks = [control.update(moment).peak for moment in moments]
    return [round(peak.t_ms / 1000, 1) for peak in peaks if peak is not None]


def test_untouched_it_does_what_the_trigger_does() -> None:
    assert taken(ShutterControl(Trigger()), smiling_at(3, 8, until_s=11)) == [3.0, 8.0]


def test_without_auto_nothing_is_taken_and_with_it_the_next_smile_is() -> None:
    control = ShutterControl(Trigger())
    control.toggle_auto()
    assert not control.auto
    assert taken(control, smiling_at(3, until_s=6)) == []
    control.toggle_auto()
    assert taken(control, smiling_at(8, start_s=6, until_s=11)) == [pytest.approx(8.0, abs=0.15)]


def test_a_smile_that_is_on_when_auto_comes_back_is_taken() -> None:
    control = ShutterControl(Trigger())
    control.toggle_auto()
    assert taken(control, smiling_at(3, until_s=2.9)) == []
    control.toggle_auto()
    assert len(taken(control, smiling_at(3, start_s=2.9, until_s=5))) == 1


def test_switched_off_while_armed_the_peak_is_dropped() -> None:
    control = ShutterControl(Trigger())
    armed = smiling_at(3, until_s=3.0)
    assert taken(control, armed) == []
    assert control.update(make_moment(3000.0, 4.8)).state is TriggerState.ARMED
    control.toggle_auto()
    assert taken(control, smiling_at(3, start_s=3.05, until_s=6)) == []


def test_a_pause_while_armed_leaves_no_picture_behind() -> None:
    control = ShutterControl(Trigger())
    assert taken(control, smiling_at(3, until_s=3.0)) == []
    control.rest()  # pause
    control.rest()  # and on, ten seconds later: the gap must not bring the old peak out
    assert taken(control, smiling_at(20, start_s=13, until_s=23)) == [20.0]


def test_the_threshold_moves_in_steps_and_not_for_ever() -> None:
    control = ShutterControl(Trigger())
    before = control.update(make_moment(0.0, 3.0)).threshold
    control.move_threshold(STEP)
    assert control.update(make_moment(33.0, 3.0)).threshold == pytest.approx(before + STEP)
    for _ in range(100):
        control.move_threshold(-STEP)
    assert control.shift == -FARTHEST
    for _ in range(15):
        control.move_threshold(STEP)
    assert control.shift == 0.0, "as many steps back as there were, without a remainder"


def test_a_higher_threshold_lets_a_small_smile_pass_and_a_lower_one_takes_it() -> None:
    def pictures(shift: float) -> list[float]:
        control = ShutterControl(Trigger())
        control.move_threshold(shift)
        return taken(control, smiling_at(5, until_s=8, top=3.7))

    assert pictures(0.0) == [5.0]
    assert pictures(0.5) == []
    assert len(pictures(-0.6)) > 1, "at rest too, as asked for"


def test_a_countdown_takes_one_picture_and_not_the_smile_before_zero() -> None:
    control = ShutterControl(Trigger(), countdown_s=3.0)
    control.toggle_countdown()
    assert control.counting
    assert control.update(make_moment(0.0, 3.0)).counting_ms == 3000.0

    times = taken(control, smiling_at(1.5, until_s=7)[1:])

    assert len(times) == 1
    assert 3.0 <= times[0] <= 4.0
    assert not control.counting


def test_after_a_countdown_a_later_smile_is_taken_by_itself_again() -> None:
    control = ShutterControl(Trigger(), countdown_s=3.0)
    control.toggle_countdown()
    counted, later = taken(control, smiling_at(3.8, 9, until_s=12))

    assert counted == pytest.approx(3.8, abs=0.2)
    assert later == 9.0


def test_a_countdown_is_broken_off_by_its_key_and_by_a_pause() -> None:
    for end in (ShutterControl.toggle_countdown, ShutterControl.rest):
        control = ShutterControl(Trigger(), countdown_s=1.0)
        control.toggle_auto()
        control.toggle_countdown()
        control.update(make_moment(0.0, 3.0))
        end(control)
        assert not control.counting
        assert taken(control, smiling_at(until_s=4)[1:]) == []


def test_the_persons_own_threshold_is_shown_during_a_countdown() -> None:
    control = ShutterControl(Trigger())
    before = control.update(make_moment(0.0, 3.0))
    control.toggle_countdown()
    during = control.update(make_moment(33.0, 3.0))

    assert during.threshold == before.threshold
    assert during.counting_ms == 3000.0


def test_a_file_that_ends_within_the_choice_gives_its_best() -> None:
    control = ShutterControl(Trigger(), countdown_s=1.0)
    control.toggle_countdown()
    assert taken(control, smiling_at(until_s=1.5)) == []

    last = control.flush()

    assert last is not None
    assert last.peak is not None
    assert last.peak.t_ms >= 1000
    assert ShutterControl(Trigger()).flush() is None


def test_a_countdown_is_not_cut_short_by_a_pause_in_a_followed_folder() -> None:
    control = ShutterControl(Trigger())
    control.toggle_countdown()
    control.update(make_moment(0, 3.0))
    assert control.settle() is None
    assert control.counting
