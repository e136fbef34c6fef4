"""The trigger's stories: sequences of scores over time, and the pictures that must come of them."""

from __future__ import annotations

import dataclasses
import math
import random
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livecam.shutter.decision import TriggerState
from livecam.shutter.trigger import Trigger, TriggerSettings
from livecam.types import Moment, Reason
from tests.factories import make_face, make_moment

Look: TypeAlias = float | tuple[float, Reason]  # a score, or a score that is held back


@dataclass(frozen=True)
class Taken:
    """A picture: what it shows, when, when the shutter noticed, and the runners-up."""

    t_ms: float
    score: float
    fired_ms: float
    others: tuple[Moment, ...]


def film(look: Callable[[float], Look], until_s: float, *, fps: float = 30, start_s: float = 0) -> Iterator[Moment]:
    """Moments of a face whose look is a function of the time in seconds."""
    for i in range(round((until_s - start_s) * fps)):
        t = start_s + i / fps
        seen = look(t)
        score, reasons = (seen[0], seen[1:]) if isinstance(seen, tuple) else (seen, ())
        yield make_moment(t * 1000, min(max(score, 1.0), 5.0), *reasons)


def pictures(moments: Iterable[Moment], trigger: Trigger | None = None) -> list[Taken]:
    """Run the moments through a trigger and on to the end of the file."""
    trigger = trigger or Trigger()
    taken, now = [], 0.0
    for moment in moments:
        now = moment.t_ms
        decision = trigger.update(moment)
        if decision.peak:
            taken.append(Taken(decision.peak.t_ms, decision.peak.score or 0, now, decision.runners_up))
    last = trigger.flush()
    if last:
        assert last.peak
        taken.append(Taken(last.peak.t_ms, last.peak.score or 0, now, last.runners_up))
    return taken


def smile(rest: float, top: float, at_s: float, width_s: float = 0.8) -> Callable[[float], float]:
    """A smile that builds, peaks at at_s and goes: a bell."""
    return lambda t: rest + (top - rest) * math.exp(-(((t - at_s) / width_s) ** 2))


def lasting(rest: float, top: float, start_s: float, end_s: float) -> Callable[[float], float]:
    """A smile that comes within 0.4 s and lasts."""
    return lambda t: rest + (top - rest) * min(max(min(t - start_s, end_s - t) / 0.4, 0.0), 1.0)


def blinks(
    look: Callable[[float], float], *spans_s: tuple[float, float], reason: Reason = Reason.EYES_CLOSED
) -> Callable[[float], Look]:
    """The same look with the eyes shut in these spans."""
    return lambda t: (1.5, reason) if any(a <= t < b for a, b in spans_s) else look(t)


def restless(look: Callable[[float], float], deviation: float, *, seed: int = 0) -> Callable[[float], float]:
    """The same look with noise that lasts about half a second, as faces and networks have it."""
    rng, noise, last = random.Random(seed), 0.0, 0.0  # noqa: S311  a reproducible story, not a secret

    def noisy(t: float) -> float:
        nonlocal noise, last
        keep = math.exp(-(t - last) / 0.5)
        noise, last = keep * noise + math.sqrt(1 - keep * keep) * deviation * rng.gauss(0, 1), t
        return look(t) + noise

    return noisy


@pytest.mark.slow
@pytest.mark.parametrize("fps", [12, 15, 24, 30, 60])
def test_a_smile_that_builds_is_taken_once_at_its_peak(fps: float) -> None:
    (shot,) = pictures(film(smile(3.0, 4.8, 5.0), 10, fps=fps))
    assert shot.t_ms == pytest.approx(5000, abs=1000 / fps)
    assert 200 < shot.fired_ms - shot.t_ms < 650


@pytest.mark.parametrize("deviation", [0.03, 0.08])
@pytest.mark.slow
def test_frame_rate_does_not_change_which_moments_are_taken(deviation: float) -> None:
    story = lambda t: max(smile(3.0, 4.8, 5.0)(t), smile(3.0, 4.5, 12.0)(t))  # noqa: E731
    for fps in (15, 30, 60):
        shots = pictures(film(restless(story, deviation), 16, fps=fps))
        assert [round(s.t_ms / 1000) for s in shots] == [5, 12], fps
        assert shots[0].score > 4.6


def test_a_smile_that_grows_by_less_than_a_hundredth_a_frame_is_waited_for() -> None:
    def slow(t: float) -> float:
        return lasting(3.0, 4.6, 4.0, 9.0)(t) + 0.004 * 30 * min(max(t - 4.4, 0.0), 1.0)

    (shot,) = pictures(film(slow, 10))
    assert shot.t_ms == pytest.approx(5400, abs=70)


