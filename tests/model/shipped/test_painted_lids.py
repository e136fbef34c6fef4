"""Painted lids: what is promised of them, on a drawn eye and on the public-domain portrait."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from livecam.faces import mesh
from livecam.faces.finder import FaceFinder
from livecam.faces.mesh import EYES, LEFT_EYE, RIGHT_EYE
from livecam.types import LANDMARKS, FloatArray, Frame, UInt8Array
from model.shipped.painted_lids import paint_lid
from tests.factories import shared_data

astronaut = pytest.importorskip("skimage.data", reason="needs scikit-image for the portrait").astronaut
Portrait = tuple[UInt8Array, FloatArray]


@pytest.fixture(scope="module")
def finder() -> Iterator[FaceFinder]:
    with FaceFinder(stills=True) as finder:
        yield finder


@pytest.fixture(scope="module")
def portrait(finder: FaceFinder) -> Portrait:
    """The portrait's head at twice its size, and its landmarks."""
    image = np.asarray(cv2.resize(astronaut()[:256, 96:352], (512, 512), interpolation=cv2.INTER_CUBIC), np.uint8)
    (face,) = finder.find(Frame(image, 0.0, 0, 0.0))
    return image, face.landmarks


def blink(finder: FaceFinder, image: UInt8Array) -> tuple[float, float]:
    """MediaPipe's own reading, left and right."""
    (face,) = finder.find(Frame(image, 0.0, 0, 0.0))
    return mesh.blendshape(face.blendshapes, "eyeBlinkLeft"), mesh.blendshape(face.blendshapes, "eyeBlinkRight")


def shut(image: UInt8Array, landmarks: FloatArray, closed: float = 1.0) -> UInt8Array:
    for eye in EYES:
        image = paint_lid(image, landmarks, eye, closed)
    return image


def test_a_shut_face_reads_as_closed_and_the_open_one_as_open(finder: FaceFinder, portrait: Portrait) -> None:
    image, landmarks = portrait
    assert max(blink(finder, image)) < 0.15
    assert min(blink(finder, shut(image, landmarks))) > 0.45


def test_half_shut_lies_between(finder: FaceFinder, portrait: Portrait) -> None:
    image, landmarks = portrait
    low, half, high = (min(blink(finder, shut(image, landmarks, closed))) for closed in (0.0, 0.6, 1.0))
    assert low + 0.05 < half < high - 0.1


def test_left_is_the_subjects_left_and_the_other_eye_stays_open(portrait: Portrait) -> None:
    image, landmarks = portrait
    changed = np.argwhere((paint_lid(image, landmarks, "left", 1.0) != image).any(axis=2))[:, 1]
    iris_left, iris_right, nose = landmarks[[LEFT_EYE.iris, RIGHT_EYE.iris, mesh.NOSE_BRIDGE], 0]
    assert changed.min() > nose > iris_right
    assert changed.min() < iris_left < changed.max()


def test_only_the_surroundings_of_the_eye_change(portrait: Portrait) -> None:
    image, landmarks = portrait
    rows = np.argwhere((shut(image, landmarks) != image).any(axis=2))[:, 0]
    assert rows.min() > landmarks[[RIGHT_EYE.brow_top[2], LEFT_EYE.brow_top[2]], 1].min() - 4, (
        "the top of the brows stays"
    )
    assert rows.max() < landmarks[mesh.NOSE_BASE, 1], "the nose and all below it stays"


def test_the_iris_is_gone_and_skin_is_in_its_place(portrait: Portrait) -> None:
    image, landmarks = portrait
    painted = shut(image, landmarks)
    cheek = image[tuple(landmarks[mesh.RIGHT_CHEEK, 1::-1].astype(int))].astype(float)
    for iris in (RIGHT_EYE.iris, LEFT_EYE.iris):
        x, y = landmarks[iris, :2].astype(int)
        was, now = (picture[y - 2 : y + 3, x - 2 : x + 3].mean() for picture in (image, painted))
        assert was < 0.5 * cheek.mean()
        assert now > 0.65 * cheek.mean()


