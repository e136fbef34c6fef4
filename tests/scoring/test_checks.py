"""Each reason is named when it should be, and good pictures are left alone."""

from __future__ import annotations

import csv
import functools
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from livecam.faces.crop import crop_face, crop_matrix
from livecam.faces.finder import FaceFinder
from livecam.scoring.checks import CheckSettings, find_reasons
from livecam.types import CROP_SIZE, ONLY_SAID, Face, FaceCrop, Frame, Reason, UInt8Array
from tests.factories import make_crop, make_face, make_frame, make_score, shared_data

HD = make_frame(width=1280, height=720)


def reasons(face: Face, *, eyes: tuple[float, float] = (0.0, 0.0), frame: Frame = HD) -> tuple[Reason, ...]:
    """What is said of this face when its crop is fine."""
    return find_reasons(face, FaceCrop(make_crop().image, crop_matrix(face)), make_score(3, eyes), frame)


def look_at(image: UInt8Array, face: Face, spoiled: UInt8Array | None = None) -> tuple[Reason, ...]:
    """What is said of a real picture; spoiled: another version of its crop."""
    crop = crop_face(image, face)
    return find_reasons(
        face, crop if spoiled is None else FaceCrop(spoiled, crop.matrix), make_score(), Frame(image, 0, 0, 0)
    )


def find(image: UInt8Array) -> Face:
    with FaceFinder(stills=True) as finder:
        return finder.find(Frame(image, 0, 0, 0))[0]


@functools.cache
def portrait() -> tuple[UInt8Array, Face]:
    """NASA's portrait of Eileen Collins, in the public domain, and her face."""
    image = np.ascontiguousarray(skimage.data.astronaut(), np.uint8)
    return image, find(image)


def blurred(image: UInt8Array, sigma_px: float) -> UInt8Array:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.uint8)


def moved(image: UInt8Array, length_px: int, angle_deg: float) -> UInt8Array:
    """A motion blur along a line."""
    kernel, half = np.zeros((length_px, length_px), np.float32), (length_px - 1) / 2
    dx, dy = half * math.cos(math.radians(angle_deg)), half * math.sin(math.radians(angle_deg))
    ends = [(round(half + s * dx), round(half + s * dy)) for s in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)


def exposed(image: UInt8Array, stops: float) -> UInt8Array:
    """More or less light on the sensor."""
    light = (image / 255.0) ** 2.2 * 2.0**stops
    return np.asarray(np.clip(light ** (1 / 2.2) * 255, 0, 255), np.uint8)


def noisy(image: UInt8Array, deviation: float) -> UInt8Array:
    noise = np.random.default_rng(0).normal(0, deviation, image.shape)
    return np.asarray(np.clip(image + noise, 0, 255), np.uint8)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (CheckSettings(smallest_px=300), Reason.TOO_FAR),
        (CheckSettings(smallest_share=0.5), Reason.TOO_FAR),
        (CheckSettings(most_outside=0.0), Reason.CUT_OFF),
        (CheckSettings(yaw_deg=9), Reason.TURNED_AWAY),
        (CheckSettings(pitch_deg=4), Reason.TURNED_AWAY),
        (CheckSettings(look_aside_deg=5), Reason.TURNED_AWAY),
        (CheckSettings(aside_deg_per_unit=300), Reason.TURNED_AWAY),
        (CheckSettings(look_up_down_deg=1), Reason.TURNED_AWAY),
        (CheckSettings(darkest_highlight=201), Reason.TOO_DARK),
        (CheckSettings(clipped_luma=100), Reason.TOO_BRIGHT),
        (CheckSettings(least_sharpness=50), Reason.BLURRED),
    ],
)
def test_each_limit_can_be_set(settings: CheckSettings, expected: Reason) -> None:
    shapes = {"eyeLookOutLeft": 0.2, "eyeLookInRight": 0.2}
    face = make_face(centre=(640, 95), yaw=10, pitch=5, blendshapes=shapes)
    crop = FaceCrop(make_crop().image, crop_matrix(face))
    assert find_reasons(face, crop, make_score(), HD) == ()
    assert find_reasons(face, crop, make_score(), HD, settings) == (expected,)


def test_a_picture_that_lies_on_its_side_is_said_and_holds_nothing_back() -> None:
    upright = make_face(centre=(640, 360))
    lying = replace(upright, turned=90)

    assert (reasons(upright), reasons(lying)) == ((), (Reason.TURN_PICTURE,))
    assert Reason.TURN_PICTURE in ONLY_SAID


