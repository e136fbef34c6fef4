"""How crisp the eyes are: of the less crisp one, and of nothing else in the face."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from livecam.best.records.eye_detail import EyeDetailSettings, eye_detail
from livecam.best.records.frame import record_of
from livecam.faces.crop import crop_face
from livecam.faces.mesh import LEFT_EYE, RIGHT_EYE, EyePoints
from livecam.types import Face, Frame, Moment, ScoredFace, UInt8Array
from tests.factories import make_face, make_score

FACE = make_face(size=190.0)


def texture() -> UInt8Array:
    return np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)


def around(eye: EyePoints, face: Face = FACE) -> tuple[slice, slice]:
    x, y = face.landmarks[list(eye.corners), :2].mean(axis=0).astype(int)
    return slice(y - 22, y + 22), slice(x - 36, x + 36)


def blurred(image: UInt8Array, *eyes: EyePoints, sigma: float = 3.0) -> UInt8Array:
    """The same picture with these eyes out of focus."""
    soft, changed = cv2.GaussianBlur(image, (0, 0), sigma), image.copy()
    for eye in eyes:
        changed[around(eye)] = soft[around(eye)]
    return changed


def detail(image: UInt8Array, face: Face = FACE) -> float:
    return eye_detail(crop_face(image, face), face.landmarks)


def test_eyes_out_of_focus_show_less_and_the_more_the_softer_they_are() -> None:
    crisp = detail(texture())
    soft, softer = (detail(blurred(texture(), LEFT_EYE, RIGHT_EYE, sigma=sigma)) for sigma in (1.0, 3.0))
    assert crisp > soft + 0.5
    assert soft > softer + 0.5


@pytest.mark.parametrize("eye", [LEFT_EYE, RIGHT_EYE])
def test_the_less_crisp_eye_counts(eye: EyePoints) -> None:
    both = detail(blurred(texture(), LEFT_EYE, RIGHT_EYE))
    assert detail(blurred(texture(), eye)) == pytest.approx(both, abs=0.5)
    assert detail(texture()) > both + 2


def test_what_is_sharp_elsewhere_in_the_face_does_not_help() -> None:
    soft = cv2.GaussianBlur(texture(), (0, 0), 3.0)
    sharp_but_for_the_eyes = blurred(texture(), LEFT_EYE, RIGHT_EYE)
    assert detail(sharp_but_for_the_eyes) == pytest.approx(detail(np.asarray(soft, np.uint8)), abs=0.1)


def test_it_is_the_mean_square_of_what_lies_between_two_blurs() -> None:
    crop = crop_face(texture(), FACE)
    grey = cv2.cvtColor(crop.image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    band = np.square(cv2.GaussianBlur(grey, (0, 0), 0.8) - cv2.GaussianBlur(grey, (0, 0), 1.6))
    expected = []
    for corners in ((33, 133, 159, 145), (263, 362, 386, 374)):
        points = FACE.landmarks[list(corners), :2] @ crop.matrix[:, :2].T + crop.matrix[:, 2]
        (x, y), half = points.mean(axis=0), 0.75 * abs(points[1, 0] - points[0, 0])
        rows, columns = slice(int(y - 0.55 * half), int(y + 0.55 * half)), slice(int(x - half), int(x + half))
        expected.append(math.log(band[rows, columns].mean() + 0.05))
    assert detail(texture()) == pytest.approx(min(expected), abs=1e-4)


@pytest.mark.parametrize("yaw", [0.0, 60.0, 89.0])
@pytest.mark.parametrize("centre", [(320.0, 240.0), (0.0, 0.0), (-300.0, 700.0)])
def test_every_face_has_one_even_from_the_side_and_beyond_the_edge(yaw: float, centre: tuple[float, float]) -> None:
    assert math.isfinite(detail(texture(), make_face(centre=centre, size=190.0, yaw=yaw)))


def test_where_nothing_is_seen_it_is_the_floor() -> None:
    assert detail(np.full((480, 640, 3), 90, np.uint8)) == pytest.approx(math.log(EyeDetailSettings().floor))


def test_it_is_kept_of_each_face() -> None:
    frame = Frame(texture(), 0.0, 0, 0.0)
    scored = ScoredFace(FACE, make_score(4.0), crop=crop_face(frame.image, FACE))
    record = record_of(Moment(frame, (scored, replace(scored, crop=None))))
    assert [face.eye_detail for face in record.faces] == [pytest.approx(detail(texture()), abs=1e-4), None]
