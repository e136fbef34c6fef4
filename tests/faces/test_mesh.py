"""Face geometry by name: the numbers that limits, weights and the shipped model were fitted with, to the last digit."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from livecam.faces import mesh
from livecam.faces.mesh import BLENDSHAPE_NAMES, EYES, LEFT_EYE, RIGHT_EYE
from livecam.types import BLENDSHAPES, LANDMARKS, FloatArray
from tests.factories import make_face


def shapes(**values: float) -> FloatArray:
    """52 blendshapes as MediaPipe gives them, these set and the others 0."""
    return make_face(blendshapes=values).blendshapes


# Thirds and sevenths have no end in binary: another order of sums or another precision shows in the last digit.
FACE = shapes(
    mouthSmileLeft=1 / 3, mouthSmileRight=5 / 7, mouthPressLeft=1 / 7, mouthPressRight=2 / 7, mouthLeft=1 / 9,
    mouthRight=0.7, eyeBlinkLeft=1 / 6, eyeBlinkRight=1 / 7, eyeLookOutLeft=0.1, eyeLookInRight=0.3,
    eyeLookInLeft=1 / 3, eyeLookOutRight=0.7, eyeLookUpLeft=1 / 3, eyeLookUpRight=1 / 7, eyeLookDownLeft=0.9,
    eyeLookDownRight=1 / 7, jawOpen=0.2, noseSneerLeft=0.4, noseSneerRight=0.5,
)  # fmt: skip


def test_there_is_a_name_for_each_blendshape_and_none_stands_twice() -> None:
    assert len(BLENDSHAPE_NAMES) == BLENDSHAPES
    assert len(set(BLENDSHAPE_NAMES)) == BLENDSHAPES


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("eyeBlink", (9, 10)),
        ("mouthSmile", (44, 45)),
        ("mouth", (33, 39)),
        ("jawOpen", (25,)),
        ("eyeBlinkRight", (10,)),
    ],
)
def test_a_blendshape_is_found_by_its_name_and_a_pair_by_what_its_sides_share(
    name: str, places: tuple[int, ...]
) -> None:
    assert mesh.blendshape_places(name) == places


def test_a_name_that_mediapipe_does_not_know_is_refused() -> None:
    for unknown in ("mouthsmile", "eyeLook", "Left"):
        with pytest.raises(KeyError, match=unknown):
            mesh.blendshape(FACE, unknown)


def test_a_pair_gives_the_mean_of_its_sides_in_double_precision() -> None:
    assert mesh.blendshape(FACE, "mouthSmileLeft") == 0.3333333432674408
    assert mesh.blendshape(FACE, "mouthSmile") == 0.5238095372915268
    assert mesh.blendshape(FACE, "jawOpen") == 0.20000000298023224
    assert mesh.blendshape(FACE.tolist(), "mouthSmile") == 0.5238095372915268, "a record keeps them as plain numbers"


def test_the_rubrics_smile_is_the_mean_in_single_precision() -> None:
    assert mesh.smile_in_single_precision(FACE) == 0.523809552192688
    assert mesh.blendshape(FACE, "mouthSmile") == 0.5238095372915268, "which is another number"


def test_of_two_sides_the_larger_counts_and_the_difference_has_no_sign() -> None:
    assert mesh.larger_side(FACE, "noseSneer") == 0.5
    assert mesh.larger_side(FACE, "jawOpen") == 0.20000000298023224
    assert mesh.side_difference(FACE, "mouthSmile") == mesh.side_difference(FACE.tolist(), "mouthSmile") > 0


def test_the_lids_are_as_far_down_as_the_lower_one() -> None:
    assert mesh.lids_down(FACE) == 0.1666666716337204


def test_pressed_lips_count_against_a_smile() -> None:
    assert mesh.smile_less_press(FACE) == 0.3095238134264946
    assert mesh.smile_less_press(shapes(mouthPressLeft=1, mouthPressRight=1)) == -1


def test_a_crooked_mouth_is_measured_as_a_maximum_and_as_a_sum() -> None:
    assert mesh.mouth_asymmetry_max(FACE) == 0.5888888761401176
    assert mesh.mouth_asymmetry_sum(FACE) == 0.9698412641882896
    assert mesh.mouth_asymmetry_max(shapes(mouthSmileLeft=0.5, mouthSmileRight=0.5)) == 0


def test_the_gaze_is_the_mean_of_both_eyes_each_way() -> None:
    gaze = mesh.gaze_of(FACE)
    assert gaze.left == 0.20000000670552254
    assert gaze.right == 0.5166666656732559
    assert gaze.up == 0.2380952462553978
    assert gaze.down == 0.5214285627007484
    assert gaze.aside == -0.3166666589677334
    assert gaze.upwards == -0.28333331644535065
    assert gaze.largest_but_down == 0.5166666656732559, "lowered lids read as looking down"


def test_in_a_mirrored_picture_each_side_becomes_the_other() -> None:
    mirrored = mesh.MIRRORED_BLENDSHAPES
    assert [mirrored[place] for place in mirrored] == list(range(BLENDSHAPES))
    assert mirrored[:5] == (0, 2, 1, 3, 5)
    assert (mirrored[9], mirrored[33], mirrored[24], mirrored[25], mirrored[51]) == (10, 39, 26, 25, 50)


def test_the_eyes_are_the_points_that_the_painters_and_the_crop_were_made_with() -> None:
    assert LEFT_EYE.corners == (263, 362)
    assert RIGHT_EYE.corners == (33, 133)
    assert LEFT_EYE.corners_and_lid_middles == (263, 362, 386, 374)
    assert RIGHT_EYE.corners_and_lid_middles == (33, 133, 159, 145)
    assert LEFT_EYE.corners_and_outer_lower_lid == (263, 373, 386, 362)
    assert RIGHT_EYE.corners_and_outer_lower_lid == (33, 144, 159, 133)
    assert (LEFT_EYE.iris, RIGHT_EYE.iris) == (473, 468)
    assert LEFT_EYE.contour == (
        263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466
    )  # fmt: skip
    assert RIGHT_EYE.contour == (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
    assert EYES == {"left": LEFT_EYE, "right": RIGHT_EYE}


def test_the_points_all_over_the_face_are_those_that_the_shipped_model_was_trained_with() -> None:
    assert sorted(mesh.ALL_OVER_THE_FACE) == sorted(
        [10, 152, 234, 454, 127, 356, 172, 397, 1, 13, 14, 61, 291, 33, 263, 133, 362, 105, 334, 50, 280, 199]
    )


def test_a_named_point_lies_where_its_name_says(landmarks: FloatArray) -> None:
    x, y = landmarks[:, 0], landmarks[:, 1]
    for left, right in (
        (LEFT_EYE.iris, RIGHT_EYE.iris), (mesh.LEFT_MOUTH_CORNER, mesh.RIGHT_MOUTH_CORNER),
        (mesh.LEFT_EAR, mesh.RIGHT_EAR), (mesh.LEFT_TEMPLE, mesh.RIGHT_TEMPLE), (mesh.LEFT_JAW, mesh.RIGHT_JAW),
        (mesh.LEFT_CHEEK, mesh.RIGHT_CHEEK), (mesh.LEFT_SMILE_FOLD[0], mesh.RIGHT_SMILE_FOLD[0]),
        (LEFT_EYE.outer, LEFT_EYE.inner), (RIGHT_EYE.inner, RIGHT_EYE.outer),
    ):  # fmt: skip
        assert x[left] > x[right], "the subject's left is on the picture's right"
    for row in (
        mesh.UPPER_LIP_OUTER, mesh.UPPER_LIP_INNER, mesh.LOWER_LIP_OUTER, mesh.LOWER_LIP_INNER,
        RIGHT_EYE.brow, RIGHT_EYE.brow_top, RIGHT_EYE.upper, RIGHT_EYE.lower,
        LEFT_EYE.brow[::-1], LEFT_EYE.brow_top[::-1], LEFT_EYE.upper[::-1], LEFT_EYE.lower[::-1],
    ):  # fmt: skip
        assert (np.diff(x[list(row)]) > 0).all(), "rows run along the feature"
    for eye in EYES.values():
        assert y[eye.brow_top[2]] < y[eye.brow[2]] < y[eye.upper[4]] < y[eye.iris] < y[eye.lower[4]]
    down_the_middle = [
        mesh.FOREHEAD, mesh.NOSE_BRIDGE, mesh.NOSE_TIP, mesh.NOSE_BASE, mesh.UPPER_LIP_OUTER[5],
        mesh.UPPER_LIP_INNER[5], mesh.LOWER_LIP_INNER[5], mesh.LOWER_LIP_OUTER[5], mesh.BELOW_LIP, mesh.CHIN_FRONT,
        mesh.CHIN,
    ]  # fmt: skip
    assert (np.diff(y[down_the_middle]) > 0).all()


@pytest.fixture(scope="module")
def landmarks() -> FloatArray:
    """Where MediaPipe sees the points of the public-domain portrait."""
    skimage_data = pytest.importorskip("skimage.data", reason="needs scikit-image for the portrait")
    from livecam.faces.finder import FaceFinder  # noqa: PLC0415  mesh itself must not need MediaPipe
    from livecam.types import Frame  # noqa: PLC0415

    with FaceFinder(stills=True) as finder:
        (face,) = finder.find(Frame(np.asarray(skimage_data.astronaut(), np.uint8), 0, 0, 0))
    return face.landmarks


def test_the_eye_line_goes_from_the_right_eye_to_the_left_one() -> None:
    points = np.zeros((LANDMARKS, 2))
    points[[263, 362]], points[[33, 133]] = [(110, 52), (80, 48)], [(10, 20), (40, 24)]
    assert mesh.eye_line(points).tolist() == [70.0, 28.0]
    assert mesh.eye_span(points) == float(np.hypot(100, 32))


def test_the_middle_of_a_box_lies_half_way() -> None:
    assert mesh.box_middle((10.0, 20.0, 13.0, 60.0)) == (11.5, 40.0)


def test_geometry_is_had_without_mediapipe_or_opencv() -> None:
    code = "import sys, livecam.faces.mesh; print(sorted({'cv2', 'mediapipe', 'onnxruntime'} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
