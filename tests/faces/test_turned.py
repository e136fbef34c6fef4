"""A face on its side or on its head is found and measured as if it stood upright, and the picture's turn is told."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from livecam.faces.crop import crop_face
from livecam.faces.detector import Detection
from livecam.faces.finder import FaceFinder
from livecam.faces.mesh import box_middle, eye_line
from livecam.faces.turned_search import TurnedSearch
from livecam.faces.turning import turned_back, turned_image, turned_points
from livecam.photos.read import read
from livecam.pipeline import Analyser
from livecam.types import Face, Frame, Reason, UInt8Array
from tests.faces.test_finder import scene
from tests.factories import make_face, shared_data


def faces_of(image: UInt8Array, faces: int = 6) -> tuple[Face, ...]:
    with FaceFinder(stills=True, faces=faces) as finder:
        return finder.find(Frame(image, 0, 0, 0))


def place_in_turned(face: Face, image: UInt8Array, quarters: int) -> tuple[float, float]:
    """Where the middle of a face of image lies once that is turned."""
    ((x, y),) = turned_points(np.array([box_middle(face.box)]), image.shape[1], image.shape[0], quarters)
    return float(x), float(y)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_face_is_measured_the_same_whichever_way_the_picture_lies(quarters: int) -> None:
    image = scene((500, 150, 260))
    (upright,) = faces_of(image)

    (found,) = faces_of(turned_image(image, quarters))

    assert (upright.turned, found.turned) == (0, {1: 90, 2: 180, 3: 270}[quarters])
    assert box_middle(found.box) == pytest.approx(place_in_turned(upright, image, quarters), abs=8)
    assert found.pose == pytest.approx(upright.pose, abs=4)
    assert found.blendshapes == pytest.approx(upright.blendshapes, abs=0.15)
    as_upright = crop_face(image, upright).image.astype(float)
    difference = np.abs(crop_face(turned_image(image, quarters), found).image - as_upright)
    assert difference.mean() < 6, "the scorer sees another picture"


@pytest.mark.slow
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_group_is_found_whole(quarters: int) -> None:
    image = scene((50, 60, 150), (420, 300, 110), (700, 80, 90))

    found = faces_of(turned_image(image, quarters))

    assert len(found) == 3
    assert len({face.turned for face in found} - {0}) == 1


@pytest.mark.parametrize("quarters", [1, 3])
def test_somebody_who_lies_beside_others_who_stand_is_no_reason_to_turn_the_picture(quarters: int) -> None:
    image = scene((0, 100, 200), (420, 100, 200), (840, 100, 200))
    image[90:510, 840:1260] = turned_image(image[90:510, 840:1260], quarters)

    found = faces_of(image)

    assert [face.turned for face in found] == [0, 0, 0]
    rolls = sorted(abs(face.pose[2]) for face in found)
    assert rolls[-1] < 30, "the one who lies is measured as if upright"
    last = max(found, key=lambda face: box_middle(face.box)[0])
    dx, dy = eye_line(last.landmarks[:, :2])
    assert abs(dy) > abs(dx), "and is where it lies in the picture"


@pytest.mark.parametrize("tilt_deg", [-40, -25, 25, 40])
def test_a_head_held_askew_is_upright(tilt_deg: float) -> None:
    image = scene((500, 150, 260))
    around = cv2.getRotationMatrix2D((640, 320), tilt_deg, 1)
    (found,) = faces_of(np.asarray(cv2.warpAffine(image, around, (1280, 720), borderMode=cv2.BORDER_REPLICATE)))

    assert found.turned == 0


def test_a_picture_without_a_face_has_none_at_any_turn() -> None:
    noise = np.clip(np.random.default_rng(1).normal(120, 30, (600, 800, 3)), 0, 255).astype(np.uint8)

    assert faces_of(noise) == ()


def followed(images: Sequence[UInt8Array], step_ms: float = 200.0, faces: int = 1) -> list[tuple[Face, ...]]:
    """The faces of each picture of a stream."""
    with FaceFinder(faces=faces) as finder:
        return [finder.find(Frame(image, i * step_ms, i, 0)) for i, image in enumerate(images)]


@pytest.mark.slow
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_the_face_of_a_camera_that_lies_is_followed_and_measured_as_if_it_stood(quarters: int) -> None:
    image = scene((500, 150, 260))
    (upright,) = followed([image] * 8)[-1]

    *_, (found,) = followed([turned_image(image, quarters)] * 12)

    assert (upright.turned, found.turned) == (0, {1: 90, 2: 180, 3: 270}[quarters])
    assert box_middle(found.box) == pytest.approx(place_in_turned(upright, image, quarters), abs=8)
    assert found.pose == pytest.approx(upright.pose, abs=4)
    assert found.blendshapes == pytest.approx(upright.blendshapes, abs=0.15)


@pytest.mark.slow
def test_a_camera_that_is_turned_the_right_way_up_again_is_followed_there() -> None:
    image = scene((500, 150, 260))
    found = followed([turned_image(image, 2)] * 12 + [image] * 14)

    assert [face.turned for face in found[11]] == [180]
    assert [face.turned for face in found[-1]] == [0]


@pytest.mark.slow
def test_a_face_that_tips_over_while_it_is_followed_says_how_it_lies() -> None:
    image = scene((500, 200, 200))
    middle = (600.0, 300.0)
    tilted: list[UInt8Array] = [
        np.asarray(cv2.warpAffine(image, cv2.getRotationMatrix2D(middle, -a, 1), (1280, 720), borderValue=(120,) * 3))
        for a in range(0, 91, 6)
    ]
    found = followed([*tilted, *tilted[-1:] * 3], step_ms=33)

    assert [face.turned for face in found[0]] == [0]
    assert [face.turned for face in found[-1]] == [270]  # clockwise it lies, and anticlockwise it would stand
    assert abs(found[-1][0].pose[2]) < 25


def test_an_empty_stream_is_never_turned_and_a_look_costs_nothing_while_somebody_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[float] = []
    real = TurnedSearch.quarters_of_picture

    def counted(search: TurnedSearch, frame: Frame, hints: Sequence[Detection]) -> int:
        looks.append(frame.t_ms)
        return real(search, frame, hints)

    monkeypatch.setattr(TurnedSearch, "quarters_of_picture", counted)

    assert followed([scene()] * 10) == [()] * 10
    assert looks == [1000, 1400, 1800]  # not at once, and not in each picture
    looks.clear()
    assert all(len(faces) == 1 for faces in followed([scene((500, 150, 260))] * 10))
    assert looks == []


@pytest.mark.parametrize("quarters", range(4))
def test_points_follow_the_pixels_that_they_mark(quarters: int) -> None:
    image = np.zeros((5, 7, 3), np.uint8)
    image[1, 4] = 255

    ((x, y),) = turned_points(np.array([[4.0, 1.0]]), 7, 5, quarters)

    turned = turned_image(image, quarters)
    assert turned[int(y), int(x)].tolist() == [255] * 3
    back = turned_points(np.array([[x, y]]), turned.shape[1], turned.shape[0], -quarters)
    assert back.tolist() == [[4.0, 1.0]]


def test_a_face_found_in_a_turned_picture_comes_back_to_its_place() -> None:
    face = make_face(centre=(100, 40), size=50)

    back = turned_back(face, 200, 300, 1)  # the picture itself is 300 wide, 200 high

    assert box_middle(back.box) == pytest.approx((299 - 40, 100), abs=1)
    assert back.pose == face.pose


@pytest.mark.slow
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_the_score_and_the_eyes_are_those_of_the_upright_picture(quarters: int) -> None:
    image = scene((500, 150, 260))
    with Analyser.load(faces=4, stills=True) as analyser:
        upright, turned = (analyser.analyse(Frame(turned_image(image, k), 0, 0, 0)).faces[0] for k in (0, quarters))

    assert turned.score.value == pytest.approx(upright.score.value, abs=0.1)
    assert turned.score.eyes_closed == pytest.approx(upright.score.eyes_closed, abs=0.05)
    assert turned.reasons == (*upright.reasons, Reason.TURN_PICTURE)


@pytest.mark.slow
def test_real_portraits_keep_their_place_upright_and_are_found_at_each_turn() -> None:
    photos = sorted(shared_data("pairs").rglob("*.jpg"))[::12]
    assert len(photos) >= 10
    right = 0
    with FaceFinder(stills=True, faces=4) as finder:
        for photo in photos:
            image = read(photo).image
            (upright,) = finder.find(Frame(image, 0, 0, 0))
            assert upright.turned == 0
            for quarters in (1, 2, 3):
                found = finder.find(Frame(turned_image(image, quarters), 0, 0, 0))
                right += any(face.pose == pytest.approx(upright.pose, abs=5) for face in found)

    assert right >= 0.95 * 3 * len(photos)