def test_a_limit_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="yaw_deg"):
        CheckSettings(yaw_deg=-1.0)
    with pytest.raises(ValueError, match="least_sharpness"):
        CheckSettings(least_sharpness=math.nan)
    with pytest.raises(ValueError, match="smallest_px"):
        CheckSettings(smallest_px=math.inf)


def test_a_good_face_is_left_alone() -> None:
    assert reasons(make_face(centre=(640, 360))) == ()
    assert look_at(*portrait()) == ()


@pytest.mark.parametrize(
    ("eyes", "expected"),
    [
        ((0.9, 0.9), (Reason.EYES_CLOSED,)),
        ((0.9, 0.1), (Reason.LEFT_EYE_CLOSED,)),
        ((0.1, 0.9), (Reason.RIGHT_EYE_CLOSED,)),
        ((0.4, 0.4), ()),
    ],
)
def test_closed_eyes_are_named_each(eyes: tuple[float, float], expected: tuple[Reason, ...]) -> None:
    assert reasons(make_face(centre=(640, 360)), eyes=eyes) == expected


@pytest.mark.parametrize(("yaw", "pitch"), [(40, 0), (-40, 0), (0, 32), (0, -32)])
def test_a_head_turned_away_is_asked_to_look_here(yaw: float, pitch: float) -> None:
    shapes = {"eyeLookInLeft": 0.9, "eyeLookOutRight": 0.9} if yaw > 0 else {}
    assert reasons(make_face(centre=(640, 360), yaw=yaw, pitch=pitch, blendshapes=shapes)) == (Reason.TURNED_AWAY,)


def test_a_three_quarter_portrait_whose_eyes_meet_the_camera_is_fine() -> None:
    to_right = {"eyeLookInLeft": 0.85, "eyeLookOutRight": 0.85}
    assert reasons(make_face(centre=(640, 360), yaw=28, blendshapes=to_right)) == ()
    assert reasons(make_face(centre=(640, 360), yaw=28)) == (Reason.TURNED_AWAY,)  # eyes ahead: past the camera


@pytest.mark.parametrize(
    "shapes",
    [
        {"eyeLookOutLeft": 0.9, "eyeLookInRight": 0.9},
        {"eyeLookInLeft": 0.9, "eyeLookOutRight": 0.9},
        {"eyeLookDownLeft": 0.95, "eyeLookDownRight": 0.95},
    ],
)
def test_eyes_that_look_elsewhere_are_asked_to_look_here(shapes: dict[str, float]) -> None:
    face = make_face(centre=(640, 360), blendshapes=shapes)
    assert reasons(face) == (Reason.TURNED_AWAY,)
    assert reasons(face, eyes=(1, 1)) == (Reason.EYES_CLOSED,)  # a gaze behind lids means nothing


def test_a_small_face_is_asked_closer() -> None:
    assert reasons(make_face(centre=(640, 360), size=45)) == (Reason.TOO_FAR,)
    assert reasons(make_face(centre=(640, 360), size=60)) == ()
    four_k = make_frame(width=3840, height=2160)
    assert reasons(make_face(centre=(1920, 1000), size=90), frame=four_k) == (Reason.TOO_FAR,)


@pytest.mark.parametrize("centre", [(50, 360), (1250, 360), (640, 30), (640, 690)])
def test_a_face_over_the_edge_is_asked_in(centre: tuple[float, float]) -> None:
    assert reasons(make_face(centre=centre)) == (Reason.CUT_OFF,)


def test_a_face_that_touches_the_edge_is_fine() -> None:
    assert reasons(make_face(centre=(640, 95))) == ()


def test_reasons_come_in_order_of_importance() -> None:
    image, face = portrait()
    crop = crop_face(image, face)
    spoiled = FaceCrop(exposed(crop.image, -6), crop.matrix)
    said = find_reasons(face, spoiled, make_score(1, (1, 1)), make_frame(width=220, height=110))
    assert said == (Reason.EYES_CLOSED, Reason.CUT_OFF, Reason.TOO_DARK)


def test_under_and_over_exposure_are_named() -> None:
    image, face = portrait()
    crop = crop_face(image, face).image
    assert look_at(image, face, exposed(crop, -1)) == ()
    assert look_at(image, face, exposed(crop, -4)) == (Reason.TOO_DARK,)
    assert look_at(image, face, noisy(exposed(crop, -4), 4)) == (Reason.TOO_DARK,)
    assert Reason.TOO_BRIGHT in look_at(image, face, exposed(crop, 3))


def test_a_black_crop_is_dark_and_does_not_fail() -> None:
    image, face = portrait()
    black = np.zeros((CROP_SIZE, CROP_SIZE, 3), np.uint8)
    assert look_at(image, face, black) == (Reason.TOO_DARK,)
    assert look_at(image, face, black + np.uint8(255)) == (Reason.TOO_BRIGHT, Reason.BLURRED)


