"""What is kept of a picture: it goes through JSON, in pixels of the whole photo, and blur shows in it."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from livecam.best.records.frame import FrameRecord, record_of
from livecam.photos.exif import Exposure
from livecam.types import Frame, Moment, Reason, ScoredFace
from tests.best.records.factories import NOON
from tests.factories import make_face, make_score


def moment(image: np.ndarray, size: float = 200.0) -> Moment:
    face = make_face(centre=(image.shape[1] / 2, image.shape[0] / 2), size=size)
    frame = Frame(image, 40.0, 0, 0.0, Path("a.jpg"))
    return Moment(frame, (ScoredFace(face, make_score(4.2, eyes=(0.1, 0.2)), (Reason.BLURRED,)),))


def texture(blur: float = 0.0) -> np.ndarray:
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), max(blur, 1.0)), np.uint8)


def test_a_record_survives_json() -> None:
    exposure = Exposure(bracketed=True, bias_ev=-2.0, time_s=0.01, value_ev=-6.6, lens="50 mm", serial=True)
    record = record_of(moment(texture()), captured=NOON, camera="Acme X1", exposure=exposure)

    again = FrameRecord.from_dict(json.loads(json.dumps(record.as_dict())), record.path)

    assert again.as_dict() == record.as_dict()
    assert (again.path, again.captured, again.camera) == (Path("a.jpg"), NOON, "Acme X1")
    assert again.exposure == exposure
    assert again.view is not None
    assert (again.view.grey.shape, again.view.focus.shape) == ((36, 48), (9, 12))
    assert again.faces[0].reasons == (Reason.BLURRED,)
    assert again.score == pytest.approx(4.2, abs=1e-3)


def test_of_a_clips_frame_no_view_is_kept() -> None:
    record = record_of(moment(texture()), t_ms=40.0)

    assert record.view is None
    assert FrameRecord.from_dict(json.loads(json.dumps(record.as_dict()))).t_ms == 40.0


def test_boxes_are_in_pixels_of_the_whole_photo() -> None:
    reduced, whole = record_of(moment(texture()), size=(1280, 960)), record_of(moment(texture()))

    assert (reduced.width, reduced.height) == (1280, 960)
    assert reduced.faces[0].box == pytest.approx([2 * edge for edge in whole.faces[0].box])


def test_blur_shows_in_the_sharpness_and_small_faces_reach_fewer_sizes() -> None:
    sharp, soft = record_of(moment(texture(1.0))).faces[0], record_of(moment(texture(3.0))).faces[0]
    small = record_of(moment(texture(), size=60.0)).faces[0]

    assert sharp.sharpness[0] > soft.sharpness[0] + 0.1
    assert len(small.sharpness) < len(sharp.sharpness)


def test_a_photo_that_was_decoded_larger_is_no_sharper() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (1500, 2000, 3), np.uint8)
    large = np.asarray(cv2.GaussianBlur(noise, (0, 0), 5.0), np.uint8)
    small = np.asarray(cv2.resize(large, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)

    photo, reduced = record_of(moment(large, size=1300.0)), record_of(moment(small, size=650.0))

    assert photo.sharpness == pytest.approx(reduced.sharpness, rel=0.03)
    assert photo.faces[0].sharpness == pytest.approx(reduced.faces[0].sharpness, rel=0.1)
