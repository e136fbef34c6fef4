"""Which frame of a burst wins, and what is said of the others."""

from __future__ import annotations

import pytest

from livecam.best.people.same_people import PeopleSettings
from livecam.best.ranking.expression import Expression
from livecam.best.ranking.ranked import RankedGroup, rank
from livecam.best.ranking.settings import RankingSettings, Weights
from livecam.best.records.frame import FrameRecord
from livecam.types import Reason
from tests.best.records.factories import make_face_record, make_record


def order(records: list[FrameRecord]) -> list[int]:
    return [ranked.index for ranked in rank(records)]


def why(records: list[FrameRecord], index: int) -> tuple[str, ...]:
    return next(ranked.why for ranked in rank(records) if ranked.index == index)


def test_closed_eyes_never_win_while_an_open_frame_exists() -> None:
    records = [
        make_record(make_face_record(score=5.0, eyes=(0.9, 0.9), shapes={"mouthSmile": 1.0})),
        make_record(make_face_record(score=1.2, reasons=(Reason.TURNED_AWAY, Reason.BLURRED))),
    ]

    assert order(records) == [1, 0]
    assert why(records, 0) == ("eyes closed",)
    assert why(records, 1) == ()


def test_a_wink_is_named_by_its_eye() -> None:
    records = [make_record(make_face_record()), make_record(make_face_record(eyes=(0.8, 0.1), score=2.0))]

    assert why(records, 1)[0] == "left eye closed"


def test_where_all_blink_one_is_still_chosen() -> None:
    blink = make_face_record(eyes=(0.9, 0.9), score=1.0)

    assert order([make_record(blink), make_record(make_face_record(eyes=(0.9, 0.9), score=1.4))]) == [1, 0]


def test_the_better_score_wins() -> None:
    records = [make_record(make_face_record(score=score)) for score in (3.0, 4.5, 4.0)]

    assert order(records) == [1, 2, 0]
    assert why(records, 0) == ("scores 1.5 less than frame 2",)


def test_a_lower_score_of_a_smaller_smile_is_put_down_to_it() -> None:
    records = [
        make_record(make_face_record(score=score, shapes={"mouthSmile": smile}))
        for score, smile in ((3.1, 0.1), (4.2, 0.7))
    ]

    assert order(records) == [1, 0]
    assert why(records, 0) == ("smaller smile than frame 2",)


@pytest.mark.parametrize("shape", ["jawOpen", "mouthFunnel"])
def test_a_mouth_in_the_middle_of_a_word_loses(shape: str) -> None:
    records = [make_record(make_face_record(shapes={shape: 0.4})), make_record(make_face_record())]

    assert order(records) == [1, 0]
    assert why(records, 0) == ("mouth mid-word",)


@pytest.mark.parametrize("shape", ["mouthSmileLeft", "mouthRight"])
def test_a_mouth_drawn_to_one_side_loses(shape: str) -> None:
    records = [make_record(make_face_record(shapes={shape: 0.6})), make_record(make_face_record())]

    assert order(records) == [1, 0]
    assert why(records, 0)[0] == "crooked mouth"


def test_eyes_that_the_scorer_doubts_lose_long_before_it_calls_them_closed() -> None:
    records = [
        make_record(make_face_record(score=3.1, eyes=(0.02, 0.3))),
        make_record(make_face_record(eyes=(0.02, 0.02))),
    ]

    assert order(records) == [1, 0]
    assert why(records, 0) == ("eyes hardly open",)


def test_a_laugh_wins_over_a_mouth_at_rest() -> None:
    laugh = make_record(make_face_record(score=4.9, shapes={"jawOpen": 0.4, "mouthSmile": 0.9}))

    assert order([make_record(make_face_record(score=3.0)), laugh]) == [1, 0]


def test_a_laugh_is_not_said_to_be_a_word() -> None:
    records = [make_record(make_face_record(shapes={"mouthSmile": 0.6, "jawOpen": jaw})) for jaw in (0.0, 0.4)]

    assert why(records, 1) == ("mouth less at ease",)


def test_lids_that_are_lower_than_this_persons_usually_are_lose() -> None:
    usual = make_face_record(shapes={"eyeBlink": 0.3})
    records = [
        make_record(make_face_record(score=3.1, shapes={"eyeBlink": 0.55})),
        make_record(usual),
        make_record(usual),
    ]

    assert order(records) == [1, 2, 0]
    assert why(records, 0) == ("lids half down",)