@pytest.mark.parametrize("angle_deg", [0, 30, 60, 90, 120, 150])
def test_motion_in_any_direction_is_named(angle_deg: float) -> None:
    image, face = portrait()
    crop = crop_face(image, face).image
    assert look_at(image, face, moved(crop, 25, angle_deg)) == (Reason.BLURRED,)
    assert look_at(image, face, moved(crop, 3, angle_deg)) == ()


def test_a_face_out_of_focus_is_named_with_noise_and_without() -> None:
    image, face = portrait()
    crop = crop_face(image, face).image
    soft = blurred(crop, 5)
    assert look_at(image, face, soft) == (Reason.BLURRED,)
    assert look_at(image, face, noisy(soft, 6)) == (Reason.BLURRED,)
    assert look_at(image, face, exposed(soft, -1)) == (Reason.BLURRED,)


@pytest.mark.parametrize("share", [0.5, 0.7])
def test_a_small_face_that_is_enlarged_is_not_called_blurred(share: float) -> None:
    image, _ = portrait()
    small = np.asarray(cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), np.uint8)
    face = find(small)
    assert face.size < 110
    assert Reason.BLURRED not in look_at(small, face)
    soft = blurred(small, 4 * share)
    assert Reason.BLURRED in look_at(soft, face)


Rows = list[tuple[str, UInt8Array, Face]]


@functools.cache
def portraits(each: int = 20) -> Rows:
    """So many portraits of each group of `ratings`: group, image, face."""
    groups: dict[str, list[Path]] = defaultdict(list)
    folder = shared_data("ratings")
    with (folder / "images.csv").open() as file:
        for row in csv.DictReader(file):
            groups[row["ethnicity"]].append(folder / "images" / row["file"])
    found: Rows = []
    with FaceFinder(stills=True) as finder:
        for group, paths in groups.items():
            for path in paths[:: len(paths) // each][:each]:  # spread: the set's first pictures are its sharpest
                image = np.asarray(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB), np.uint8)  # type: ignore[arg-type]
                found += [(group, image, face) for face in finder.find(Frame(image, 0, 0, 0))]
    return found


def share(reason: Reason, said: list[tuple[Reason, ...]]) -> float:
    return sum(reason in s for s in said) / len(said)


@pytest.mark.slow
def test_portraits_of_people_of_every_skin_are_well_lit_and_sharp() -> None:
    groups: dict[str, list[tuple[Reason, ...]]] = defaultdict(list)
    for group, image, face in portraits():
        groups[group].append(look_at(image, face))
    assert len(groups) >= 6
    for group, said in groups.items():
        assert len(said) > 15
        for reason in (Reason.TOO_DARK, Reason.TOO_BRIGHT, Reason.BLURRED):
            # 1 in 20 is what one odd picture makes; over all 2,474 it is below 0.2 %
            assert share(reason, said) <= 1 / 19, (group, reason)


@pytest.mark.slow
def test_spoiled_portraits_are_noticed() -> None:
    rows = [(image, face, crop_face(image, face).image) for _, image, face in portraits() if face.size > 130]
    spoil: dict[str, tuple[Reason, float, Callable[[UInt8Array], UInt8Array]]] = {
        "three stops too dark": (Reason.TOO_DARK, 0.75, lambda c: exposed(c, -3)),
        "four stops too dark": (Reason.TOO_DARK, 0.98, lambda c: exposed(c, -4)),
        "three stops too bright": (Reason.TOO_BRIGHT, 0.85, lambda c: exposed(c, 3)),
        "out of focus": (Reason.BLURRED, 0.95, lambda c: blurred(c, 4)),
        "moved 15 px": (Reason.BLURRED, 0.75, lambda c: moved(c, 15, 20)),
        "moved 21 px": (Reason.BLURRED, 0.9, lambda c: moved(c, 21, 20)),
    }
    for name, (reason, least, change) in spoil.items():
        found = share(reason, [look_at(image, face, change(crop)) for image, face, crop in rows])
        assert found >= least, (name, found)


@pytest.mark.slow
def test_people_who_look_at_the_camera_are_not_asked_to() -> None:
    said = []
    with FaceFinder(stills=True) as finder:
        for path in sorted(shared_data("pairs").glob("*.jpg"))[::2]:
            image = np.asarray(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB), np.uint8)  # type: ignore[arg-type]
            said += [look_at(image, face) for face in finder.find(Frame(image, 0, 0, 0))]
    assert len(said) > 60
    assert said.count(()) == len(said)
