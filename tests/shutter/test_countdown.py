"""The countdown's stories: what is counted, and which frame of the second after is taken."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from livecam.shutter.countdown import Countdown
from livecam.shutter.decision import Decision
from livecam.types import Moment, Reason
from tests.factories import make_moment

FPS = 25.0
Look = Callable[[float], tuple[float, list[Reason]]]


def film(look: Look, until_s: float, *, start_s: float = 0.0) -> list[Moment]:
    """Moments of a face whose score and reasons are a function of the time in seconds."""
    times = [start_s + i / FPS for i in range(round((until_s - start_s) * FPS))]
    return [make_moment(t * 1000, look(t)[0], *look(t)[1]) for t in times]


def run(countdown: Countdown, moments: list[Moment]) -> tuple[list[Decision], Moment | None, float]:
    """Feed moments until it is over: the decisions, the picture, and when it was taken."""
    decisions = []
    for moment in moments:
        decisions.append(countdown.update(moment))
        if countdown.over:
            return decisions, decisions[-1].peak, moment.t_ms
    last = countdown.flush()
    return decisions, last.peak if last is not None else None, moments[-1].t_ms


def open_eyes(score: float) -> tuple[float, list[Reason]]:
    return score, []


def test_it_counts_down_and_takes_nothing_before_zero() -> None:
    decisions, _, _ = run(Countdown(3.0), film(lambda t: open_eyes(4.9), 2.9))

    left = [decision.counting_ms for decision in decisions]
    assert left[0] == 3000.0
    assert left[25] == 2000.0
    assert all(decision.peak is None for decision in decisions)


def test_it_takes_the_best_frame_of_the_second_after() -> None:
    # best at 2.5 s, before zero; then at 3.6 s; and at 4.5 s, too late
    def look(t: float) -> tuple[float, list[Reason]]:
        return open_eyes(max(3.0, 5.0 - 4 * abs(t - 2.5), 4.2 - 2 * abs(t - 3.6), 5.0 - 4 * abs(t - 4.5)))

    _, peak, taken_ms = run(Countdown(3.0), film(look, 8.0))

    assert peak is not None
    assert peak.t_ms == pytest.approx(3600, abs=80)
    assert 4000 <= taken_ms <= 4200


def test_a_blink_at_zero_is_passed_over() -> None:
    def look(t: float) -> tuple[float, list[Reason]]:
        return (4.8, [Reason.EYES_CLOSED]) if 2.9 < t < 3.3 else open_eyes(3.4)

    _, peak, _ = run(Countdown(3.0), film(look, 8.0))

    assert peak is not None
    assert peak.reasons == ()


def test_with_eyes_shut_for_the_whole_second_it_waits_until_they_open() -> None:
    def look(t: float) -> tuple[float, list[Reason]]:
        return (3.0, [Reason.EYES_CLOSED]) if 2.5 < t < 4.6 else open_eyes(3.2)

    decisions, peak, taken_ms = run(Countdown(3.0), film(look, 9.0))

    assert peak is not None
    assert peak.reasons == ()
    assert peak.t_ms > 4600
    assert taken_ms < 6000
    assert {decision.counting_ms for decision in decisions[76:-1]} == {0.0}


def test_with_eyes_shut_throughout_it_takes_the_frame_with_the_least_that_is_wrong() -> None:
    def look(t: float) -> tuple[float, list[Reason]]:
        shut = [Reason.EYES_CLOSED] if 4.0 < t < 4.1 else [Reason.EYES_CLOSED, Reason.BLURRED]
        return 1.5, shut

    _, peak, taken_ms = run(Countdown(3.0), film(look, 9.0))

    assert peak is not None
    assert peak.reasons == (Reason.EYES_CLOSED,)
    assert taken_ms == pytest.approx(6000, abs=80)


def test_an_empty_room_is_taken_too_because_it_was_asked_for() -> None:
    moments = [make_moment(i * 40.0, 3.0, faces=0) for i in range(250)]

    _, peak, _ = run(Countdown(3.0), moments)

    assert peak is not None
    assert peak.t_ms == 3000.0


def test_one_picture_and_then_it_is_over() -> None:
    countdown = Countdown(1.0)
    moments = film(lambda t: open_eyes(4.0), 8.0)
    _, peak, _ = run(countdown, moments)

    assert peak is not None
    assert countdown.over
    assert countdown.flush() is None


def test_when_the_time_goes_back_it_starts_again() -> None:
    countdown = Countdown(3.0)
    for moment in film(lambda t: open_eyes(4.0), 12.5, start_s=10.0):
        countdown.update(moment)

    decision = countdown.update(make_moment(40.0, 4.0))

    assert decision.counting_ms == 3000.0


def test_at_the_end_of_a_file_the_best_so_far_is_taken_but_only_after_zero() -> None:
    _, early, _ = run(Countdown(3.0), film(lambda t: open_eyes(4.0), 2.0))
    _, late, _ = run(Countdown(3.0), film(lambda t: open_eyes(4.0), 3.5))

    assert early is None
    assert late is not None
    assert late.t_ms >= 3000


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("inf")])
def test_a_countdown_without_length_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Countdown(seconds)