def test_narrow_eyes_are_no_fault() -> None:
    """They must not make their owner the worst face of every frame, who would decide alone."""

    def pair(narrow: float, wide: float) -> FrameRecord:
        return make_record(
            make_face_record(x=300, score=narrow, shapes={"eyeBlink": 0.5}), make_face_record(x=700, score=wide)
        )

    assert order([pair(3.5, 3.0), pair(3.4, 3.3)]) == [1, 0]


def test_closed_eyes_are_not_also_said_to_be_half_down() -> None:
    blink = make_face_record(eyes=(0.9, 0.9), score=1.0, shapes={"eyeBlink": 0.9, "eyeLookDown": 0.9})

    assert why([make_record(blink), make_record(make_face_record())], 0) == ("eyes closed",)


def test_what_is_softer_than_another_frame_loses() -> None:
    records = [
        make_record(make_face_record(sharpness=(1.15, 1.05))),
        make_record(make_face_record(sharpness=(1.6, 1.4))),
    ]

    assert order(records) == [1, 0]
    assert why(records, 0) == ("softer than frame 2",)


def test_sharpness_is_compared_at_a_size_that_all_frames_reach() -> None:
    near, far = make_face_record(sharpness=(1.6, 1.1, 1.02)), make_face_record(sharpness=(1.6,))

    assert why([make_record(far), make_record(near)], 1) == ("almost as good as frame 1",)


def test_ties_go_to_the_sharper_and_then_to_the_earlier() -> None:
    soft, sharp = make_face_record(sharpness=(1.5, 1.4)), make_face_record(sharpness=(1.6, 1.4))

    assert order([make_record(soft), make_record(sharp), make_record(sharp)]) == [1, 2, 0]


def test_in_a_group_the_worst_face_decides_and_is_named() -> None:
    def group(left: float, middle: float, right: float, *, away: bool = False) -> FrameRecord:
        return make_record(
            make_face_record(x=500, score=middle),
            make_face_record(x=200, score=left),
            make_face_record(x=800, score=right, reasons=(Reason.TURNED_AWAY,) if away else ()),
        )

    records = [group(5.0, 5.0, 2.5, away=True), group(3.5, 3.5, 3.5)]

    assert order(records) == [1, 0]
    assert why(records, 0) == ("right person: looks away",)


def test_somebody_who_is_hidden_in_one_frame_costs_it_the_place() -> None:
    both = make_record(make_face_record(x=300), make_face_record(x=700))
    records = [make_record(make_face_record(x=300, score=5.0)), both, both]

    assert order(records)[-1] == 0
    assert why(records, 0)[0] == "right person: hidden"


@pytest.mark.parametrize(
    "passer_by",
    [
        pytest.param({"size": 60.0}, id="small"),
        pytest.param({"size": 120.0, "reasons": (Reason.BLURRED,)}, id="out of focus"),
        pytest.param({"size": 120.0, "reasons": (Reason.CUT_OFF,)}, id="cut off"),
    ],
)
def test_a_passer_by_does_not_count(passer_by: dict[str, object]) -> None:
    stranger = make_face_record(x=900, score=1.0, eyes=(0.9, 0.9), **passer_by)  # type: ignore[arg-type]
    records = [make_record(make_face_record(score=4.0), stranger), make_record(make_face_record(score=3.0))]

    first, _ = rank(records)

    assert (first.index, first.score) == (0, 4.0)


def test_who_is_in_fewer_than_half_of_the_frames_does_not_count() -> None:
    stranger = make_face_record(x=900, score=1.0, eyes=(0.9, 0.9))
    records = [make_record(make_face_record(score=4.0), stranger), *[make_record(make_face_record(score=3.0))] * 2]

    assert (rank(records)[0].index, rank(records)[0].score) == (0, 4.0)


def test_people_keep_their_place_when_the_camera_moves_a_little() -> None:
    """Both faces move by more than half the distance between them in three steps."""
    records = [
        make_record(make_face_record(x=300 + shift), make_face_record(x=560 + shift, score=score))
        for shift, score in ((0, 3.0), (80, 2.0), (160, 3.0))
    ]

    assert why(records, 1) == ("scores 1.0 less than frame 1",)