def test_the_peak_is_saved_and_not_the_frame_at_which_it_was_noticed() -> None:
    moments = list(film(smile(3.0, 4.8, 5.0), 10, fps=25))
    trigger = Trigger()
    fired = next(d for m in moments if (d := trigger.update(m)).peak)
    assert fired.peak is max(moments, key=lambda m: m.score or 0)


def test_a_blink_at_the_peak_gives_the_open_eyed_frame_beside_it() -> None:
    (shot,) = pictures(film(blinks(smile(3.0, 4.8, 5.0), (4.9, 5.1)), 10))
    assert shot.score > 4.6
    # and not the very last frame before or the first after, where the lids still move
    assert abs(shot.t_ms - 5000) > 150


def test_a_smile_that_goes_on_growing_after_a_blink_is_taken_after_it() -> None:
    (shot,) = pictures(film(blinks(smile(3.0, 4.9, 5.5), (4.85, 5.15)), 10))
    assert shot.t_ms == pytest.approx(5500, abs=40)


def test_one_frame_that_seems_open_within_a_blink_is_not_believed() -> None:
    look = blinks(lasting(3.0, 4.3, 3, 6), (3.8, 3.9), (3.94, 4.1))
    moments = [make_moment(m.t_ms, 5.0) if 3900 <= m.t_ms < 3940 else m for m in film(look, 8)]
    (shot,) = pictures(moments)
    assert shot.score < 4.5


def test_a_plateau_is_taken_away_from_the_blink() -> None:
    look = blinks(lasting(3.0, 4.5, 3, 9), (3.55, 3.7))
    (shot,) = pictures(film(look, 10))
    assert min(abs(shot.t_ms - 3550), abs(shot.t_ms - 3700)) > 60


def test_a_wink_is_held_back_like_a_blink() -> None:
    (shot,) = pictures(film(blinks(smile(3, 4.8, 5), (4.9, 5.1), reason=Reason.LEFT_EYE_CLOSED), 9))
    assert not 4900 <= shot.t_ms <= 5100


def test_of_two_peaks_close_together_the_better_is_taken() -> None:
    story = lambda t: max(smile(3, 4.4, 5.0, 0.25)(t), smile(3, 4.8, 5.35, 0.25)(t))  # noqa: E731
    (shot,) = pictures(film(story, 8))
    assert shot.t_ms == pytest.approx(5350, abs=40)


def test_two_smiles_with_a_rest_between_give_two_pictures() -> None:
    story = lambda t: max(smile(3, 4.8, 5)(t), smile(3, 4.7, 10)(t))  # noqa: E731
    assert [round(s.t_ms, -2) for s in pictures(film(story, 14))] == [5000, 10000]


def test_a_small_smile_after_a_big_one_is_not_worth_a_picture() -> None:
    story = lambda t: max(lasting(3, 4.9, 4, 8)(t), smile(3, 3.7, 12)(t))  # noqa: E731
    assert len(pictures(film(story, 16))) == 1
    assert len(pictures(film(smile(3, 3.7, 12), 16))) == 1  # alone it is


def test_a_face_that_leaves_while_armed_still_gives_its_peak() -> None:
    moments = [m if m.t_ms < 5100 else make_moment(m.t_ms, 0, faces=0) for m in film(smile(3, 4.8, 5.0), 8)]
    (shot,) = pictures(moments)
    assert shot.t_ms == pytest.approx(5000, abs=40)
    assert shot.fired_ms < 5700


def test_a_face_that_turns_away_while_the_smile_still_grows_gives_the_best_so_far() -> None:
    (shot,) = pictures(film(blinks(smile(3, 4.8, 5.0), (4.8, 9), reason=Reason.TURNED_AWAY), 9))
    assert 4600 < shot.t_ms < 4800


def test_jitter_around_the_threshold_takes_one_picture() -> None:
    look = lambda t: 3.0 if t < 4 else 3.45 + 0.1 * math.sin(40 * t)  # noqa: E731
    assert len(pictures(film(look, 12))) <= 1


def test_a_hard_face_that_never_passes_three_and_a_half_gets_its_pictures() -> None:
    story = lambda t: max(smile(2.8, 3.4, at, 0.8)(t) for at in (10, 20, 30))  # noqa: E731
    shots = pictures(film(restless(story, 0.05), 35))
    assert [round(s.t_ms / 1000) for s in shots] == [10, 20, 30]


def test_an_easy_face_is_taken_when_it_rises_over_its_own_rest() -> None:
    story = lambda t: max(smile(4.2, 4.9, at, 0.8)(t) for at in (10, 20, 30))  # noqa: E731
    shots = pictures(film(restless(story, 0.05), 35))
    assert [round(s.t_ms / 1000) for s in shots] == [10, 20, 30]
    assert all(s.score > 4.7 for s in shots)


