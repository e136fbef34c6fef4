"""The one judgement of eyes: the scorer's word beside the landmarker's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecam.scoring.eyes import EyeFusionSettings, fuse, judge_eyes
from livecam.types import EYE_CLOSED
from tests.factories import make_face, make_gated_score

SHARE = st.floats(0, 1)


def fused(scorer: tuple[float, float], blink: tuple[float, float]) -> list[float]:
    left, right = fuse(np.array([scorer]), np.array([blink]))[0]
    return [float(left), float(right)]


def test_a_wink_that_the_scorer_doubts_is_named_where_one_lid_is_lower_by_much() -> None:
    left, right = fused((0.3, 0.01), (0.52, 0.15))
    assert left > EYE_CLOSED > right


def test_the_same_doubt_of_a_squint_is_no_closed_eye() -> None:
    assert max(fused((0.2, 0.2), (0.52, 0.50))) < EYE_CLOSED


def test_lids_that_differ_do_not_close_an_eye_that_the_scorer_surely_sees() -> None:
    assert max(fused((0.001, 0.001), (0.45, 0.15))) < EYE_CLOSED


def test_glare_on_one_eye_is_no_wink_where_the_lids_are_alike() -> None:
    assert max(fused((0.9, 0.001), (0.20, 0.19))) < EYE_CLOSED
    assert fused((0.9, 0.001), (0.20, 0.05))[0] > EYE_CLOSED  # here they are not


def test_one_eye_that_the_scorer_surely_sees_closed_is_closed_though_the_lids_are_alike() -> None:
    left, right = fused((0.999, 0.001), (0.30, 0.30))
    assert left > EYE_CLOSED > right


def test_two_closed_eyes_are_not_doubted_for_being_alike() -> None:
    assert min(fused((0.9, 0.9), (0.5, 0.5))) > EYE_CLOSED


@given(left=SHARE, right=SHARE, blink_left=SHARE, blink_right=SHARE)
def test_left_and_right_are_judged_alike(left: float, right: float, blink_left: float, blink_right: float) -> None:
    one = fused((left, right), (blink_left, blink_right))
    assert one == pytest.approx(fused((right, left), (blink_right, blink_left))[::-1])
    assert all(0 <= value <= 1 for value in one)


@given(low=SHARE, high=SHARE, blink=SHARE)
def test_the_surer_the_scorer_the_more_closed(low: float, high: float, blink: float) -> None:
    low, high = sorted((low, high))
    assert fused((low, 0.1), (blink, 0.1))[0] <= fused((high, 0.1), (blink, 0.1))[0]


def test_the_rating_is_gated_by_what_was_judged() -> None:
    score = make_gated_score(4.8, (0.3, 0.01))
    wink = make_face(blendshapes={"eyeBlinkLeft": 0.55, "eyeBlinkRight": 0.1}).blendshapes

    judged = judge_eyes(score, wink)

    assert judged.eyes_closed[0] > 0.9
    wanted = make_gated_score(4.8, tuple(judged.eyes_closed.tolist()))
    assert judged.rating_probs == pytest.approx(wanted.rating_probs, abs=1e-5)
    assert judged.value < 2 < score.value


def test_without_a_word_of_the_landmarker_the_scorers_own_stays() -> None:
    nothing = EyeFusionSettings(blink=0, wink=0, doubt=0, offset=0)
    score = make_gated_score(4.2, (0.2, 0.4))
    judged = judge_eyes(score, make_face(blendshapes={"eyeBlinkLeft": 0.9}).blendshapes, nothing)
    assert judged.eyes_closed == pytest.approx([0.2, 0.4])
    assert judged.rating_probs == pytest.approx(score.rating_probs, abs=1e-6)
