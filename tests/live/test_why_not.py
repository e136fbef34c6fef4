"""Scripted sequences: what is told of a smile that was not taken, and that nothing is told of one that was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from livecam.live.held_back import MissedPeak, SecondState
from livecam.live.why_not import WhyNot
from livecam.shutter.shutter_control import ShutterControl
from livecam.shutter.trigger import Trigger
from livecam.types import Frame, Moment, Reason, ScoredFace
from tests.factories import make_face, make_frame, make_gated_score, make_score

STEP_MS = 1000 / 30
FRAME = make_frame(width=640, height=480)


def face(value: float, *reasons: Reason, x: float = 320, person: int = 1) -> ScoredFace:
    closed = Reason.LEFT_EYE_CLOSED in reasons, Reason.RIGHT_EYE_CLOSED in reasons
    both = Reason.EYES_CLOSED in reasons
    eyes = tuple(0.95 if both or one else 0.02 for one in closed)
    score = make_gated_score(value, (eyes[0], eyes[1])) if max(eyes) > 0.5 else make_score(value, (eyes[0], eyes[1]))
    return ScoredFace(make_face(centre=(x, 240)), score, reasons, person=person)


def moment(t_ms: float, *faces: ScoredFace) -> Moment:
    return Moment(Frame(FRAME.image, t_ms, 0, captured_s=t_ms / 1000), faces)


def smile(
    best: float = 4.6,
    *reasons: Reason,
    rest: float = 3.0,
    seconds: float = 1.0,
    before: float = 3.0,
    after: float = 3.0,
) -> Iterator[tuple[float, tuple[Reason, ...]]]:
    """The score of each frame: at rest, a smile of so many seconds, at rest again; the reasons are the smile's."""
    yield from [(rest, ())] * round(before * 30)
    yield from [(rest + (best - rest) * (i + 1) / 5, reasons) for i in range(4)]
    yield from [(best, reasons)] * round(seconds * 30 - 8)
    yield from [(best - (best - rest) * (i + 1) / 5, reasons) for i in range(4)]
    yield from [(rest, ())] * round(after * 30)


def alone(frames: Iterable[tuple[float, tuple[Reason, ...]]], start_ms: float = 0.0) -> list[Moment]:
    return [moment(start_ms + i * STEP_MS, face(value, *reasons)) for i, (value, reasons) in enumerate(frames)]


def told(moments: Iterable[Moment], *, auto: bool = True) -> tuple[list[MissedPeak], list[SecondState], int]:
    """What is missed, the seconds, and how many pictures a real shutter took meanwhile."""
    control, why_not = ShutterControl(Trigger()), WhyNot()
    if not auto:
        control.toggle_auto()
    found: list[MissedPeak | SecondState] = []
    taken = 0
    for one in moments:
        decision = control.update(one)
        taken += decision.peak is not None
        found += why_not.note(one, decision, auto=control.auto)
    last = control.flush()
    taken += last is not None and last.peak is not None
    found += why_not.flush(last)
    missed = [one for one in found if isinstance(one, MissedPeak)]
    return missed, [one for one in found if isinstance(one, SecondState)], taken


def test_a_smile_that_was_taken_is_not_missed() -> None:
    missed, _, taken = told(alone(smile()))
    assert (missed, taken) == ([], 1)


@pytest.mark.parametrize(
    "reason",
    [Reason.LEFT_EYE_CLOSED, Reason.EYES_CLOSED, Reason.TURNED_AWAY, Reason.TOO_DARK, Reason.BLURRED, Reason.CUT_OFF],
)
def test_a_smile_is_missed_for_what_held_it_back_and_is_worth_what_it_would_be_with_open_eyes(reason: Reason) -> None:
    missed, _, taken = told(alone(smile(4.6, reason)))

    assert taken == 0
    (one,) = missed
    assert one.why == (reason.name.lower(),)
    assert one.score == pytest.approx(4.6, abs=0.05)
    assert 3000 <= one.t_ms <= 4000
    assert one.who == ""


@pytest.mark.parametrize("step_ms", [500.0, 1000.0, 2000.0])
def test_of_a_slow_camera_too_it_is_told_what_was_missed(step_ms: float) -> None:
    values = [(3.0, ())] * 6 + [(4.6, (Reason.EYES_CLOSED,))] * 3 + [(3.0, ())] * 6
    missed, _, taken = told(moment(i * step_ms, face(value, *reasons)) for i, (value, reasons) in enumerate(values))

    assert taken == 0
    assert [(one.t_ms, one.why) for one in missed] == [(6 * step_ms, ("eyes_closed",))]


def test_what_held_back_longest_comes_first_and_a_single_frame_is_not_why() -> None:
    frames = list(smile(4.6, Reason.TURNED_AWAY))
    for i in range(100, 112):
        frames[i] = (frames[i][0], (Reason.TURNED_AWAY, Reason.BLURRED))
    frames[113] = (frames[113][0], (Reason.TURNED_AWAY, Reason.TOO_DARK))

    ((one,), _, _) = told(alone(frames))
    assert one.why == ("turned_away", "blurred")


