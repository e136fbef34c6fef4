"""Winks for training: made of two frames of a clip, and squeezed around the eyes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from livecam.faces import mesh
from livecam.types import BLENDSHAPES, FloatArray
from model.shipped.collected import Collected
from model.shipped.half_faces import HalfFaces, HalfFaceSettings
from model.shipped.rubric import Condition
from model.shipped.squeeze import SqueezeSettings, squeeze
from model.shipped.view import View
from tests.model.shipped.faces import drawn_face, drawn_landmarks

ALWAYS = HalfFaceSettings(chance=1.0)
OPEN_LIGHT, CLOSED_LIGHT = 0.5, 1.0


def clip(*eyes: str, source: str = "clips", pose: FloatArray | None = None) -> Collected:
    """Frames of one clip with these labels; those with open eyes are darker, to tell the two apart."""
    light = [CLOSED_LIGHT if label == "1" else OPEN_LIGHT for label in eyes]
    landmarks = drawn_landmarks()
    landmarks[[mesh.NOSE_BRIDGE, mesh.NOSE_BASE]] = [(112, 88), (112, 130)]
    row = {"source": source, "file": "a.mp4", "person": "a.mp4", "split": "train", "face_px": "120"}
    return Collected(
        [row | {"frame": str(frame), "eyes": label, "smile": "", "mouth": ""} for frame, label in enumerate(eyes)],
        np.stack([(drawn_face() * one).astype(np.uint8) for one in light]),
        np.repeat(landmarks[None], len(eyes), axis=0),
        np.zeros((len(eyes), BLENDSHAPES), np.float32),
        np.zeros((len(eyes), 3), np.float32) if pose is None else pose,
    )


def brightness_around(view: View, eye: mesh.EyePoints) -> float:
    x, y = view.landmarks[list(eye.brow)].mean(axis=0).astype(int)
    return float(view.image[y - 4 : y + 5, x - 4 : x + 5].mean())


def test_a_wink_has_the_open_side_of_one_frame_and_the_closed_side_of_the_other() -> None:
    halves = HalfFaces(clip("1", "0"), [0, 1], ALWAYS)

    winks = [halves.wink(0, np.random.default_rng(seed)) for seed in range(8)]

    seen = set()
    for view in winks:
        assert view is not None
        seen.add(view.condition.eyes_closed)
        assert view.eyes_known == (True, True)
        opened, closed = (
            (mesh.LEFT_EYE, mesh.RIGHT_EYE) if view.condition.eyes_closed[0] == 0 else (mesh.RIGHT_EYE, mesh.LEFT_EYE)
        )
        assert brightness_around(view, opened) < 0.7 * brightness_around(view, closed)
    assert seen == {(0.0, 1.0), (1.0, 0.0)}


@pytest.mark.parametrize(
    ("data", "index"),
    [
        pytest.param(clip("1", "0"), 1, id="open eyes"),
        pytest.param(clip("1", "1"), 0, id="nothing open in the clip"),
        pytest.param(clip("1", "0", source="people"), 0, id="no clip"),
        pytest.param(clip("1", "0", pose=np.array([[0, 0, 0], [20, 0, 0]], np.float32)), 0, id="turned"),
    ],
)
def test_what_does_not_fit_is_not_joined(data: Collected, index: int) -> None:
    assert HalfFaces(data, [0, 1], ALWAYS).wink(index, np.random.default_rng(0)) is None


def test_the_two_frames_must_fit_each_other_after_the_fit() -> None:
    data = clip("1", "0")
    data.landmarks[1, mesh.NOSE_BASE] += (30, -20)
    data.landmarks[1, mesh.NOSE_BRIDGE] += (-30, 20)
    assert HalfFaces(data, [0, 1], replace(ALWAYS, misfit=1.0)).wink(0, np.random.default_rng(0)) is None


def view_with(eyes: tuple[float, float]) -> View:
    return View(drawn_face(), drawn_landmarks(), Condition(eyes_closed=eyes), (True, True))


def test_a_squeezed_eye_has_its_brow_lower_and_only_on_its_side() -> None:
    settings = SqueezeSettings(closed=1.0, open_=0.0, corner_chance=1.0)
    before, after = view_with((1.0, 0.0)), squeeze(view_with((1.0, 0.0)), np.random.default_rng(0), settings)

    moved = after.landmarks - before.landmarks
    assert (moved[list(mesh.LEFT_EYE.brow), 1] > 1).all()
    assert np.abs(moved[list(mesh.RIGHT_EYE.brow)]).max() < 0.5
    assert moved[mesh.LEFT_MOUTH_CORNER, 1] < 0, "the corner of the mouth goes up"
    assert after.condition == before.condition
    assert (after.image != before.image).any()


def test_open_eyes_are_squeezed_less_and_by_their_own_chance() -> None:
    never = SqueezeSettings(closed=1.0, open_=0.0)
    unchanged = squeeze(view_with((0.0, 0.0)), np.random.default_rng(0), never)
    assert (unchanged.image == drawn_face()).all()

    always = SqueezeSettings(closed=1.0, open_=1.0, brow=(0.2, 0.2), corner_chance=0.0)
    of_open = squeeze(view_with((0.0, 0.0)), np.random.default_rng(0), always).landmarks
    of_closed = squeeze(view_with((1.0, 1.0)), np.random.default_rng(0), always).landmarks
    brow = list(mesh.LEFT_EYE.brow)
    fall, whole = (points[brow, 1].mean() - drawn_landmarks()[brow, 1].mean() for points in (of_open, of_closed))
    assert fall == pytest.approx(0.5 * whole, rel=0.1)
