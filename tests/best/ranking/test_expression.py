"""What people like in a face: weights of blendshapes, of sides that differ, and of the pose."""

from __future__ import annotations

import pytest

from livecam.best.ranking.expression import FEATURES, Expression, Part, features_of, part_of
from livecam.best.ranking.settings import Weights
from livecam.faces.mesh import BLENDSHAPE_NAMES, MIRRORED_BLENDSHAPES

NO_POSE = (0.0, 0.0, 0.0)


def shapes(**values: float) -> list[float]:
    return [values.get(name, 0.0) for name in BLENDSHAPE_NAMES]


def test_features_are_means_of_both_sides_their_difference_and_how_far_the_head_is_turned() -> None:
    found = dict(zip(FEATURES, features_of(shapes(mouthSmileLeft=0.6, jawOpen=0.3), (-10, 5, 0)), strict=True))

    assert (found["mouthSmile"], found["mouthSmile sides"], found["jawOpen"]) == pytest.approx((0.3, 0.6, 0.3))
    assert (found["yaw"], found["pitch"], found["roll"]) == (10, 5, 0)
    assert sum(value != 0 for value in found.values()) == 5


def test_each_part_has_the_points_of_its_own_features() -> None:
    liked = Expression.of({"jawOpen": -2.0, "mouth sides": -1.0, "eyeLookUp": 0.5, "yaw": -0.1})
    points = liked.points(shapes(jawOpen=0.5, mouthLeft=0.4, eyeLookUpLeft=1.0, eyeLookUpRight=1.0), (-20, 0, 0))

    wanted = {
        Part.MOUTH: -1.0,
        Part.MOUTH_SIDES: -0.4,
        Part.GAZE: 0.5,
        Part.EYES: 0.0,
        Part.BROWS: 0.0,
        Part.HEAD: -2.0,
    }
    assert points == pytest.approx(wanted)


def test_a_mirrored_face_is_liked_alike() -> None:
    face = [(7 * at % 13) / 13 for at in range(len(BLENDSHAPE_NAMES))]
    mirrored = [face[at] for at in MIRRORED_BLENDSHAPES]
    liked = Weights().expression

    assert liked.points(mirrored, (-12, 3, 4)) == pytest.approx(liked.points(face, (12, 3, -4)))


def test_every_feature_is_of_a_part_and_the_shipped_weights_are_of_features() -> None:
    assert {part_of(feature) for feature in FEATURES} == set(Part)
    assert set(Weights().expression.weights) <= set(FEATURES)


def test_a_weight_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="hair"):
        Expression.of({"hair": 1.0})
