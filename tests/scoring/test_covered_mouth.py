"""Something before the mouth of the demo's face is told from the same face without it; what lies beside it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from livecam.best.ranking.mouth_cover import CoverSettings
from livecam.best.records.frame import record_of
from livecam.faces.crop import crop_face
from livecam.faces.finder import FaceFinder
from livecam.scoring.covered_mouth import covered_mouth
from livecam.types import Face, Frame, Moment, ScoredFace, UInt8Array
from tests.factories import make_crop, make_face, make_score
from tests.scoring.test_hidden_parts import demo_frame

Change = Callable[[UInt8Array, Face], None]


def mouth_of(face: Face) -> tuple[float, float, float]:
    """x, y, and the distance between the eyes, pixels."""
    x, y = face.landmarks[[0, 17], :2].mean(axis=0)
    return float(x), float(y), float(np.hypot(*(face.landmarks[263, :2] - face.landmarks[33, :2]))) * 0.7


def hold_a_hand(image: UInt8Array, face: Face) -> None:
    """Four fingers of the cheek's colour from below, with dark gaps."""
    x, y, unit = mouth_of(face)
    skin = image[face.landmarks[50, 1].astype(int), face.landmarks[50, 0].astype(int)].astype(int)
    for finger in range(4):
        at = int(x + (finger - 1.5) * 0.3 * unit)
        ends = (at, int(y - (0.3 + 0.1 * (finger % 2)) * unit)), (at, int(y + 1.2 * unit))
        cv2.line(image, *ends, (skin * 0.45).astype(int).tolist(), int(0.32 * unit), cv2.LINE_AA)
        cv2.line(image, *ends, (skin * 0.9).astype(int).tolist(), int(0.25 * unit), cv2.LINE_AA)


def hold_a_microphone(image: UInt8Array, face: Face) -> None:
    x, y, unit = mouth_of(face)
    cv2.line(image, (int(x), int(y)), (int(x), int(y + 2 * unit)), (60, 60, 66), int(0.35 * unit), cv2.LINE_AA)
    cv2.circle(image, (int(x), int(y)), int(0.42 * unit), (28, 28, 30), -1, cv2.LINE_AA)


def drink(image: UInt8Array, face: Face) -> None:
    x, y, unit = (int(value) for value in mouth_of(face))
    cv2.rectangle(image, (x - unit // 2, y - unit // 4), (x + unit // 2, y + unit), (235, 235, 230), -1)


def put_on_a_scarf(image: UInt8Array, face: Face) -> None:
    chin = face.landmarks[152, :2].astype(int)
    cv2.rectangle(image, (0, chin[1] + 4), (image.shape[1], image.shape[0]), (120, 30, 40), -1)


def rest_a_hand_beside(image: UInt8Array, face: Face) -> None:
    aside = face.landmarks.copy()
    aside[:, 0] += 1.3 * mouth_of(face)[2]
    hold_a_hand(image, replace(face, landmarks=aside))


def looked_at(image: UInt8Array, face: Face, change: Change | None = None) -> float:
    """Log-odds once change has drawn on a copy; the face found anew, as a camera would, or where it was."""
    drawn = image.copy()
    if change is not None:
        change(drawn, face)
    with FaceFinder(stills=True) as finder:
        found = finder.find(Frame(drawn, 0.0, 0, 0.0))
    again = found[0] if found else face
    return covered_mouth(again, crop_face(drawn, again))


@pytest.mark.slow
def test_hands_cups_and_microphones_rise_over_the_same_face_without_and_what_is_beside_it_does_not() -> None:
    image = demo_frame(2650.0)
    with FaceFinder(stills=True) as finder:
        (face,) = finder.find(Frame(image, 0.0, 0, 0.0))
    settings = CoverSettings()
    free = max(looked_at(image, face), settings.plainly_free)
    blink = demo_frame(3309.0)

    for cover in (hold_a_hand, hold_a_microphone, drink):
        assert looked_at(image, face, cover) - free > settings.rise, cover.__name__
    for beside in (put_on_a_scarf, rest_a_hand_beside):
        assert looked_at(image, face, beside) - free < settings.rise / 2, beside.__name__
    assert looked_at(blink, face) - free < settings.rise / 2, "another moment"


@pytest.mark.parametrize("factor", [0.15, 0.5, 1.0])
def test_less_light_covers_nothing(factor: float) -> None:
    crop, face = make_crop(), make_face(centre=(112, 112), size=170)
    dark = make_crop((crop.image * factor).astype(np.uint8))
    assert abs(covered_mouth(face, dark) - covered_mouth(face, crop)) < CoverSettings().rise


def test_a_profile_whose_eyes_fall_together_is_looked_at_all_the_same() -> None:
    assert np.isfinite(covered_mouth(make_face(centre=(112, 112), size=170, yaw=90), make_crop()))


def test_it_is_kept_of_each_face_whose_crop_is() -> None:
    image = np.full((480, 640, 3), 90, np.uint8)
    face = make_face(centre=(320, 240), size=200)
    scored = ScoredFace(face, make_score(4.0), crop=crop_face(image, face))
    record = record_of(Moment(Frame(image, 0.0, 0, 0.0), (scored, replace(scored, crop=None))))
    assert scored.crop is not None
    expected = covered_mouth(face, scored.crop)
    assert [kept.mouth_cover for kept in record.faces] == [pytest.approx(expected, abs=1e-4), None]