def test_a_face_that_rests_near_the_top_is_taken_when_it_smiles_and_not_at_rest() -> None:
    """As measured on the demo clip's animated face: little room above rest, and little noise."""
    story = lambda t: max(smile(4.69, 4.92, at, 0.8)(t) for at in (10, 20, 30))  # noqa: E731
    first, *shots = pictures(film(restless(story, 0.015), 35))
    assert first.fired_ms < 1000  # nobody knows yet how it rests, and 4.7 is a good picture
    assert [round(s.t_ms / 1000) for s in shots] == [10, 20, 30]


def test_a_slight_smile_of_a_face_not_known_yet_waits_until_it_is() -> None:
    assert pictures(film(restless(lambda _: 4.2, 0.03), 10)) == []


def test_someone_who_steps_in_smiling_is_taken_at_once() -> None:
    (shot,) = pictures(film(lambda _: 4.8, 5))
    assert shot.fired_ms < 1000


def test_nothing_worse_than_neutral_is_ever_taken() -> None:
    assert pictures(film(smile(2.0, 2.9, 5), 10)) == []


@pytest.mark.parametrize(("deviation", "hours", "most"), [(0.10, 1, 1), (0.20, 1 / 3, 6)])
@pytest.mark.slow
def test_an_hour_of_neutral_takes_next_to_nothing(deviation: float, hours: float, most: int) -> None:
    drift = lambda t: 3.0 + 0.2 * math.sin(t / 200)  # noqa: E731
    noisy = restless(drift, deviation, seed=1)
    look = lambda t: (1.6, Reason.EYES_CLOSED) if t % 4 < 0.2 else round(noisy(t), 2)  # noqa: E731
    assert len(pictures(film(look, 3600 * hours, fps=12))) <= most


@pytest.mark.slow
@pytest.mark.parametrize(("width_s", "taken"), [(0.06, 0), (0.08, 0), (0.2, 1), (0.3, 1)])
@pytest.mark.parametrize("fps", [25, 30, 60])
def test_the_shape_of_a_mouth_in_speech_is_too_short_for_a_smile(fps: float, width_s: float, taken: int) -> None:
    assert len(pictures(film(smile(3.0, 4.6, 5.0, width_s), 8, fps=fps))) == taken


def test_who_talks_and_then_smiles_is_taken_smiling() -> None:
    look = lambda t: 3.0 + 1.3 * (t % 0.4 < 0.15) if t < 6 else smile(3.0, 4.6, 7.0)(t)  # noqa: E731
    (shot,) = pictures(film(look, 10))
    assert shot.t_ms == pytest.approx(7000, abs=40)


def test_a_level_that_only_touches_the_threshold_is_not_taken_when_patience_ends() -> None:
    look = lambda t: 3.0 if t < 4 else 3.5 if t < 4.15 else 3.4  # noqa: E731
    assert pictures(film(look, 8)) == []


def mouthed(moments: Iterable[Moment], **shapes: Callable[[float], float]) -> Iterator[Moment]:
    """The same moments with blendshapes that are functions of the time in seconds."""
    for m in moments:
        face = make_face(blendshapes={name: shape(m.t_ms / 1000) for name, shape in shapes.items()})
        yield Moment(m.frame, tuple(dataclasses.replace(one, face=face) for one in m.faces))


def test_a_word_that_lasts_as_long_as_a_smile_is_told_by_the_jaw_and_the_smile_after_it_is_taken() -> None:
    story = lambda t: max(smile(3.0, 4.8, 5.0, 0.25)(t), smile(3.0, 4.8, 8.0)(t))  # noqa: E731
    jaw = lambda t: 0.1 + 0.4 * max(1 - abs(t - 5.0) / 0.25, 0.0)  # noqa: E731  opens and closes
    assert len(pictures(film(story, 12, fps=25))) == 2
    (shot,) = pictures(mouthed(film(story, 12, fps=25), jawOpen=jaw))
    assert shot.t_ms == pytest.approx(8000, abs=40)


@pytest.mark.parametrize("open_", [0.0, 0.4])
def test_a_laugh_whose_mouth_opens_slowly_or_stays_open_is_taken(open_: float) -> None:
    jaw = lambda t: open_ + 0.4 * min(max(t - 4.0, 0.0), 1.0)  # noqa: E731
    (shot,) = pictures(mouthed(film(smile(3.0, 4.8, 5.0), 10, fps=25), jawOpen=jaw))
    assert shot.t_ms == pytest.approx(5000, abs=40)


