"""The face finder on the public-domain NASA portrait: near, far, tilted, in a group, gone and back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from livecam.faces.finder import FaceFinder
from livecam.faces.mesh import box_middle
from livecam.types import Frame, UInt8Array

HEAD = astronaut()[30:220, 110:330]
FACE = 105  # pixels of the face in HEAD


def scene(*places: tuple[int, int, int], size: tuple[int, int] = (720, 1280)) -> UInt8Array:
    """A grey room with the portrait's head at each of (x, y, face size in pixels)."""
    image = np.full((*size, 3), 120, np.uint8)
    for x, y, face in places:
        head = cv2.resize(HEAD, None, fx=face / FACE, fy=face / FACE, interpolation=cv2.INTER_AREA)
        image[y : y + head.shape[0], x : x + head.shape[1]] = head
    return image


def frames(images: list[UInt8Array]) -> list[Frame]:
    return [Frame(image, index * 33.3, index, 0.0) for index, image in enumerate(images)]


@pytest.mark.slow
@pytest.mark.parametrize("face", [300, 100, 50])
def test_a_still_shows_near_and_far_faces(face: int) -> None:
    with FaceFinder(stills=True) as finder:
        (found,) = finder.find(Frame(scene((400, 100, face)), 0, 0, 0))
    assert found.size == pytest.approx(face, rel=0.25)
    assert 400 < box_middle(found.box)[0] < 400 + HEAD.shape[1] * face / FACE


def test_a_tilted_face_says_how_far_it_tips() -> None:
    image = astronaut()
    tilted = cv2.warpAffine(image, cv2.getRotationMatrix2D((225, 125), -30, 1), (512, 512))
    with FaceFinder(stills=True) as finder:
        (upright,) = finder.find(Frame(image, 0, 0, 0))
        (found,) = finder.find(Frame(np.asarray(tilted, np.uint8), 0, 0, 0))
    assert found.pose[2] - upright.pose[2] == pytest.approx(30, abs=6)


def test_a_group_comes_largest_first_and_each_face_once() -> None:
    image = scene((50, 60, 150), (420, 300, 110), (700, 80, 90), (1000, 380, 70))
    with FaceFinder(stills=True, faces=6) as finder:
        found = finder.find(Frame(image, 0, 0, 0))
    assert len(found) == 4
    assert [round(face.size) for face in found] == sorted((round(face.size) for face in found), reverse=True)


def test_no_more_faces_than_asked_for() -> None:
    image = scene((50, 60, 150), (420, 300, 110), (700, 80, 90))
    with FaceFinder(stills=True, faces=2) as finder:
        assert len(finder.find(Frame(image, 0, 0, 0))) == 2


def test_nobody_is_nobody() -> None:
    with FaceFinder(stills=True) as finder:
        assert finder.find(Frame(scene(), 0, 0, 0)) == ()


def test_a_tiny_picture_is_no_failure() -> None:
    with FaceFinder(stills=True) as finder:
        assert finder.find(Frame(np.zeros((1, 1, 3), np.uint8), 0, 0, 0)) == ()


@pytest.mark.slow
def test_a_stream_follows_a_far_face_that_walks() -> None:
    walk = [scene((300 + 6 * step, 200, 70)) for step in range(30)]
    with FaceFinder() as finder:
        found = [finder.find(frame) for frame in frames(walk)]
    assert all(found[10:]), "once found it stays found"
    first, last = found[10][0].box, found[-1][0].box
    assert last[0] - first[0] == pytest.approx(6 * 19, abs=8)


@pytest.mark.slow
def test_a_stream_follows_two_people_at_once() -> None:
    room = [scene((100 + 2 * step, 200, 160), (800 - 2 * step, 250, 120)) for step in range(30)]
    with FaceFinder(faces=2) as finder:
        counts = [len(finder.find(frame)) for frame in frames(room)]
    assert counts[-5:] == [2] * 5


def test_whoever_comes_later_is_found_though_only_every_second_frame_is_looked_at() -> None:
    alone, both = scene((200, 200, 150)), scene((200, 200, 150), (800, 200, 150))
    every_second = frames([alone] * 10 + [both] * 40)[1::2]
    with FaceFinder(faces=2) as finder:
        assert [len(finder.find(frame)) for frame in every_second][-1] == 2


def test_before_a_slow_camera_a_face_that_has_moved_far_is_found_in_the_next_frame() -> None:
    images = [scene((60, 40, 200))] * 4 + [scene((820, 340, 200))] * 2
    with FaceFinder() as finder:
        found = [finder.find(Frame(image, 400.0 * index, index, 0.0)) for index, image in enumerate(images)]
    assert found[3], "it was followed"
    assert [[820 < box_middle(face.box)[0] < 1240 for face in faces] for faces in found[4:]] == [[True], [True]]


def test_a_face_that_leaves_is_gone_and_comes_back() -> None:
    here, gone = scene((400, 100, 250)), scene()
    with FaceFinder() as finder:
        seen = [bool(finder.find(frame)) for frame in frames([here] * 5 + [gone] * 8 + [here] * 5)]
    assert all(seen[:5])
    assert not any(seen[6:13])
    assert all(seen[14:])


def test_pictures_may_become_smaller_and_larger_while_a_face_is_followed() -> None:
    large, small = scene((900, 450, 110)), scene((60, 60, 110), size=(300, 400))
    with FaceFinder() as finder:
        found = [finder.find(frame) for frame in frames([large] * 10 + [small] * 10 + [large] * 10)]
    assert all((found[9], found[19], found[29])), "each time it is found anew"
    assert 60 < box_middle(found[19][0].box)[0] < 400
    assert box_middle(found[29][0].box) == pytest.approx(box_middle(found[9][0].box), abs=3)


def test_time_may_stand_still_or_run_back() -> None:
    image = scene((400, 100, 250))
    with FaceFinder() as finder:
        for t_ms in (100.0, 100.0, 40.0):
            assert finder.find(Frame(image, t_ms, 0, 0))


def test_at_least_one_face_must_be_asked_for() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        FaceFinder(faces=0)


@pytest.mark.slow
def test_a_stream_of_4k_is_looked_at_in_a_smaller_copy_and_faces_lie_where_they_are_in_the_whole() -> None:
    image = scene((1500, 500, 800), size=(2160, 3840))
    with FaceFinder() as stream, FaceFinder(stills=True) as whole:
        found = [face for frame in frames([image] * 3) for face in stream.find(frame)]
        (same,) = whole.find(Frame(image, 0, 0, 0))
    assert len(found) == 3
    for face in found:
        assert face.box == pytest.approx(same.box, abs=0.02 * same.size)


@pytest.mark.slow
def test_a_poster_larger_than_the_person_gives_way_to_who_moves_and_is_not_come_back_to() -> None:
    room = [scene((60, 60, 260), (760 + 12 * (i % 5), 240 + 8 * (i % 3), 150)) for i in range(15)]
    with FaceFinder() as finder:
        seen = [finder.find(Frame(room[i % 15], i * 200.0, i, 0.0)) for i in range(85)]

    at_the_person = [bool(faces) and box_middle(faces[0].box)[0] > 640 for faces in seen]
    assert not any(at_the_person[:25]), "whoever holds still for a while is no poster"
    assert all(at_the_person[76:]), "and the poster stays where it is"
