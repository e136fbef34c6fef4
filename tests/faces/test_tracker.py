"""Scripted sequences of people in a picture of 1280 × 720, a face 100 px wide, 25 frames a second."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from livecam.faces.tracker import PersonTracker, TrackerSettings
from livecam.shutter.decision import Decision
from livecam.shutter.trigger import Trigger
from livecam.types import EMBEDDING, Face, Frame, Moment, Reason, Score, ScoredFace
from livecam.wording import hint, who
from tests.factories import make_face, make_frame, make_score

STEP_MS = 40.0
SETTINGS = TrackerSettings()
WIDTH, HEIGHT = 1280, 720
_CANVAS = make_frame(width=WIDTH, height=HEIGHT)


def looks(person: int) -> np.ndarray:
    """An embedding of their own for each person, 0.3 away from the others' (the scorer's lie 0.1 to 0.5 apart)."""
    vector = np.full(EMBEDDING, 1.0, np.float32)
    vector[person * 40 : person * 40 + 40] += 3.0
    return vector


def face(
    x: float, *reasons: Reason, person: int = 0, size: float = 100.0, score: float = 3.0, y: float = 360.0
) -> ScoredFace:
    plain = make_score(score)
    return ScoredFace(
        _face(x, y, size), Score(plain.rating_probs, plain.eyes_closed, looks(person).astype(np.float32)), reasons
    )


@functools.cache
def _at_origin(size: float) -> Face:
    return make_face(centre=(0, 0), size=size)


def _face(x: float, y: float, size: float) -> Face:
    plain = _at_origin(size)
    return Face(plain.landmarks + np.array([x, y, 0], np.float32), plain.blendshapes, plain.transform)


def moment(t_ms: float, *faces: ScoredFace) -> Moment:
    return Moment(Frame(_CANVAS.image, t_ms, round(t_ms / STEP_MS), t_ms / 1000), faces)


Script = Callable[[float], Sequence[ScoredFace]]


def play(people: PersonTracker, seconds: float, script: Script, *, start_ms: float = 0.0) -> list[Moment]:
    """Feed what script says for each time since the start, in seconds."""
    count = round(seconds * 1000 / STEP_MS)
    return [people.update(moment(start_ms + i * STEP_MS, *script(i * STEP_MS / 1000))) for i in range(count)]


def ids(seen: Moment) -> list[int | None]:
    """Whose the faces are, from the left."""
    return [f.person for f in sorted(seen.faces, key=lambda f: f.face.box[0])]


def test_two_who_stand_still_keep_their_numbers() -> None:
    seen = play(PersonTracker(), 2, lambda _: [face(400, person=0), face(800, person=1)])
    assert {tuple(ids(m)) for m in seen} == {(0, 1)}
    assert all(f.counted for m in seen for f in m.faces)
    assert not any(m.hidden for m in seen)


def test_two_who_cross_in_front_of_each_other_keep_their_numbers() -> None:
    def cross(t: float) -> list[ScoredFace]:  # twins
        return [face(300 + 300 * t, y=355), face(906 - 300 * t, y=365)]

    seen = play(PersonTracker(), 2, cross)
    assert (ids(seen[0]), ids(seen[-1])) == ([0, 1], [1, 0])


def test_two_who_cross_while_one_is_hidden_behind_the_other_keep_their_numbers() -> None:
    def cross(t: float) -> list[ScoredFace]:
        near = face(300 + 300 * t, person=0)
        return [near] if 0.8 < t < 1.2 else [near, face(900 - 300 * t, person=1)]

    seen = play(PersonTracker(), 2, cross)
    assert (ids(seen[0]), ids(seen[-1])) == ([0, 1], [1, 0])


def test_two_who_change_places_unhurriedly_keep_their_numbers() -> None:
    def swap(t: float) -> list[ScoredFace]:
        turn = min(max(t - 1, 0), 1) * np.pi  # on a circle around each other
        dx, dy = 150 * np.cos(turn), 60 * np.sin(turn)
        return [face(600 - dx, person=0, y=360 - dy), face(600 + dx, person=1, y=360 + dy)]

    seen = play(PersonTracker(), 3, swap)
    assert (ids(seen[0]), ids(seen[-1])) == ([0, 1], [1, 0])


def test_looks_break_the_tie_when_both_are_equally_near() -> None:
    people = PersonTracker()
    play(people, 1.5, lambda _: [face(590, person=0), face(690, person=1)])
    # Unseen for 300 ms, both come back on the line between where they were.
    seen = people.update(moment(1760, face(640, person=1, y=420), face(640, person=0, y=300)))
    assert [f.person for f in seen.faces] == [1, 0]


def test_face_lost_for_300_ms_is_waited_for_and_is_the_same_when_it_is_back() -> None:
    def blink_out(t: float) -> list[ScoredFace]:
        left = face(400, person=0)
        return [left] if 1.5 <= t < 1.8 else [left, face(800, person=1)]

    seen = play(PersonTracker(), 2.5, blink_out)
    for m in seen:
        gone = 1500 <= m.t_ms < 1800
        assert ids(m) == ([0] if gone else [0, 1])
        assert m.hidden == int(gone)
        assert (Reason.HIDDEN in m.reasons) == gone


@pytest.mark.slow
def test_who_turns_away_for_good_is_waited_for_a_second_and_no_longer() -> None:
    seen = play(PersonTracker(), 5, lambda t: [face(400)] if t >= 2 else [face(400), face(800, person=1)])
    waited = [m.t_ms for m in seen if m.hidden]
    assert waited[0] == 2000
    assert waited[-1] == pytest.approx(2000 + SETTINGS.hidden_ms, abs=STEP_MS + 1)


def test_who_walks_out_of_the_picture_is_not_waited_for() -> None:
    def leave(t: float) -> list[ScoredFace]:
        x = 800 + 400 * max(t - 1.5, 0)
        return [face(400), *([face(x, person=1)] if x < WIDTH else [])]

    assert not any(m.hidden for m in play(PersonTracker(), 4, leave))


def test_who_comes_back_after_a_long_time_is_somebody_new() -> None:
    people = PersonTracker()
    play(people, 1.5, lambda _: [face(400)])
    seen = play(people, 1, lambda _: [face(400)], start_ms=1500 + SETTINGS.forget_ms + 100)
    assert ids(seen[0]) == [1]


@pytest.mark.parametrize(("gone_s", "same"), [(0.6, True), (1.2, False), (2.5, False)])
def test_who_takes_the_seat_of_somebody_who_rose_out_of_the_picture_is_somebody_new(gone_s: float, same: bool) -> None:
    people = PersonTracker()
    play(people, 2, lambda t: [face(600, y=360 - 320 * max(t - 1, 0))])  # upwards, until the brow is cut off
    seen = play(people, 1, lambda _: [face(600)], start_ms=2000 + gone_s * 1000)
    assert ids(seen[0]) == ids(seen[-1]) == [0 if same else 1]


@pytest.mark.parametrize("gone_s", [0.6, 2.5])
def test_who_turns_away_in_the_middle_of_the_picture_is_the_same_when_they_turn_back(gone_s: float) -> None:
    people = PersonTracker()
    play(people, 2, lambda _: [face(600)])
    seen = play(people, 1, lambda _: [face(600)], start_ms=2000 + gone_s * 1000)
    assert ids(seen[0]) == ids(seen[-1]) == [0]


def test_passer_by_who_walks_through_is_followed_and_never_counts() -> None:
    def pass_by(t: float) -> list[ScoredFace]:
        posing = [face(400, person=0), face(800, person=1)]
        x = 250 * (t - 2)
        return [*posing, face(x, Reason.EYES_CLOSED, person=2, size=90, y=150)] if 0 < x < WIDTH else posing

    seen = play(PersonTracker(), 8, pass_by)
    through = [m for m in seen if len(m.faces) == 3]
    assert len(through) > 100
    assert {f.person for m in through for f in m.faces} == {0, 1, 2}
    assert all((f.person != 2) == f.counted for m in through for f in m.faces)
    assert all(m.reasons == () for m in seen)


def test_somebody_small_in_the_background_never_counts_even_if_there_from_the_start() -> None:
    seen = play(PersonTracker(), 4, lambda _: [face(400, size=150), face(900, Reason.TURNED_AWAY, person=1, size=50)])
    assert all([f.counted for f in m.faces] == [True, False] for m in seen)
    assert all(m.reasons == () for m in seen)


def test_somebody_huge_who_walks_past_close_to_the_camera_does_not_turn_the_group_into_background() -> None:
    def close_by(t: float) -> list[ScoredFace]:
        posing = [face(400, person=0), face(800, person=1)]
        return [*posing, face(500 * (t - 2), person=2, size=300)] if 2 < t < 4 else posing

    seen = play(PersonTracker(), 5, close_by)
    assert all([f.counted for f in m.faces] == [True, True, False][: len(m.faces)] for m in seen)


def test_who_joins_the_group_counts_after_a_second_of_standing_still() -> None:
    def join(t: float) -> list[ScoredFace]:
        posing = [face(400, person=0)]
        return [*posing, face(max(1200 - 400 * (t - 2), 800), person=1)] if t >= 2 else posing

    seen = play(PersonTracker(), 6, join)
    since = next(m.t_ms for m in seen if len(m.counted) == 2)
    stood = 3000  # when the walk was over
    assert stood + 0.5 * SETTINGS.settle_ms < since <= stood + SETTINGS.settle_ms + STEP_MS


def test_all_who_are_there_at_the_start_count_though_they_are_found_one_after_the_other() -> None:
    seen = play(
        PersonTracker(), 1, lambda t: [face(400), face(700, person=1), face(1000, person=2)][: 1 + int(t / 0.2)]
    )
    assert all(f.counted for m in seen for f in m.faces)


def test_who_is_alone_counts_however_they_move_and_wherever_they_are() -> None:
    seen = play(PersonTracker(), 4, lambda t: [face(640 + 620 * np.sin(3 * t), Reason.CUT_OFF)])
    assert all(f.counted and f.person == 0 for m in seen for f in m.faces)


def test_a_clip_that_begins_anew_is_followed_anew() -> None:
    people = PersonTracker()
    play(people, 2, lambda _: [face(400), face(800, person=1)], start_ms=60_000)
    seen = play(people, 1, lambda _: [face(400)])
    assert not any(m.hidden for m in seen)
    assert ids(seen[0]) == [2]


@pytest.mark.parametrize(("hidden_ms", "waited_ms"), [(400.0, 400.0), (2000.0, 2000.0)])
def test_how_long_somebody_hidden_is_waited_for_is_a_setting(hidden_ms: float, waited_ms: float) -> None:
    people = PersonTracker(TrackerSettings(hidden_ms=hidden_ms))
    seen = play(people, 5, lambda t: [face(400)] if t >= 2 else [face(400), face(800, person=1)])
    assert [m.t_ms for m in seen if m.hidden][-1] == pytest.approx(2000 + waited_ms, abs=STEP_MS + 1)


@pytest.mark.parametrize("ratio", [0.3, 0.5])
def test_from_which_size_on_somebody_counts_is_a_setting(ratio: float) -> None:
    people = PersonTracker(TrackerSettings(min_size_ratio=ratio, min_size_ratio_counted=0.2))
    seen = play(people, 4, lambda _: [face(400, size=150), face(900, person=1, size=60)])
    assert seen[-1].faces[1].counted == (ratio < 60 / 150)


@pytest.mark.parametrize(
    "wrong",
    [
        {"hidden_ms": -1.0}, {"forget_ms": float("inf")}, {"min_size_ratio": 0.2}, {"min_size_ratio": 1.1},
        {"max_size_ratio": 1.0}, {"smoothing": 0.0}, {"smoothing": 1.5},
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        TrackerSettings(**wrong)


# Of the trigger with a group.


def fire(seconds: float, script: Script) -> tuple[list[Moment], list[Decision]]:
    """What was taken, and every decision."""
    people, trigger = PersonTracker(), Trigger()
    decisions = [trigger.update(m) for m in play(people, seconds, script)]
    return [d.peak for d in decisions if d.peak is not None], decisions


def smile(t: float, start: float, end: float, rest: float = 3.2) -> float:
    """A score that rises at start, holds and falls at end."""
    return rest + 1.5 * min(max((t - start) / 0.3, 0), 1) * min(max((end - t) / 0.3, 0), 1)


def test_shot_waits_for_the_last_one_to_smile() -> None:
    def smiles(t: float) -> list[ScoredFace]:
        return [face(400, score=smile(t, 4, 9)), face(800, person=1, score=smile(t, 6, 9))]

    peaks, decisions = fire(11, smiles)
    assert len(peaks) == 1
    assert 6200 <= peaks[0].t_ms <= 9000
    waiting = decisions[round(5500 / STEP_MS)]
    assert waiting.waits_for == 1
    assert decisions[round(3000 / STEP_MS)].waits_for is None  # nobody is ready
    assert all(d.peak is None for d in decisions[: round(6000 / STEP_MS)])


def test_each_is_seen_beside_the_own_rest() -> None:
    # The left one smiles all the time; the right one rests low and never reaches what the left one has at rest.
    def smiles(t: float) -> list[ScoredFace]:
        return [face(400, score=4.6), face(800, person=1, score=smile(t, 6, 8, rest=2.4))]

    peaks, _ = fire(10, smiles)
    assert len(peaks) == 1
    assert 6200 <= peaks[0].t_ms <= 8000


def test_one_who_is_worse_than_usual_holds_the_others_up_though_better_than_they_are() -> None:
    def smiles(t: float) -> list[ScoredFace]:
        left = 3.9 if 5.5 < t < 8.5 else 4.6
        return [face(400, score=left), face(800, person=1, score=smile(t, 6, 8, rest=2.4))]

    peaks, decisions = fire(10, smiles)
    assert peaks == []
    assert decisions[round(7000 / STEP_MS)].waits_for == 0


@pytest.mark.slow
def test_nobody_smiles_and_nothing_is_taken() -> None:
    peaks, _ = fire(15, lambda t: [face(400, score=3.2 + 0.1 * np.sin(9 * t)), face(800, person=1, score=3.4)])
    assert peaks == []


@pytest.mark.slow
def test_no_shot_while_one_of_the_group_has_closed_eyes() -> None:
    def blinking(t: float) -> list[ScoredFace]:
        # Two blink again and again, one after the other, all through the smile: an open frame now and then.
        left = (Reason.EYES_CLOSED,) if (t * 25) % 10 < 4 else ()
        right = (Reason.LEFT_EYE_CLOSED,) if (t * 25) % 14 < 5 else ()
        good = smile(t, 4, 8)
        return [face(300, *left, score=good), face(600, *right, person=1, score=good), face(900, person=2, score=good)]

    peaks, _ = fire(10, blinking)
    assert all(not f.reasons for peak in peaks for f in peak.counted)
    shut_all_along, _ = fire(
        10, lambda t: [face(300, Reason.EYES_CLOSED, score=smile(t, 4, 8)), face(700, person=1, score=smile(t, 4, 8))]
    )
    assert shut_all_along == []


@pytest.mark.slow
def test_no_shot_while_one_of_the_group_is_hidden() -> None:
    def hide(t: float) -> list[ScoredFace]:
        left = face(400, score=smile(t, 4, 7))
        return [left] if 3.9 <= t < 4.7 else [left, face(800, person=1, score=smile(t, 4, 7))]

    peaks, _ = fire(9, hide)
    assert len(peaks) == 1
    assert len(peaks[0].faces) == 2


@pytest.mark.slow
def test_passer_by_with_closed_eyes_does_not_hold_the_group_up() -> None:
    def smiles(t: float) -> list[ScoredFace]:
        posing = [face(400, score=smile(t, 4, 6)), face(800, person=1, score=smile(t, 4, 6))]
        return [*posing, face(300 * (t - 3), Reason.EYES_CLOSED, person=2, size=80, score=1.2)]

    peaks, _ = fire(7, smiles)
    assert len(peaks) == 1


# Of the words for who is meant.


def row(*reasons: tuple[Reason, ...]) -> Moment:
    """People from the left to the right with these reasons, given in an order of their own."""
    faces = [
        ScoredFace(_face(100.0 + 120 * i, 360, 100), make_score(), given, person=i) for i, given in enumerate(reasons)
    ]
    return Moment(_CANVAS, tuple(faces[1:] + faces[:1]))


def test_people_are_named_by_their_place_as_the_picture_is_shown() -> None:
    def names(count: int, *, mirrored: bool) -> list[str | None]:
        of = row(*[()] * count)
        return [who(f, of, mirrored=mirrored) for f in sorted(of.faces, key=lambda f: f.person or 0)]

    assert names(1, mirrored=False) == [None]
    assert names(2, mirrored=False) == ["left person", "right person"]
    assert names(2, mirrored=True) == ["right person", "left person"]
    assert names(3, mirrored=False) == ["left person", "middle person", "right person"]
    assert names(4, mirrored=True) == [f"{n} from the left" for n in ("fourth", "third", "second", "first")]


def test_two_people_above_each_other_are_not_called_left_and_right() -> None:
    upper = ScoredFace(_face(360.0, 200, 100), make_score(), (Reason.EYES_CLOSED,), person=1)
    lower = ScoredFace(_face(300.0, 460, 100), make_score(), (), person=0)
    both = Moment(_CANVAS, (lower, upper))
    assert [who(face, both, mirrored=mirrored) for face in (upper, lower) for mirrored in (False, True)] == [
        "upper person",
        "upper person",
        "lower person",
        "lower person",
    ]
    assert hint(both) == "upper person: eyes closed"


def test_a_passer_by_has_no_name_and_does_not_make_a_group() -> None:
    posing, passing = row((), ()).faces
    passing = ScoredFace(passing.face, passing.score, (Reason.BLURRED,), person=7, counted=False)
    seen = Moment(_CANVAS, (posing, passing))
    assert (who(posing, seen), who(passing, seen), hint(seen)) == (None, None, None)


def test_hint_says_who_is_waited_for_and_why() -> None:
    closed, away = (Reason.EYES_CLOSED,), (Reason.TURNED_AWAY,)
    assert hint(row(closed)) == "open your eyes"
    assert hint(row(closed, ())) == "left person: eyes closed"
    assert hint(row(closed, ()), mirrored=True) == "right person: eyes closed"
    assert hint(row((), away, (), ())) == "second from the left: look at the camera"
    assert hint(row(away, closed, ())) == "middle person: eyes closed"
    assert hint(row(closed, closed, ())) == "two people: eyes closed"
    assert hint(row(away, away, away)) == "everybody: look at the camera"
    assert hint(row((), ())) is None
    assert hint(row((), ()), waits_for=1) == "waiting for the right person"
    assert hint(row((), (), (), ()), waits_for=2) == "waiting for the third from the left"
    assert hint(Moment(_CANVAS)) == "step into the picture"
    assert hint(Moment(_CANVAS, row((), ()).faces, hidden=1)) == "show every face"


def test_a_poster_counts_until_it_is_known_for_one_and_somebody_who_lives_is_there() -> None:
    def script(t: float) -> Sequence[ScoredFace]:
        poster = face(300, person=0, size=130, score=4.8)
        return (poster, face(800 + 8 * np.sin(t), person=1)) if t > 3 else (poster,)

    moments = play(PersonTracker(), 14, script)
    counted = {round(m.t_ms): [f.counted for f in m.faces] for m in moments}
    assert counted[2000] == [True], "alone it is judged as ever"
    assert counted[6000] == [True, True]
    assert counted[13_000] == [False, True]


def test_who_comes_in_the_place_of_a_poster_is_not_taken_for_it() -> None:
    def script(t: float) -> Sequence[ScoredFace]:
        return (face(300, size=130),) if t < 10 else (face(800, size=100),)

    moments = play(PersonTracker(), 12, script)
    first, last = moments[0].faces[0].person, moments[-1].faces[0].person
    assert first != last