def test_without_a_face_the_sharper_wins() -> None:
    records = [make_record(sharpness=(1.2,)), make_record(sharpness=(1.5,))]

    assert order(records) == [1, 0]
    assert why(records, 0) == ("softer than frame 2",)


def test_a_frame_without_a_face_comes_last() -> None:
    records = [make_record(), make_record(make_face_record(score=1.0)), make_record(make_face_record(score=1.5))]

    last = rank(records)[-1]

    assert (last.index, last.score, last.why) == (0, None, ("no face",))


def test_each_record_is_ranked_once_and_no_records_give_no_ranking() -> None:
    records = [make_record(make_face_record(score=1 + i % 4)) for i in range(9)] + [make_record()]

    assert sorted(order(records)) == list(range(10))
    assert rank([]) == ()


def test_a_group_knows_its_best() -> None:
    records = (make_record(make_face_record(score=3.0)), make_record(make_face_record(score=4.0)))

    assert RankedGroup("IMG_1", records, rank(records)).best is records[1]


def test_whoever_stands_far_back_counts_if_the_settings_say_so() -> None:
    far_back = make_face_record(x=900, size=60, score=1.0)
    records = [make_record(make_face_record(score=4.0), far_back), make_record(make_face_record(score=3.0), far_back)]

    def worst(min_size_ratio: float) -> float | None:
        people = PeopleSettings(min_size_ratio=min_size_ratio)
        return rank(records, settings=RankingSettings(people=people))[0].score

    assert (worst(0.4), worst(0.1)) == (4.0, 1.0)


def test_an_expression_without_weight_decides_nothing() -> None:
    records = [make_record(make_face_record(shapes={"jawOpen": 0.4})), make_record(make_face_record())]

    assert [ranked.index for ranked in rank(records, Weights(expression=Expression.of({})))] == [0, 1]


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        pytest.param("mouthLowerDown", "mouth less at ease", id="mouth"),
        pytest.param("eyeLookDown", "eyes less to the camera", id="gaze"),
        pytest.param("eyeSquint", "eyes less at ease", id="eyes"),
        pytest.param("browOuterUp", "brows less at ease", id="brows"),
    ],
)
def test_an_expression_that_people_like_less_loses_and_is_named(shape: str, words: str) -> None:
    sides = {f"{shape}{side}": 0.9 for side in ("Left", "Right")}
    records = [make_record(make_face_record(shapes=sides)), make_record(make_face_record())]

    assert order(records) == [1, 0]
    assert why(records, 0) == (words,)


BARED_TEETH = {f"{name}{side}": 0.6 for name in ("mouthUpperUp", "browDown") for side in ("Left", "Right")}


def test_teeth_bared_in_anger_lose_though_the_scorer_takes_them_for_a_smile() -> None:
    records = [make_record(make_face_record(score=4.1, shapes=BARED_TEETH)), make_record(make_face_record(score=2.9))]

    assert order(records) == [1, 0]
    assert why(records, 0)[0] == "grimace"


def test_a_laugh_under_drawn_brows_is_no_grimace() -> None:
    laugh = BARED_TEETH | {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8}
    records = [make_record(make_face_record(score=4.6, shapes=laugh)), make_record(make_face_record(score=2.9))]

    assert order(records) == [0, 1]


def test_who_always_looks_stern_is_not_the_worst_face_of_every_frame() -> None:
    """An expression is compared with the same person's, or who is born with a frown would decide alone."""

    def pair(stern: float, other: float) -> FrameRecord:
        frown = make_face_record(x=300, score=stern, shapes={"mouthFrownLeft": 0.9, "mouthFrownRight": 0.9})
        return make_record(frown, make_face_record(x=700, score=other))

    assert order([pair(3.5, 3.0), pair(3.4, 3.3)]) == [1, 0]


def test_who_steps_back_loses_a_little_and_a_farther_shot_no_more_than_that() -> None:
    far, farther, near = (make_record(make_face_record(size=size)) for size in (200.0, 150.0, 300.0))

    assert order([far, near]) == [1, 0]
    assert why([far, near], 0) == ("smaller than frame 2",)
    values = {ranked.index: ranked.value for ranked in rank([far, farther, near])}
    assert values[0] == values[1], "half of it lost already, the lens does not matter"