def test_of_two_people_it_says_who() -> None:
    left = [face(value, *reasons, x=160, person=1) for value, reasons in smile(4.7, Reason.EYES_CLOSED)]
    right = [face(value, x=480, person=2) for value, _ in smile(4.7)]

    missed, seconds, _ = told(moment(i * STEP_MS, *both) for i, both in enumerate(zip(left, right, strict=True)))
    (one,) = missed
    assert (one.why, one.who) == (("eyes_closed",), "left person")
    assert seconds[0].faces == 2


def test_a_second_smile_too_soon_after_a_picture_is_missed_for_the_cool_down() -> None:
    first, second = list(smile(after=0.2)), list(smile(before=0.0, seconds=0.6))
    missed, _, taken = told(alone([*first, *second]))
    assert taken == 1
    assert [one.why for one in missed] == [("cooldown",)]


def test_with_auto_capture_off_that_is_why() -> None:
    missed, seconds, taken = told(alone(smile()), auto=False)
    assert taken == 0
    assert [one.why for one in missed] == [("auto_off",)]
    assert seconds[0].held == {"auto_off": 30}


def test_a_rise_that_comes_near_what_takes_a_picture_but_not_there_is_said_with_both() -> None:
    low = [(2.5, ())] * 6
    missed, _, taken = told(alone([*list(smile(3.0, rest=3.0)), *low, *smile(3.3, rest=3.0, before=0.0)]))
    assert taken == 0
    (one,) = missed
    assert one.why == ("below_threshold",)
    assert one.score == pytest.approx(3.3, abs=0.05)
    assert one.threshold > one.score


def test_a_word_is_over_too_soon() -> None:
    missed, _, taken = told(alone(smile(4.6, seconds=0.3)))
    assert taken == 0
    assert [one.why[0] for one in missed] == ["too_short"]


def test_a_face_that_only_rests_or_goes_misses_nothing() -> None:
    nobody = [moment(7000 + i * STEP_MS) for i in range(60)]
    missed, seconds, _ = told([*alone([(3.4, ())] * 210), *nobody])
    assert missed == []
    assert [second.held for second in seconds] == [{}] * 7 + [{"no_face": 30}] * 2
    assert [second.score for second in seconds] == [pytest.approx(3.4)] * 7 + [None] * 2


def test_each_second_says_what_held_how_many_of_its_frames() -> None:
    frames = [(3.0, (Reason.TOO_FAR,) if i < 10 else (Reason.BLURRED,) if i < 25 else ()) for i in range(45)]
    _, seconds, _ = told(alone(frames))

    first, second = seconds
    assert (first.t_ms, first.frames, first.faces, first.held) == (0.0, 30, 1, {"blurred": 15, "too_far": 10})
    assert (second.t_ms, second.frames, second.held) == (1000.0, 15, {})
    event = first.as_event()
    assert (event["event"], event["score"], event["state"], event["held"]) == ("second", 3.0, "waiting", first.held)


def test_a_stream_that_ends_in_a_smile_or_begins_anew_still_says_what_was_missed() -> None:
    missed, _, _ = told(alone(list(smile(4.6, Reason.BLURRED))[:110]))
    assert [one.why for one in missed] == [("blurred",)]

    again = [*alone(list(smile(4.6, Reason.BLURRED))[:110]), *alone(smile(4.6, Reason.TOO_DARK))]
    missed, seconds, _ = told(again)
    assert [one.why for one in missed] == [("blurred",), ("too_dark",)]
    assert [second.t_ms for second in seconds][:5] == [0, 1000, 2000, 3000, 0]


def second_of(seen: Iterable[bool], *reasons: Reason) -> dict[str, object] | None:
    """What is told of one second in which somebody is seen, with these reasons, in some of the frames."""
    frames = [moment(i * STEP_MS, *([face(3.0, *reasons)] if there else [])) for i, there in enumerate(seen)]
    _, (second,), _ = told(frames)
    return second.as_waiting()


def test_of_who_comes_or_goes_within_a_second_no_score_is_told_beside_the_word_that_nobody_is_there() -> None:
    came_late = second_of([False] * 20 + [True] * 10, Reason.BLURRED)
    went_late = second_of([True] * 20 + [False] * 10, Reason.BLURRED)

    assert came_late is not None
    assert went_late is not None
    assert (came_late["score"], came_late["reasons"]) == (None, ["no_face"])
    assert (went_late["score"], went_late["reasons"]) == (pytest.approx(3.0, abs=0.01), ["blurred"])


def test_a_face_that_is_lost_for_a_few_frames_and_else_well_is_nothing_to_wait_for() -> None:
    assert second_of([True] * 27 + [False] * 3) is None