def test_the_given_picture_is_not_touched_and_open_is_a_plain_copy(portrait: Portrait) -> None:
    image, landmarks = portrait
    before = image.copy()
    painted = paint_lid(image, landmarks, "left", 0.0)
    paint_lid(image, landmarks, "right", 1.0)
    assert np.array_equal(image, before)
    assert np.array_equal(painted, image)
    assert not np.shares_memory(painted, image)


def test_the_same_seed_paints_the_same_lid_and_another_seed_another(portrait: Portrait) -> None:
    image, landmarks = portrait
    one, same, other = (paint_lid(image, landmarks, "left", 1.0, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert np.array_equal(shut(image, landmarks), shut(image, landmarks))


@pytest.mark.parametrize("angle", [-90.0, -30.0, 30.0, 180.0])
def test_a_tilted_head_is_painted_along_its_own_eyes(portrait: Portrait, angle: float) -> None:
    image, landmarks = portrait
    centre = landmarks[mesh.NOSE_BRIDGE, :2]
    turn = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), angle, 1.0)
    tilted = np.asarray(cv2.warpAffine(image, turn, image.shape[1::-1], flags=cv2.INTER_CUBIC), np.uint8)
    points = landmarks.copy()
    points[:, :2] = landmarks[:, :2] @ turn[:, :2].T + turn[:, 2]
    painted = cv2.warpAffine(
        shut(tilted, points), cv2.invertAffineTransform(turn), image.shape[1::-1], flags=cv2.INTER_CUBIC
    )
    outer = [RIGHT_EYE.outer, LEFT_EYE.outer]
    x0, y0 = landmarks[[*outer, mesh.NOSE_BRIDGE], :2].min(axis=0).astype(int) - 5
    x1, y1 = landmarks[[*outer, RIGHT_EYE.lower[4]], :2].max(axis=0).astype(int) + 5
    upright = shut(image, landmarks)[y0:y1, x0:x1].astype(float)
    assert np.abs(upright - painted[y0:y1, x0:x1]).mean() < 5


def test_eyes_outside_the_picture_or_of_no_size_are_left_alone(portrait: Portrait) -> None:
    image, landmarks = portrait
    outside = (landmarks + np.array([5000, 0, 0])).astype(np.float32)
    assert np.array_equal(shut(image, outside), image)
    assert np.array_equal(shut(image, (landmarks * 0.02).astype(np.float32)), image)
    assert np.array_equal(shut(image, np.zeros((LANDMARKS, 3), np.float32)), image)


def test_an_eye_cut_by_the_edge_is_painted_as_far_as_it_is_seen(portrait: Portrait) -> None:
    image, landmarks = portrait
    edge = int(landmarks[LEFT_EYE.iris, 0])
    cut = paint_lid(np.ascontiguousarray(image[:, :edge]), landmarks, "left", 1.0)
    assert cut.shape == (512, edge, 3)
    assert (cut != image[:, :edge]).any()


def test_wrong_input_is_refused_by_name(portrait: Portrait) -> None:
    image, landmarks = portrait
    with pytest.raises(ValueError, match="closed must lie in"):
        paint_lid(image, landmarks, "left", 1.5)
    with pytest.raises(ValueError, match="landmarks must have shape"):
        paint_lid(image, landmarks[:468], "left", 1.0)


@pytest.mark.slow
def test_on_the_london_faces_nearly_every_painted_face_reads_closed(finder: FaceFinder) -> None:
    """A dozen people of all skin tones: MediaPipe's reading rises on every one, mostly as high as for real lids."""
    before: list[float] = []
    after: list[float] = []
    rng = np.random.default_rng(0)
    pictures = sorted(shared_data("pairs").glob("*_neutral.jpg"))[::5]
    for path in pictures:
        image = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8)
        (face,) = finder.find(Frame(image, 0.0, 0, 0.0))
        for eye in EYES:
            image = paint_lid(image, face.landmarks, eye, 1.0, rng)
        (painted,) = finder.find(Frame(image, 0.0, 0, 0.0))
        for values, seen in ((before, face), (after, painted)):
            values.append(mesh.blendshape(seen.blendshapes, "eyeBlink"))
    assert len(after) >= 12
    assert (np.array(after) > np.array(before) + 0.15).all()
    assert np.mean(np.array(after) > 0.4) >= 0.9
