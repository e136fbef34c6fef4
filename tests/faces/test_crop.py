"""The face crop: the same face gives the same crop, wherever and however large it is in the picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livecam.faces.crop import crop_face, crop_matrix
from livecam.faces.mesh import LEFT_EYE, RIGHT_EYE, box_middle
from livecam.types import CROP_SIZE, Face, FloatArray, UInt8Array
from tests.factories import make_face


def picture(height: int = 720, width: int = 1280) -> UInt8Array:
    """A smooth picture in which every place looks different."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 / width, y * 255 / height, (np.sin(x / 40) + 1) * 100], axis=2).astype(np.uint8)


def placed(face: Face, turn_deg: float = 0.0, scale: float = 1.0, shift: tuple[float, float] = (0, 0)) -> Face:
    """The same face turned about its middle, scaled and moved."""
    matrix = cv2.getRotationMatrix2D(face.landmarks[:, :2].mean(axis=0).tolist(), turn_deg, scale)
    landmarks = face.landmarks.copy()
    landmarks[:, :2] = landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2] + shift
    return Face(landmarks.astype(np.float32), face.blendshapes, face.transform)


def in_crop(face: Face) -> FloatArray:
    matrix = crop_matrix(face)
    return np.asarray(face.landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2], np.float32)


@pytest.mark.parametrize("turn_deg", [0, 35, -80, 170])
@pytest.mark.parametrize("scale", [0.4, 1.0, 3.0])
def test_a_turned_or_distant_face_lands_in_the_same_place(turn_deg: float, scale: float) -> None:
    face = make_face()
    there = in_crop(placed(face, turn_deg, scale, (31.0, -12.5)))
    assert np.abs(there - in_crop(face)).max() < 0.05


def test_the_eyes_are_level_and_the_left_one_is_on_the_right() -> None:
    points = in_crop(placed(make_face(), 25))
    left, right = (points[list(eye.corners)].mean(axis=0) for eye in (LEFT_EYE, RIGHT_EYE))
    assert abs(left[1] - right[1]) < 0.5
    assert left[0] > right[0] + 20


def test_the_whole_face_is_inside_with_some_room() -> None:
    points = in_crop(make_face())
    assert points.min() > 10
    assert points.max() < CROP_SIZE - 10


def test_the_matrix_says_where_each_pixel_comes_from() -> None:
    image, face = picture(), placed(make_face(), 10, 1.0)
    crop = crop_face(image, face)
    back = np.linalg.inv(np.vstack([crop.matrix, [0, 0, 1]]))
    for u, v in ((60, 60), (112, 112), (170, 90)):
        x, y, _ = back @ (u, v, 1)
        inside = 2 < x < image.shape[1] - 3 and 2 < y < image.shape[0] - 3
        assert inside, "the test looks at pixels inside the picture"
        assert np.abs(crop.image[v, u].astype(int) - image[round(y), round(x)]).max() <= 6


def test_a_large_face_is_averaged_not_sampled() -> None:
    face = placed(make_face(), 0, 6.0)
    x0, y0, x1, y1 = face.box
    moved = placed(face, shift=(100 - x0, 100 - y0))
    noise = np.random.default_rng(0).integers(0, 256, (int(y1 - y0) + 400, int(x1 - x0) + 400, 3), np.uint8)
    scale = float(np.hypot(*crop_matrix(moved)[0, :2]))
    assert scale < 0.5, "the face is shrunk by more than two"
    spread = crop_face(noise, moved).image[60:160, 60:160].std()
    assert spread < 0.75 * noise.std()


@pytest.mark.slow
def test_averaging_does_not_move_the_picture() -> None:
    image = picture(3000, 3000)
    face = make_face()
    x0, y0, _, _ = face.box
    big = placed(face, 0, 1200 / face.size)
    x0, y0, _, _ = big.box
    big = placed(big, shift=(900 - x0, 900 - y0))
    crop = crop_face(image, big)
    back = np.linalg.inv(np.vstack([crop.matrix, [0, 0, 1]]))
    x, y, _ = back @ (112, 112, 1)
    assert np.abs(crop.image[112, 112, :2].astype(float) - (x * 255 / 3000, y * 255 / 3000)).max() < 1.5


def test_what_lies_outside_the_picture_is_black() -> None:
    face = make_face()
    half_out = placed(face, shift=(-box_middle(face.box)[0], 0))
    crop = crop_face(np.full((720, 1280, 3), 200, np.uint8), half_out).image
    assert not crop[:, :100].any()
    assert (crop[100:120, 125:] == 200).all()


def test_a_face_wholly_outside_gives_a_black_crop() -> None:
    assert not crop_face(picture(100, 100), placed(make_face(), 0, 5, (9000, 9000))).image.any()


def test_the_same_input_gives_the_same_pixels() -> None:
    image, face = picture(), make_face()
    assert np.array_equal(crop_face(image, face).image, crop_face(image.copy(), face).image)
