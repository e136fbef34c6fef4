"""The frame whose eyes are in focus wins, where eyes are seen and all were measured."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from livecam.best.ranking.ranked import Ranked, rank
from livecam.best.ranking.settings import RankingSettings, Weights
from livecam.best.records.frame import FaceRecord
from livecam.scoring.eye_policy import EyePolicy
from livecam.types import Reason
from tests.best.records.factories import make_face_record, make_record

CRISP, SOFT = 3.2, 2.0
SHUT = (0.999999, 0.999999)


def ranked(faces: Sequence[FaceRecord], eyes: EyePolicy = EyePolicy.OPEN) -> tuple[Ranked, ...]:
    return rank([make_record(face) for face in faces], settings=RankingSettings(eyes=eyes))


def values(faces: Sequence[FaceRecord], eyes: EyePolicy = EyePolicy.OPEN) -> list[float]:
    """Of each frame, in the order of the faces."""
    return [one.value for one in sorted(ranked(faces, eyes), key=lambda one: one.index)]


def of_details(*details: float | None, reasons: tuple[Reason, ...] = ()) -> list[FaceRecord]:
    return [make_face_record(eye_detail=detail, reasons=reasons) for detail in details]


def test_crisp_eyes_win_and_the_other_frame_is_told_why() -> None:
    best, last = ranked(of_details(SOFT, CRISP))
    assert best.index == 1
    assert last.why == ("eyes less sharp",)
    assert best.value - last.value == pytest.approx(Weights().eye_detail * (CRISP - SOFT))


def test_rims_of_glasses_and_eyes_torn_open_do_not_outweigh_a_smile() -> None:
    most = RankingSettings().max_detail_gained
    usual = of_details(2.6, 2.6, 2.6)
    plain, crisp, crisper, soft, softer = values([*usual, *of_details(2.6 + most, 9.0, 2.6 - most, -2.9)])[2:]
    assert softer == soft < plain < crisp == crisper
    assert crisp - plain == pytest.approx(Weights().eye_detail * most) == plain - soft


def test_a_small_difference_is_not_said() -> None:
    assert ranked(of_details(CRISP - 0.1, CRISP))[1].why == ("almost as good as frame 2",)


@pytest.mark.parametrize("details", [(SOFT, None), (None, CRISP), (None, None), (SOFT, CRISP, None)])
def test_where_one_was_not_measured_it_counts_for_none(details: tuple[float | None, ...]) -> None:
    assert len(set(values(of_details(*details)))) == 1
    assert ranked(of_details(*details))[0].index == 0


def test_of_eyes_that_are_hidden_all_along_it_says_nothing() -> None:
    assert len(set(values(of_details(SOFT, CRISP, SOFT, reasons=(Reason.EYES_HIDDEN,))))) == 1


def test_eyes_hidden_in_one_frame_lose_by_it_and_never_win() -> None:
    hand, stripes = (make_face_record(eye_detail=detail, reasons=(Reason.EYES_HIDDEN,)) for detail in (-2.5, 4.0))
    soft, middle, crisp, behind_a_hand, behind_stripes = values([*of_details(SOFT, 2.6, CRISP), hand, stripes])
    assert behind_a_hand < soft < middle < crisp
    assert behind_stripes == middle, "what they usually are worth, whatever hides them"
    assert ranked([hand, *of_details(SOFT, CRISP)])[-1].why == ("eyes hidden",)


def test_of_eyes_that_may_be_closed_it_says_nothing() -> None:
    assert len(set(values(of_details(SOFT, CRISP), EyePolicy.ANY))) == 1
    laughs = [
        make_face_record(eyes=SHUT, open_eyes_score=4.0, shapes={"mouthSmile": 0.9}, eye_detail=detail)
        for detail in (SOFT, CRISP)
    ]
    assert len(set(values(laughs, EyePolicy.LAUGHS))) == 1


def test_closed_eyes_are_not_also_said_to_be_less_sharp() -> None:
    closed = make_face_record(eyes=SHUT, score=1.2, eye_detail=SOFT)
    assert ranked([closed, *of_details(CRISP)])[1].why == ("eyes closed",)


def test_of_a_softer_frame_the_eyes_are_said_only_where_they_cost_more() -> None:
    def of(detail: float, sharpness: float) -> FaceRecord:
        return make_face_record(eye_detail=detail, sharpness=(sharpness,))

    assert ranked([of(SOFT, 1.01), of(2.4, 1.6)])[1].why == ("softer than frame 2",)
    assert ranked([of(-2.0, 1.3), of(CRISP, 1.6)])[1].why[0] == "eyes less sharp"


def test_in_a_group_each_is_compared_with_the_same_person() -> None:
    """Who wears glasses, or is farther away, shows less in every frame."""
    frames = [
        make_record(
            make_face_record(x=200, eye_detail=plain), make_face_record(x=800, eye_detail=far), path=f"/{plain}.jpg"
        )
        for plain, far in ((3.2, 1.0), (3.2, 0.2), (2.4, 1.0))
    ]
    best, *others = rank(frames)
    assert best.index == 0
    assert {one.index: one.why for one in others} == {
        1: ("right person: eyes less sharp",),
        2: ("left person: eyes less sharp",),
    }


@pytest.mark.parametrize(
    ("detail", "reasons", "eyes", "weight"),
    [
        (2.5, (), EyePolicy.OPEN, Weights().soft),
        (2.5, (), EyePolicy.LAUGHS, Weights().soft),
        (None, (), EyePolicy.OPEN, Weights().soft_without_eyes),
        (2.5, (Reason.EYES_HIDDEN,), EyePolicy.OPEN, Weights().soft_without_eyes),
        (2.5, (), EyePolicy.ANY, Weights().soft_without_eyes),
    ],
    ids=["seen", "seen, laughs may be closed", "not measured", "hidden", "closed or not"],
)
def test_a_soft_face_costs_more_where_the_eyes_do_not_say_it(
    detail: float | None, reasons: tuple[Reason, ...], eyes: EyePolicy, weight: float
) -> None:
    faces = [
        make_face_record(sharpness=(1 + edge,), eye_detail=detail, reasons=reasons) for edge in (0.6, 0.15)
    ]  # two halvings
    sharp, soft = values(faces, eyes)
    assert sharp - soft == pytest.approx(weight * (2 - RankingSettings().tolerated_softness))
