"""A computer that is too slow leaves frames out in even steps, and no more of them than it has to."""

from __future__ import annotations

import math

import pytest

from livecam.live.thinning import THINNING_DEFAULTS, Thinning

INTERVAL_MS = 1000 / 30


def play(thinning: Thinning, work_ms: float, *, start_ms: float = 0.0, seconds: float = 10.0) -> list[bool]:
    """Which of the frames of so many seconds are looked at."""
    taken = []
    for i in range(round(seconds * 30)):
        taken.append(thinning.takes(start_ms + i * INTERVAL_MS))
        if taken[-1]:
            thinning.add_work(work_ms, work_ms / 2)
    return taken


@pytest.mark.parametrize(("work_ms", "every"), [(5, 1), (33, 1), (38, 1), (40, 2), (60, 2), (70, 3), (330, 10)])
def test_of_so_many_frames_one_is_looked_at(work_ms: float, every: int) -> None:
    thinning = Thinning()
    taken = play(thinning, work_ms, seconds=30)
    assert thinning.every == every
    last = taken[-10 * every :]
    assert last.count(True) == 10
    assert all(last[i] == last[i % every] for i in range(len(last))), "in even steps"


def test_a_computer_that_has_time_again_looks_at_all_again() -> None:
    thinning = Thinning()
    play(thinning, 60)
    play(thinning, 20, start_ms=10_000, seconds=2)
    assert thinning.every == 2, "not at once"
    play(thinning, 20, start_ms=12_000)
    assert thinning.every == 1


@pytest.mark.parametrize("work_ms", [28, 30, 33])
def test_a_hiccup_does_not_cost_every_second_frame_for_the_rest_of_the_evening(work_ms: float) -> None:
    thinning = Thinning()
    play(thinning, work_ms)
    assert thinning.every == 1, "there is just enough time"
    play(thinning, 60, start_ms=10_000, seconds=2)
    assert thinning.every == 2
    play(thinning, work_ms, start_ms=12_000, seconds=30)
    assert thinning.every == 2, "not at once: it may be quick only because frames are left out"
    play(thinning, work_ms, start_ms=42_000, seconds=45)
    assert thinning.every == 1


def test_where_there_is_just_not_enough_time_it_is_tried_ever_more_seldom() -> None:
    thinning = Thinning()
    changes = 0
    for second in range(3600):
        before = thinning.every
        play(thinning, 45 if thinning.every == 1 else 31, start_ms=second * 1000, seconds=1)
        changes += thinning.every != before
    assert 3 < changes < 16


def test_work_that_is_only_shorter_because_frames_are_left_out_is_not_tried_again_and_again() -> None:
    thinning = Thinning()
    changes = 0
    for second in range(120):
        before = thinning.every
        play(thinning, 45 if thinning.every == 1 else 20, start_ms=second * 1000, seconds=1)
        changes += thinning.every != before
    assert changes < 2 * math.log2(120_000 / THINNING_DEFAULTS.first_hold_ms) + 2


def test_a_mistake_that_shows_only_after_some_seconds_is_made_ever_more_seldom() -> None:
    thinning = Thinning()
    changes, eased = 0, -10
    for second in range(600):
        before = thinning.every
        still_quick = thinning.every > 1 or second - eased < 10
        play(thinning, 20 if still_quick else 45, start_ms=second * 1000, seconds=1)
        if thinning.every < before:
            eased = second
        changes += thinning.every != before
    assert changes < 30


@pytest.mark.parametrize("slow_ms", [250.0, 500.0, 1000.0])
def test_when_the_camera_becomes_slow_none_of_its_frames_is_left_out(slow_ms: float) -> None:
    thinning = Thinning()
    play(thinning, 150)
    assert thinning.every > 4
    for i in range(40):
        assert thinning.takes(10_000 + i * slow_ms)
        thinning.add_work(150, 75)
    assert thinning.every == 1


def test_after_a_while_of_much_other_work_more_frames_are_looked_at_again_within_some_seconds() -> None:
    thinning = Thinning()
    play(thinning, 470, seconds=30)
    assert thinning.every == 15
    play(thinning, 100, start_ms=30_000, seconds=7)
    assert thinning.every < 6


def test_frames_that_come_a_little_unevenly_are_left_out_in_even_steps_all_the_same() -> None:
    thinning = Thinning()
    taken = []
    for i in range(600):
        taken.append(thinning.takes(i * INTERVAL_MS + 12 * math.sin(2.1 * i)))
        if taken[-1]:
            thinning.add_work(90, 45)
    assert thinning.every > 2
    assert taken[-10 * thinning.every :].count(True) == 10


def test_a_slow_camera_needs_nothing_left_out() -> None:
    thinning = Thinning()
    for i in range(100):
        assert thinning.takes(i * 500.0)
        thinning.add_work(90, 40)
    assert thinning.every == 1
