"""What the landmarker has found is the same to the bit, whether read from memory or from MediaPipe's objects."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from skimage.data import astronaut

from livecam import model_files
from livecam.faces import landmarker_result
from livecam.faces.landmarker_result import Found
from livecam.faces.mediapipe_import import BaseOptions, Image, ImageFormat, vision
from livecam.types import UInt8Array


def landmarker(mode: vision.RunningMode) -> vision.FaceLandmarker:
    return vision.FaceLandmarker.create_from_options(
        vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(model_files.face_landmarker())),
            running_mode=mode,
            num_faces=2,
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=True,
        )
    )


def picture(pixels: UInt8Array) -> Image:
    return Image(image_format=ImageFormat.SRGB, data=np.ascontiguousarray(pixels))


@pytest.mark.parametrize(("mode", "t_ms"), [(vision.RunningMode.IMAGE, None), (vision.RunningMode.VIDEO, 40)])
def test_two_faces_are_read_to_the_bit_as_mediapipe_tells_of_them(mode: vision.RunningMode, t_ms: int | None) -> None:
    head = astronaut()[:260, 90:350]
    two = picture(np.hstack([head, head[:, ::-1]]))

    def theirs(one: vision.FaceLandmarker) -> list[Found]:
        return landmarker_result.from_objects(one.detect(two) if t_ms is None else one.detect_for_video(two, t_ms))

    def ours(one: vision.FaceLandmarker) -> list[Found]:
        return landmarker_result.detect(one, two, t_ms)

    def fresh(read: Callable[[vision.FaceLandmarker], list[Found]]) -> list[Found]:
        with landmarker(mode) as one:
            return read(one)

    told, found = fresh(theirs), fresh(ours)
    assert landmarker_result.reads_memory()
    assert len(found) == 2
    for by_mediapipe, by_us in zip(told, found, strict=True):
        for wanted, got in zip(by_mediapipe, by_us, strict=True):
            assert got.dtype == np.float32
            np.testing.assert_array_equal(got, wanted)


def test_a_mediapipe_of_other_structures_is_read_by_its_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landmarker_result, "_DIRECT", None)
    with landmarker(vision.RunningMode.IMAGE) as one:
        (found,) = landmarker_result.detect(one, picture(astronaut()), None)
    assert found.landmarks.shape == (478, 3)


def test_what_was_found_outlives_mediapipes_memory() -> None:
    with landmarker(vision.RunningMode.IMAGE) as one:
        (found,) = landmarker_result.detect(one, picture(astronaut()), None)
        before = [part.copy() for part in found]
        for _ in range(3):  # MediaPipe uses its memory again
            landmarker_result.detect(one, picture(astronaut()[:, ::-1]), None)
    for part, kept in zip(found, before, strict=True):
        np.testing.assert_array_equal(part, kept)


def test_no_face_is_nobody() -> None:
    with landmarker(vision.RunningMode.IMAGE) as one:
        assert landmarker_result.detect(one, picture(np.full((240, 320, 3), 128, np.uint8)), None) == []
