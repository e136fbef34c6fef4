"""Painted glasses: they sit where glasses sit, leave the eyes to be seen, and are different each time."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livecam.faces.finder import FaceFinder
from livecam.faces.mesh import LEFT_EYE, RIGHT_EYE, eye_line
from livecam.types import FloatArray, Frame, UInt8Array
from model.shipped.augment import augment
from model.shipped.painted_glasses import paint_glasses
from model.shipped.rubric import Condition
from model.shipped.view import View

astronaut = pytest.importorskip("skimage.data", reason="needs scikit-image for the portrait").astronaut
Portrait = tuple[UInt8Array, FloatArray]
BLUR = 0.45


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    """The portrait's head at 224 pixels, and where its landmarks are."""
    image = np.asarray(cv2.resize(astronaut()[:256, 96:352], (224, 224), interpolation=cv2.INTER_AREA), np.uint8)
    with FaceFinder(stills=True) as finder:
        (face,) = finder.find(Frame(image, 0.0, 0, 0.0))
    return image, np.ascontiguousarray(face.landmarks[:, :2])


def painted(portrait: Portrait, seed: int) -> UInt8Array:
    image, landmarks = portrait
    return paint_glasses(image, landmarks, BLUR, np.random.default_rng(seed))


def changed(portrait: Portrait, seed: int) -> np.ndarray:
    return np.asarray(np.abs(painted(portrait, seed).astype(int) - portrait[0]).max(axis=2))


@pytest.mark.slow
def test_a_frame_is_painted_between_brows_and_mouth_and_nowhere_else(portrait: Portrait) -> None:
    _, landmarks = portrait
    apart = float(np.hypot(*eye_line(landmarks)))
    middle = landmarks[[*RIGHT_EYE.corners, *LEFT_EYE.corners]].mean(axis=0)
    for seed in range(20):
        rows, columns = np.nonzero(changed(portrait, seed) > 4)
        assert len(rows) > 0.5 * apart, "two rims are longer than that"
        assert abs(rows - middle[1]).max() < 0.75 * apart
        assert abs(columns - middle[0]).max() < 1.6 * apart


@pytest.mark.slow
def test_most_often_the_eyes_can_still_be_seen(portrait: Portrait) -> None:
    _, landmarks = portrait
    x, y = landmarks[list(RIGHT_EYE.corners_and_lid_middles)].mean(axis=0).round().astype(int)
    eye = [float(changed(portrait, seed)[y - 3 : y + 4, x - 3 : x + 4].mean()) for seed in range(40)]
    assert np.median(eye) < 40
    assert np.quantile(eye, 0.9) > 20, "a lens that never reflects teaches nothing"


def test_one_seed_is_one_pair_and_another_seed_another(portrait: Portrait) -> None:
    before = portrait[0].copy()
    np.testing.assert_array_equal(painted(portrait, 1), painted(portrait, 1))
    assert (painted(portrait, 1) != painted(portrait, 2)).any()
    np.testing.assert_array_equal(portrait[0], before)


def test_a_grey_picture_stays_grey(portrait: Portrait) -> None:
    grey = cv2.cvtColor(cv2.cvtColor(portrait[0], cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    for seed in range(5):
        assert np.ptp(painted((np.asarray(grey, np.uint8), portrait[1]), seed).astype(int), axis=2).max() == 0


def test_a_profile_whose_eyes_coincide_gets_none(portrait: Portrait) -> None:
    flat = portrait[1].copy()
    flat[:, 0] = 100
    flat[:, 1] = 100
    np.testing.assert_array_equal(paint_glasses(portrait[0], flat, BLUR, np.random.default_rng(0)), portrait[0])


def test_a_view_tells_the_truth_about_the_eyes_behind_them(portrait: Portrait, monkeypatch: pytest.MonkeyPatch) -> None:
    worn = []

    def note(image: UInt8Array, *_: object) -> UInt8Array:
        worn.append(image)
        return image

    monkeypatch.setattr("model.shipped.augment.paint_glasses", note)
    start = View(*portrait, Condition(eyes_closed=(1.0, 1.0)), (True, True))
    views = [augment(start, 172, np.random.default_rng(seed)) for seed in range(100)]
    assert 15 <= len(worn) <= 45
    assert all(view.condition.eyes_closed == (1.0, 1.0) for view in views)
