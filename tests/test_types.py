"""The types check themselves once, and their derived values mean what they say."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecam.live.summary import Percentiles
from livecam.shutter.decision import Decision, TriggerState
from livecam.types import Face, FaceCrop, Frame, Moment, Reason, Score, ScoredFace
from tests.factories import make_face, make_frame, make_moment, make_score, rotation


def test_a_frame_refuses_what_is_not_an_rgb_picture() -> None:
    good = make_frame()
    bad: list[Any] = [
        good.image[..., 0],
        good.image.astype(np.float32),
        good.image[:0],
        np.dstack([good.image] * 2),
        [[1]],
    ]
    for image in bad:
        with pytest.raises(ValueError, match="image"):
            Frame(image, 0.0, 0, 0.0)


@pytest.mark.parametrize("t_ms", [-1.0, math.nan, math.inf])
def test_a_frame_refuses_an_impossible_time(t_ms: float) -> None:
    with pytest.raises(ValueError, match="t_ms"):
        Frame(make_frame().image, t_ms, 0, 0.0)


def test_a_frame_cannot_be_changed_and_is_told_apart_by_identity() -> None:
    frame = make_frame()
    with pytest.raises(FrozenInstanceError):
        frame.t_ms = 5.0  # type: ignore[misc]
    assert frame != make_frame()
    assert (frame.width, frame.height) == (64, 48)


@pytest.mark.parametrize("field", ["landmarks", "blendshapes"])
def test_a_face_refuses_nan(field: str) -> None:
    face = make_face()
    parts = {"landmarks": face.landmarks.copy(), "blendshapes": face.blendshapes.copy()}
    parts[field].flat[3] = np.nan
    with pytest.raises(ValueError, match=field):
        Face(parts["landmarks"], parts["blendshapes"], face.transform)


@pytest.mark.parametrize("field", ["landmarks", "blendshapes", "transform"])
def test_a_face_refuses_numbers_of_another_shape_or_type(field: str) -> None:
    face = make_face()
    parts = {"landmarks": face.landmarks, "blendshapes": face.blendshapes, "transform": face.transform}
    for wrong in (parts[field][:-1], parts[field].astype(np.float64)):
        with pytest.raises(ValueError, match=field):
            Face(**(parts | {field: wrong}))  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize("turned", [45, 360, -90])
def test_a_face_lies_upright_on_a_side_or_on_its_head(turned: int) -> None:
    face = make_face()
    with pytest.raises(ValueError, match="turned"):
        Face(face.landmarks, face.blendshapes, face.transform, turned)


@given(st.floats(-80, 80), st.floats(-80, 80), st.floats(-80, 80))
def test_pose_reads_back_the_angles_that_turned_the_face(yaw: float, pitch: float, roll: float) -> None:
    face = make_face(yaw=yaw, pitch=pitch, roll=roll)
    assert face.pose == pytest.approx((yaw, pitch, roll), abs=1e-3)


def test_pose_signs_are_the_subjects_own() -> None:
    nose, brow, chin = 1, 10, 152
    ahead = make_face().landmarks
    assert make_face(yaw=30).landmarks[nose, 0] > ahead[nose, 0]  # its left is the picture's right
    assert make_face(pitch=30).landmarks[nose, 1] > ahead[nose, 1]  # down
    tipped = make_face(roll=30).landmarks
    assert tipped[brow, 0] > tipped[chin, 0]  # clockwise in the picture


def test_pose_ignores_the_scale_in_the_transform() -> None:
    face = make_face()
    transform = rotation(20, -10, 5)
    transform[:3, :3] *= 1.7
    assert Face(face.landmarks, face.blendshapes, transform).pose == pytest.approx((20, -10, 5), abs=1e-3)


def test_box_and_size_are_in_pixels_of_the_frame() -> None:
    face = make_face(centre=(300, 200), size=100)
    x0, y0, x1, y1 = face.box
    assert (y0, y1) == pytest.approx((150, 250), abs=1)
    assert x0 < 300 < x1
    assert face.size == pytest.approx(100, abs=1)


def test_a_crop_is_224_pixels() -> None:
    with pytest.raises(ValueError, match="image"):
        FaceCrop(np.zeros((112, 112, 3), np.uint8), np.zeros((2, 3), np.float32))


@pytest.mark.parametrize("value", [1.0, 2.5, 3.4, 5.0])
def test_the_score_is_the_expected_rating(value: float) -> None:
    assert make_score(value).value == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("probs", [[0.5, 0, 0, 0, 0], [1.5, -0.5, 0, 0, 0], [math.nan, 1, 0, 0, 0]])
def test_a_score_refuses_what_is_not_a_distribution(probs: list[float]) -> None:
    good = make_score()
    with pytest.raises(ValueError, match="rating_probs"):
        Score(np.asarray(probs, np.float32), good.eyes_closed, good.embedding)


@pytest.mark.parametrize("field", ["rating_probs", "eyes_closed", "embedding"])
def test_a_score_refuses_numbers_of_another_shape_or_type(field: str) -> None:
    good = make_score()
    parts = {"rating_probs": good.rating_probs, "eyes_closed": good.eyes_closed, "embedding": good.embedding}
    for wrong in (parts[field][:-1], parts[field].astype(np.float64)):
        with pytest.raises(ValueError, match=f"{field} must (be|have shape)"):
            Score(**(parts | {field: wrong}))  # type: ignore[arg-type]  # on purpose


def test_a_moment_is_as_good_as_its_worst_face() -> None:
    calm, shut = make_score(4.5), make_score(1.5, eyes=(0.9, 0.9))
    reasons = (Reason.EYES_CLOSED, Reason.BLURRED)
    first = ScoredFace(make_face(), calm, (Reason.BLURRED,))
    second = ScoredFace(make_face(size=80), shut, reasons)
    moment = Moment(make_frame(40), (first, second))
    assert moment.t_ms == 40
    assert moment.score == pytest.approx(1.5)
    assert moment.worst is second
    assert moment.reasons == (Reason.BLURRED, Reason.EYES_CLOSED)  # each once, in order


def test_an_empty_moment_says_that_nobody_is_there() -> None:
    moment = make_moment(0, 3, faces=0)
    assert moment.score is None
    assert moment.worst is None
    assert moment.reasons == (Reason.NO_FACE,)


def test_a_decision_refuses_a_progress_outside_its_range() -> None:
    with pytest.raises(ValueError, match="progress"):
        Decision(TriggerState.ARMED, 4.0, 3.0, progress=1.01)


def test_percentiles_of_nothing_are_zero() -> None:
    assert Percentiles.of([]) == Percentiles(0, 0, 0)
    assert Percentiles.of([float(i) for i in range(101)]) == Percentiles(50, 95, 99)