@pytest.mark.parametrize("people", [(1, 2), (None, None)])
def test_in_a_group_one_who_is_in_mid_word_holds_the_picture_back(people: tuple[int | None, int | None]) -> None:
    def two(jaw: Callable[[float], float]) -> Iterator[Moment]:
        for m in film(smile(3.0, 4.8, 5.0), 10, fps=25):
            first, second = make_moment(m.t_ms, m.score or 0.0, faces=2).faces
            talker = make_face(blendshapes={"jawOpen": jaw(m.t_ms)})
            faces = (
                dataclasses.replace(first, person=people[0]),
                dataclasses.replace(second, person=people[1], face=talker),
            )
            yield Moment(m.frame, faces if m.t_ms % 80 else faces[::-1])  # in either order

    assert len(pictures(two(lambda _: 0.4))) == 1
    assert pictures(two(lambda t_ms: 0.1 + 0.4 * (t_ms // 120 % 2))) == []


@pytest.mark.parametrize(("lasts_ms", "taken"), [(160, 0), (280, 1)])
def test_a_short_smile_that_falls_steeply_is_judged_by_how_long_it_lasted(lasts_ms: float, taken: int) -> None:
    # its last frames have fallen by more than the drop and are still risen
    look = lambda t: 4.8 if 0 <= t * 1000 - 4000 < lasts_ms - 80 else 4.3 if 0 <= t * 1000 - 4000 < lasts_ms else 3.0  # noqa: E731
    assert len(pictures(film(look, 7, fps=25))) == taken


def test_a_face_pulled_to_one_side_is_passed_over_and_the_even_smile_after_it_taken() -> None:
    story = lambda t: max(smile(3.0, 4.8, 5.0)(t), smile(3.0, 4.8, 10.0)(t))  # noqa: E731
    grin = lambda t: 0.6 * (4 < t < 6)  # noqa: E731
    (shot,) = pictures(mouthed(film(story, 14), mouthLeft=grin))
    assert shot.t_ms == pytest.approx(10_000, abs=40)


def test_it_says_that_a_mouth_does_not_smile_while_that_alone_keeps_it_from_arming() -> None:
    crooked = mouthed(film(lasting(3.0, 4.8, 4.0, 7.0), 9), mouthLeft=lambda t: 0.6 * (t < 6))
    trigger = Trigger()
    said = {moment.t_ms / 1000: trigger.update(moment) for moment in crooked}
    not_a_smile = [t for t, decision in said.items() if decision.not_a_smile]
    armed = [t for t, decision in said.items() if decision.state is TriggerState.ARMED]
    assert 4 < min(not_a_smile) < 4.5
    assert 5.9 < max(not_a_smile) <= 6.2 < min(armed) + 0.2


def test_a_smile_that_goes_crooked_gives_the_frame_before() -> None:
    (shot,) = pictures(mouthed(film(smile(3.0, 4.8, 5.0), 8), mouthRight=lambda t: 0.6 * (t > 4.9)))
    assert 4700 < shot.t_ms <= 4900


def test_lips_pressed_more_than_at_rest_are_passed_over() -> None:
    press = {f"mouthPress{side}": lambda t: 0.1 + 0.2 * (4 < t < 6) for side in ("Left", "Right")}
    assert pictures(mouthed(film(smile(3.0, 3.6, 5.0), 8), **press)) == []


def test_nothing_is_taken_where_the_lids_still_move() -> None:
    look = blinks(smile(3.0, 4.8, 5.0), (4.8, 4.9), (5.1, 5.2))
    (shot,) = pictures(film(look, 9))
    assert not 4700 < shot.t_ms < 5350, (
        "all between the two blinks is at most 150 ms from the one or 100 from the other"
    )


def test_a_smile_that_is_only_seen_between_two_blinks_is_not_taken() -> None:
    assert pictures(film(blinks(lasting(3.0, 4.6, 4.8, 5.3), (4.7, 4.9), (5.1, 5.3)), 8)) == []


def test_a_one_frame_spike_takes_nothing() -> None:
    for fps in (15, 30, 60):
        moments = list(film(lambda _: 3.0, 10, fps=fps))
        moments[len(moments) // 2] = make_moment(moments[len(moments) // 2].t_ms, 5.0)
        assert pictures(moments) == [], fps


def test_a_one_frame_spike_does_not_beat_a_steadily_good_frame() -> None:
    look = smile(3.0, 4.6, 5.0, 0.6)
    moments = [make_moment(m.t_ms, 4.9) if 4640 < m.t_ms < 4680 else m for m in film(look, 9)]
    (shot,) = pictures(moments)
    assert shot.t_ms == pytest.approx(5000, abs=40)


def test_a_long_smile_gives_one_picture() -> None:
    assert len(pictures(film(restless(lasting(3.0, 4.7, 5, 120), 0.05), 125, fps=15))) == 1


@pytest.mark.parametrize(("away_s", "taken"), [(0.5, 1), (0.9, 2)])
def test_who_looks_away_for_most_of_a_second_and_still_smiles_is_taken_again(away_s: float, taken: int) -> None:
    look = blinks(lasting(3.0, 4.6, 4.0, 10.0), (7.0, 7.0 + away_s), reason=Reason.TURNED_AWAY)
    assert len(pictures(film(look, 12))) == taken


def test_a_long_smile_that_grows_clearly_gives_a_second_picture() -> None:
    story = lambda t: max(lasting(3.0, 4.1, 4, 12)(t), lasting(3.0, 4.8, 8, 12)(t))  # noqa: E731
    first, second = pictures(film(story, 14))
    assert (round(first.score, 1), round(second.score, 1)) == (4.1, 4.8)


def test_a_smile_that_falls_fast_is_taken_before_patience_ends() -> None:
    (shot,) = pictures(film(smile(3.0, 4.8, 5.0, 0.3), 8))
    assert shot.fired_ms - shot.t_ms < 340


def test_a_slow_smile_is_taken_within_two_seconds_or_so() -> None:
    shots = pictures(film(lambda t: 3.0 + 0.3 * max(t - 4, 0), 10))
    assert shots[0].fired_ms - 5500 < 2300  # it arms at 3.45, after 1.5 s


def test_after_a_shot_nothing_is_taken_before_the_cooldown_is_over() -> None:
    story = lambda t: max(smile(3, 4.8, at, 0.3)(t) for at in (5, 6.2, 7.4, 8.6))  # noqa: E731
    shots = pictures(film(story, 12))
    assert all(b.fired_ms - a.fired_ms >= 1500 for a, b in pairwise(shots))
    assert len(shots) == 2


def test_in_a_group_the_worst_face_decides() -> None:
    alone = list(film(smile(3.0, 4.8, 5.0), 8))
    group = [
        Moment(m.frame, (*make_moment(m.t_ms, smile(3.0, 4.6, 5.6)(m.t_ms / 1000)).faces, *m.faces)) for m in alone
    ]
    (shot,) = pictures(group)
    assert 5100 < shot.t_ms <= 5700


def test_one_who_blinks_in_a_group_holds_the_picture_back() -> None:
    moments = [
        Moment(m.frame, (*m.faces, *make_moment(m.t_ms, 2.0, Reason.EYES_CLOSED).faces))
        for m in film(smile(3, 4.8, 5), 8)
    ]
    assert pictures(moments) == []


def test_one_who_comes_back_smiling_does_not_make_that_first_frame_the_peak() -> None:
    def group() -> Iterator[Moment]:
        for m in film(smile(0.0, 1.0, 21.0, width_s=1.0), 24):
            shut = 0.0 if m.t_ms < 19_000 else 1.0
            smiles = shut * smile(0.0, 1.0, 21.0, width_s=1.0)(m.t_ms / 1000)
            (high,) = make_moment(m.t_ms, 4.4 + 0.5 * smiles).faces
            (low,) = make_moment(m.t_ms, 3.0 + 1.6 * smiles).faces
            both = dataclasses.replace(high, person=1), dataclasses.replace(low, person=2)
            yield Moment(m.frame, both[:1] if 10_000 <= m.t_ms < 20_000 else both)

    (shot,) = (taken for taken in pictures(group()) if taken.t_ms >= 20_000)
    assert shot.t_ms == pytest.approx(21_000, abs=150)


@pytest.mark.parametrize(("joins", "taken"), [(True, [(1,), (1, 2)]), (False, [(1,)])])
def test_who_joins_somebody_who_goes_on_smiling_gets_a_picture_with_both(
    joins: bool, taken: list[tuple[int, ...]]
) -> None:
    def group() -> Iterator[Moment]:
        for m in film(lasting(3.0, 4.8, 4.0, 14.0), 16):
            friend = dataclasses.replace(make_moment(m.t_ms, 4.8).faces[0], person=2)
            there = joins and 8_000 <= m.t_ms < 13_000
            yield Moment(m.frame, (dataclasses.replace(m.faces[0], person=1), *([friend] if there else [])))

    trigger = Trigger()
    peaks = [d.peak for d in map(trigger.update, group()) if d.peak is not None]
    assert [tuple(face.person for face in peak.faces) for peak in peaks] == taken


def test_a_paused_clip_ends_what_was_going_on() -> None:
    before = film(smile(3, 4.8, 5.0), 5.0)
    after = film(lambda _: 3.0, 62, start_s=60)
    (shot,) = pictures([*before, *after])
    assert shot.t_ms == pytest.approx(4966, abs=40)
    assert shot.fired_ms == 60_000


def smiles(t: float) -> float:
    """Four seconds of smile in every twenty."""
    return 4.6 if 10 <= t % 20 < 14 else 2.9


@pytest.mark.parametrize("fps", [0.5, 0.7, 0.95, 1, 1.5, 2, 4, 10])
def test_a_camera_that_has_become_slow_still_takes_each_smile(fps: float) -> None:
    trigger = Trigger()
    fast = pictures(film(smiles, 40), trigger)
    slow = pictures(film(smiles, 140, fps=fps, start_s=40), trigger)
    assert [smiles(shot.t_ms / 1000) for shot in fast] == [4.6] * 2
    assert [int(shot.t_ms // 20_000) for shot in slow] == [2, 3, 4, 5, 6]
    assert [smiles(shot.t_ms / 1000) for shot in slow] == [4.6] * 5
    again = pictures(film(smiles, 180, start_s=140), trigger)
    assert [int(shot.t_ms // 20_000) for shot in again] == [7, 8], "and so when it is fast again"


@pytest.mark.parametrize("fps", [0.5, 0.95])
def test_a_camera_that_is_slow_from_the_start_takes_each_smile(fps: float) -> None:
    assert [int(shot.t_ms // 20_000) for shot in pictures(film(smiles, 100, fps=fps))] == [0, 1, 2, 3, 4]


STARTS = (4.0, 4.04, 4.08, 4.12, 4.16)  # seconds: what a slow camera meets depends on when it looks
SLOW = pytest.mark.parametrize("fps", [5, 6, 7])


def talk(t: float) -> float:
    """How far the jaw is open in words of 0.45 s: shut, open, shut."""
    return 0.05 + 0.4 * abs(math.sin(math.pi * t / 0.45))


@SLOW
@pytest.mark.parametrize("start_s", STARTS)
def test_a_slow_camera_takes_nothing_of_a_talking_face(fps: float, start_s: float) -> None:
    word = lambda t: 4.5 if 8.0 <= t < 8.5 or 10.2 <= t < 10.7 else 3.0  # noqa: E731  as wide as a smile
    assert pictures(mouthed(film(word, 14, fps=fps, start_s=start_s), jawOpen=talk)) == []
    taken = pictures(film(word, 14, fps=fps, start_s=start_s))
    assert len(taken) == 2, "with a calm jaw they would be smiles"


@SLOW
@pytest.mark.parametrize("start_s", STARTS)
@pytest.mark.parametrize("open_", [0.05, 0.4])
def test_a_slow_camera_takes_a_smile_that_stays_after_the_words(fps: float, start_s: float, open_: float) -> None:
    jaw = lambda t: talk(t) if t < 9.0 else open_  # noqa: E731
    (shot,) = pictures(mouthed(film(lasting(3.0, 4.6, 9.0, 12.0), 14, fps=fps, start_s=start_s), jawOpen=jaw))
    assert 9_000 < shot.t_ms < 12_000
    assert shot.score == pytest.approx(4.6)


@SLOW
@pytest.mark.parametrize("start_s", STARTS)
def test_a_slow_camera_takes_no_lids_on_their_way_around_a_blink_at_the_peak(fps: float, start_s: float) -> None:
    look = blinks(lambda t: 4.9 if 8.9 < t < 9.3 else lasting(3.0, 4.6, 8.0, 11.0)(t), (9.0, 9.2))
    (shot,) = pictures(film(look, 13, fps=fps, start_s=start_s))
    assert not 8_940 <= shot.t_ms <= 9_260, "the lids move for a twentieth of a second on either side"


def test_for_a_fast_camera_a_pause_that_a_slow_one_always_makes_is_a_gap() -> None:
    moments = [*film(lambda _: 2.9, 6), *film(lambda _: 4.6, 6.2, start_s=6), *film(lambda _: 4.6, 7.5, start_s=7.4)]
    assert pictures(moments) == [], "0.2 s and 0.1 s of a rise are no smile, whatever was between"


def test_the_cooldown_after_a_gap_counts_from_the_shot() -> None:
    before, after = film(smile(3, 4.8, 5.0), 5.0), film(lambda _: 5.0, 10, start_s=6.2)
    first, second = pictures([*before, *after])
    assert first.fired_ms == pytest.approx(6200)
    assert second.fired_ms - first.fired_ms >= 1500


def test_a_clip_that_starts_again_is_seen_with_fresh_eyes() -> None:
    trigger = Trigger()
    once = list(film(smile(3, 4.8, 5.0), 8))
    shots = pictures([*once, *once, *once], trigger)
    assert [round(s.t_ms, -2) for s in shots] == [5000] * 3


def test_time_that_goes_back_while_armed_gives_the_peak_and_still_cools_down() -> None:
    shots = pictures([*film(lasting(3, 4.7, 4, 9), 4.6), *film(lambda _: 4.8, 4)])
    assert shots[0].t_ms == pytest.approx(4400, abs=200)
    assert shots[0].fired_ms == 0
    assert shots[1].fired_ms >= 1500


@pytest.mark.slow
def test_another_person_after_an_absence_is_judged_by_their_own_rest() -> None:
    easy = film(restless(lambda t: max(smile(4.2, 4.9, 20, 2)(t), smile(4.2, 4.9, 30, 2)(t)), 0.03), 40)
    nobody = (make_moment(t, 0, faces=0) for t in range(40_000, 45_000, 33))
    hard = film(smile(2.8, 3.5, 52), 55, start_s=45)
    assert round(pictures([*easy, *nobody, *hard])[-1].t_ms, -2) == 52_000


def test_the_end_of_the_file_still_takes_an_armed_peak() -> None:
    trigger = Trigger()
    assert all(trigger.update(m).peak is None for m in film(smile(3, 4.8, 5.0), 5.05))
    last = trigger.flush()
    assert last
    assert last.peak
    assert last.peak.t_ms == pytest.approx(5000, abs=1)
    assert trigger.flush() is None


def test_a_file_that_ends_at_rest_takes_nothing() -> None:
    trigger = Trigger()
    for moment in film(lambda _: 3.0, 5):
        trigger.update(moment)
    assert trigger.flush() is None
    assert Trigger().flush() is None


def test_runners_up_are_good_spaced_and_best_first() -> None:
    (shot,) = pictures(film(lasting(3.0, 4.6, 3, 5), 8))
    times = [shot.t_ms, *(m.t_ms for m in shot.others)]
    assert 1 <= len(shot.others) <= 2
    assert all(abs(a - b) >= 150 for i, a in enumerate(times) for b in times[:i])
    scores = [m.score or 0 for m in shot.others]
    assert scores == sorted(scores, reverse=True)


def test_what_the_screen_is_told_follows_the_story() -> None:
    trigger = Trigger()
    said = {m.t_ms: trigger.update(m) for m in film(blinks(smile(3, 4.8, 6.0), (2.0, 2.2)), 10)}
    states = [d.state for d in said.values()]
    runs = [s for i, s in enumerate(states) if i == 0 or s is not states[i - 1]]
    assert runs == [TriggerState.WAITING, TriggerState.ARMED, TriggerState.COOLDOWN, TriggerState.WAITING]
    assert said[1000.0].smoothed == pytest.approx(3.0, abs=0.01)
    assert said[1000.0].threshold == pytest.approx(4.45, abs=0.05)  # of a face not known yet
    assert said[4000.0].threshold == pytest.approx(3.45, abs=0.05)
    assert next(d for t, d in said.items() if t > 2050).smoothed is None  # a blink has no score
    armed = [d.progress for d in said.values() if d.state is TriggerState.ARMED]
    assert armed[0] < 0.3
    assert armed[-1] > 0.7


def test_it_holds_few_frames_however_long_it_is_armed() -> None:
    trigger, images, kept = Trigger(), list[weakref.ref[np.ndarray]](), list[int]()
    for moment in film(lambda t: 3.0 + 0.9 * max(t - 3, 0.0), 5.2, fps=60):
        frame = dataclasses.replace(moment.frame, image=np.zeros((1, 1, 3), np.uint8))
        images.append(weakref.ref(frame.image))
        trigger.update(Moment(frame, moment.faces))
        del frame
        kept.append(sum(image() is not None for image in images))
    assert trigger.flush() is not None, "it was armed"
    assert 7 < max(kept) <= 7 + 3, "those of the last 100 ms, the peak and two runners-up"


@pytest.mark.parametrize(
    "wrong",
    [
        {"floor": 0.5}, {"floor": 4.6},
        {"absolute_threshold": 5.1}, {"rise_fraction": 1.1}, {"drop": 0.0}, {"rise": -0.1},
        {"patience_ms": 50.0}, {"longest_ms": 300.0}, {"neighbourhood_ms": 0.0}, {"gap_ms": 50.0},
        {"cooldown_ms": math.nan}, {"blink_ms": math.inf}, {"runners_up": -1}, {"cooldown_ms": 10.0},
        {"hold_ms": 350.0}, {"lids_ms": -1.0},
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        TriggerSettings(**wrong)  # type: ignore[arg-type]


steps = st.tuples(
    st.sampled_from([16.0, 33.0, 66.0, 120.0, 700.0, 1500.0, -300.0]),
    st.floats(1, 5),
    st.integers(1, 40),
    st.sampled_from([None, None, None, Reason.EYES_CLOSED, Reason.BLURRED, Reason.NO_FACE]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=25))
def test_whatever_happens(story: list[tuple[float, float, int, Reason | None]]) -> None:
    trigger, t, last_fired, seen = Trigger(), 0.0, -math.inf, set[int]()
    for step_ms, score, repeats, reason in story:
        for i in range(repeats):
            before, t = t, max(t + (step_ms if i == 0 else min(abs(step_ms), 66.0)), 0.0)
            if t < before:
                last_fired = -math.inf  # another clock
            faces = 0 if reason is Reason.NO_FACE else 1
            moment = make_moment(t, score, *([reason] if reason and faces else []), faces=faces)
            decision = trigger.update(moment)
            seen.add(id(moment))
            if decision.peak is None:
                assert not decision.runners_up
                continue
            for picture in (decision.peak, *decision.runners_up):
                assert picture.reasons == ()
                assert picture is not moment  # it is judged only when its neighbours are known
            assert (decision.peak.t_ms < t) or t < before
            assert decision.state is TriggerState.COOLDOWN
            assert t - last_fired >= TriggerSettings().cooldown_ms
            last_fired = t
    final = trigger.flush()
    assert final is None or (final.peak is not None and final.peak.reasons == ())


def shifted(points: float) -> Trigger:
    trigger = Trigger()
    trigger.shift = points
    return trigger


def test_a_threshold_that_a_person_has_moved_arms_earlier_or_later() -> None:
    small = list(film(smile(3.0, 3.6, at_s=5), 8))

    assert [len(pictures(small, shifted(points))) for points in (0.0, 0.4)] == [1, 0]
    assert len(pictures(film(smile(3.0, 3.3, at_s=5), 8), shifted(-0.2))) == 1


def test_a_threshold_moved_below_rest_takes_pictures_again_and_again() -> None:
    taken = pictures(film(lambda t: 3.0, 20), shifted(-1.5))

    assert len(taken) > 3
    assert min(b.fired_ms - a.fired_ms for a, b in pairwise(taken)) >= TriggerSettings().cooldown_ms


def test_the_threshold_shown_is_the_moved_one_and_stays_on_the_scale() -> None:
    plain = Trigger().update(make_moment(0, 3.0)).threshold

    assert shifted(0.3).update(make_moment(0, 3.0)).threshold == pytest.approx(plain + 0.3)
    assert shifted(9.0).update(make_moment(0, 3.0)).threshold == 5.0
    assert shifted(-9.0).update(make_moment(0, 3.0)).threshold == 1.0


def test_a_suspended_trigger_takes_nothing_but_goes_on_learning() -> None:
    trigger = Trigger()
    trigger.suspended = True
    assert pictures(film(lasting(4.0, 4.9, 3, 5), 12), trigger) == []
    learnt, unknown = (t.update(make_moment(12_000, 4.0)).threshold for t in (trigger, Trigger()))
    assert learnt > unknown + 0.05, "this face has shown that it rests high and smiles well"
    trigger.suspended = False
    assert len(pictures(film(smile(4.0, 4.9, at_s=14), 17, start_s=12.04), trigger)) == 1


def test_what_was_armed_when_the_trigger_is_suspended_is_dropped() -> None:
    trigger = Trigger()
    for moment in film(smile(3.0, 4.8, at_s=3), 3.0):
        trigger.update(moment)
    assert trigger.update(make_moment(3001, 4.8)).state is TriggerState.ARMED
    trigger.suspended = True
    assert trigger.update(make_moment(3034, 4.8)).state is not TriggerState.ARMED
    assert trigger.flush() is None


def slideshow(scores: Sequence[float], start_s: float = 0.0) -> Iterator[Moment]:
    """Pictures of a burst, five a second."""
    return (make_moment((start_s + i / 5) * 1000, score) for i, score in enumerate(scores))


def test_the_last_picture_that_came_is_taken_although_nothing_follows_it() -> None:
    trigger = Trigger()
    assert all(trigger.update(moment).peak is None for moment in slideshow([3.0] * 12 + [4.8]))
    last = trigger.settle()
    assert last is not None
    assert last.peak is not None
    assert last.peak.score == pytest.approx(4.8)
    assert trigger.settle() is None, "once"
    (again,) = pictures(slideshow([3.0, 3.0, 4.9, 4.9, 3.0, 3.0], start_s=20), trigger)
    assert again.score == pytest.approx(4.9), "it goes on"


@pytest.mark.parametrize("scores", [[], [3.0], [3.0] * 12, [3.0] * 12 + [3.2]])
def test_nothing_is_taken_in_a_pause_if_nothing_was_armed(scores: list[float]) -> None:
    trigger = Trigger()
    for moment in slideshow(scores):
        trigger.update(moment)
    assert trigger.settle() is None
