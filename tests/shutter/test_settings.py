"""What the settings refuse, and that the parts go by those they are given. (What each does: the parts' own stories.)"""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from livecam.shutter.baseline import ScoreBaseline
from livecam.shutter.countdown import Countdown
from livecam.shutter.settings import (
    BaselineSettings,
    CountdownSettings,
    GroupSettings,
    SmileCheckSettings,
    TriggerSettings,
)
from livecam.shutter.shutter_control import ShutterControl
from livecam.shutter.smile_check import SmileCheck
from livecam.shutter.trigger import Trigger
from tests.factories import make_face, make_moment


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (BaselineSettings, {"low": 0.5}), (BaselineSettings, {"high": 1.1}), (BaselineSettings, {"unknown": math.nan}),
        (BaselineSettings, {"bin_ms": 0.0}), (BaselineSettings, {"memory_ms": 1000.0}),
        (BaselineSettings, {"known_after_ms": 100.0}),
        (GroupSettings, {"noise_gain": -1.0}), (GroupSettings, {"min_scale": 0.0}),
        (GroupSettings, {"headroom_fraction": 1.1}), (GroupSettings, {"others_weight": 2.0}),
        (SmileCheckSettings, {"one_sided": -0.1}),
        (CountdownSettings, {"choice_ms": 50.0}), (CountdownSettings, {"patience_ms": math.inf}),
        (TriggerSettings, {"own_weight": 1.5}), (TriggerSettings, {"min_gain": -0.1}),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(make: Callable[..., object], wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        make(**wrong)


@pytest.mark.parametrize("seconds", [1, 2, 4])
def test_a_baseline_is_known_after_the_time_that_is_set(seconds: int) -> None:
    baseline = ScoreBaseline(BaselineSettings(known_after_ms=1000.0 * seconds))
    t_ms = 0
    while not baseline.known:
        t_ms += 40
        baseline.add(t_ms, 3.0)
    assert 0 <= t_ms - 1000 * seconds <= 200


def test_a_baseline_forgets_what_is_older_than_its_memory() -> None:
    short, long = (ScoreBaseline(BaselineSettings(memory_ms=ms)) for ms in (5000.0, 60_000.0))
    for t_ms in range(0, 20_000, 40):
        for baseline in (short, long):
            baseline.add(t_ms, 2.0 if t_ms < 10_000 else 3.0)
    assert (short.resting, long.resting) == (3.0, 2.0)


def test_what_arms_for_a_face_not_known_yet_follows_what_it_is_taken_for() -> None:
    plain, lower = (
        Trigger(TriggerSettings(baseline=BaselineSettings(unknown=unknown))).update(make_moment(0, 3.0)).threshold
        for unknown in (4.0, 3.0)
    )
    assert lower == pytest.approx(plain - 1.0)


def test_noise_lifts_the_threshold_by_the_gain_that_is_set_and_no_farther_than_the_limit() -> None:
    def threshold(group: GroupSettings) -> float:
        trigger = Trigger(TriggerSettings(group=group))
        for i in range(200):
            trigger.update(make_moment(i * 200.0, 2.9 if i % 4 == 0 else 3.0))
        return trigger.update(make_moment(40_000.0, 3.0)).threshold

    default, none, limited = (
        threshold(GroupSettings()),
        threshold(GroupSettings(noise_gain=0.0)),
        threshold(GroupSettings(noise_gain=100.0, noise_rise_limit=0.5)),
    )
    assert none == pytest.approx(3.45, abs=0.01)
    assert default > none + 0.05
    assert limited == pytest.approx(3.5, abs=0.01)


def test_how_much_a_mouth_may_be_pulled_to_one_side_is_a_setting() -> None:
    pulled = make_face(blendshapes={"mouthLeft": 0.4})
    assert SmileCheck(SmileCheckSettings(one_sided=0.3)).is_no_smile(pulled)
    assert not SmileCheck(SmileCheckSettings(one_sided=0.5)).is_no_smile(pulled)


@pytest.mark.parametrize("choice_ms", [500.0, 2000.0])
def test_how_long_a_countdown_chooses_is_a_setting(choice_ms: float) -> None:
    countdown = Countdown(1.0, CountdownSettings(choice_ms=choice_ms))
    taken_ms = next(t for t in range(0, 9000, 40) if countdown.update(make_moment(t, 3.0)).peak is not None)
    assert taken_ms == pytest.approx(1000 + choice_ms, abs=240)


def test_how_long_after_a_countdown_nothing_is_taken_by_itself_is_a_setting() -> None:
    def next_picture_ms(after_ms: float) -> float:
        control = ShutterControl(Trigger(), countdown_s=1.0, countdown=CountdownSettings(after_ms=after_ms))
        for t_ms in range(0, 20_000, 40):
            control.update(make_moment(t_ms, 3.0))
        control.toggle_countdown()
        smiling = [t for t in range(20_000, 30_000, 40) if control.update(make_moment(t, 4.8)).peak is not None]
        return smiling[1] - smiling[0]

    assert next_picture_ms(4000.0) - next_picture_ms(1000.0) == pytest.approx(3000, abs=80)
