"""What the rubric reads off a face: to the last digit what the shipped model was trained with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from livecam.types import FloatArray
from model.shipped.rubric import Condition, gaze_of, grimace_of, rate, smile_of, soft_label
from tests.factories import make_face


def shapes(**values: float) -> FloatArray:
    return make_face(blendshapes=values).blendshapes


def test_a_smile_is_read_off_both_corners_of_the_mouth() -> None:
    assert smile_of(shapes(mouthSmileLeft=1 / 3, mouthSmileRight=5 / 7)) == pytest.approx(0.743333373, abs=1e-8)
    assert smile_of(shapes(mouthSmileLeft=0.3, mouthSmileRight=0.5)) == pytest.approx(0.570000008, abs=1e-8)
    assert smile_of(shapes()) == 0.0
    assert smile_of(shapes(mouthSmileLeft=0.65, mouthSmileRight=0.65)) == pytest.approx(0.92, abs=1e-6)
    assert smile_of(shapes(mouthSmileLeft=0.95, mouthSmileRight=0.95)) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    ("mouth", "expected"),
    [
        ({"jawOpen": 0.3}, 0.5454545815785726),
        ({"mouthFunnel": 0.3}, 0.6428571854318891),
        ({"mouthPucker": 0.9}, 0.33333317438761406),
        ({"mouthFrownLeft": 0.2, "mouthFrownRight": 1 / 3}, 0.523809552192688),
        ({"noseSneerRight": 1 / 3}, 0.7777778108914692),
        ({"mouthStretchLeft": 0.5}, 0.5555555555555556),
        ({"mouthRight": 0.5}, 0.5),
        ({"mouthRight": 0.5, "jawOpen": 0.3}, 0.5454545815785726),
        ({"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9}, 0.0),
    ],
)
def test_the_worst_of_what_a_mouth_does_makes_the_grimace(mouth: dict[str, float], expected: float) -> None:
    assert grimace_of(shapes(**mouth)) == expected


def test_the_gaze_is_the_farthest_direction_that_both_eyes_share_but_down() -> None:
    right = {"eyeLookInLeft": 1 / 3, "eyeLookOutRight": 0.7}
    assert gaze_of(shapes(**right)) == 0.5166666656732559
    assert gaze_of(shapes(**right, eyeLookDownLeft=0.9, eyeLookDownRight=0.9)) == 0.5166666656732559
    assert gaze_of(shapes(eyeLookOutLeft=0.8)) == pytest.approx(0.4)
    assert gaze_of(shapes(eyeLookUpLeft=0.6, eyeLookUpRight=0.8)) == pytest.approx(0.7)


def test_the_mouth_sets_a_base_and_the_worst_of_the_rest_caps_it() -> None:
    assert rate(Condition()) == 3.0
    assert rate(Condition(smile=1.0)) == 5.0
    assert rate(Condition(grimace=1.0)) == pytest.approx(1.8)
    assert rate(Condition(smile=1.0, eyes_closed=(0.0, 1.0), blur=2.0)) == 1.0
    assert rate(Condition(smile=1.0, blur=2.0)) == pytest.approx(3.6)


def test_a_label_is_spread_over_two_ratings_and_keeps_its_mean() -> None:
    assert soft_label(3.25).tolist() == [0.0, 0.0, 0.75, 0.25, 0.0]


@pytest.mark.parametrize(
    "little",
    [
        Condition(gaze=0.6),
        Condition(yaw=-15.0),
        Condition(pitch=15.0),
        Condition(lids=0.4),
        Condition(one_sided=0.3),
    ],
)
def test_little_things_part_good_faces_and_cost_no_more_than_a_fifth_of_a_point(little: Condition) -> None:
    for smile in (0.0, 0.5, 1.0):
        lost = rate(Condition(smile=smile)) - rate(replace(little, smile=smile))
        assert 0.03 < lost <= 0.2


def test_all_little_things_together_leave_a_smile_above_a_resting_face() -> None:
    worst = Condition(smile=1.0, gaze=0.74, yaw=21.0, lids=0.5, one_sided=0.5)
    assert rate(worst) > rate(Condition(smile=0.5)) > rate(Condition())
