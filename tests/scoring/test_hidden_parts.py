"""Sunglasses and a mask are seen on the demo's face, and nothing else is taken for them."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from livecam import model_files
from livecam.faces.crop import crop_face
from livecam.faces.finder import FaceFinder
from livecam.faces.mesh import LEFT_EYE, RIGHT_EYE
from livecam.scoring.checks import CheckSettings
from livecam.scoring.hidden_parts import Hidden, hidden_parts
from livecam.types import Face, Frame, UInt8Array
from tests.factories import make_crop, make_face

LIMITS = CheckSettings()


def demo_frame(t_ms: float) -> UInt8Array:
    clip = cv2.VideoCapture(str(model_files.demo_clip()))
    clip.set(cv2.CAP_PROP_POS_MSEC, t_ms)
    read, image = clip.read()
    assert read
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def look_at(image: UInt8Array, change: Callable[[UInt8Array, Face], None] = lambda image, face: None) -> Hidden:
    """What is hidden of the demo's face once change has drawn on a copy; found anew, as a camera would."""
    with FaceFinder(stills=True) as finder:
        (face,) = finder.find(Frame(image, 0.0, 0, 0.0))
        drawn = image.copy()
        change(drawn, face)
        found = finder.find(Frame(drawn, 0.0, 0, 0.0))
    again = found[0] if found else face
    return hidden_parts(again, crop_face(drawn, again))


def put_on_sunglasses(image: UInt8Array, face: Face) -> None:
    middles = [face.landmarks[list(eye.corners), :2].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE)]
    apart = float(np.hypot(*(middles[1] - middles[0])))
    axes = int(0.44 * apart), int(0.36 * apart)
    for x, y in middles:
        cv2.ellipse(image, (int(x), int(y + 0.05 * apart)), axes, 0, 0, 360, (18, 16, 20), -1)
    right, left = (middle.astype(int).tolist() for middle in middles)
    cv2.line(image, right, left, (18, 16, 20), 4)


def put_on_mask(image: UInt8Array, face: Face) -> None:
    outline = face.landmarks[[93, 50, 195, 280, 323, 361, 397, 378, 152, 149, 172, 132], :2]
    cv2.fillPoly(image, [outline.astype(np.int32)], (150, 190, 215))


def put_on_scarf(image: UInt8Array, face: Face) -> None:
    chin = face.landmarks[152, :2].astype(int)
    cv2.rectangle(image, (0, chin[1] + 4), (image.shape[1], image.shape[0]), (120, 30, 40), -1)


@pytest.mark.slow
@pytest.mark.parametrize("t_ms", [2650.0, 3309.0])
def test_nothing_of_a_bare_face_is_hidden_whether_its_eyes_are_open_or_closed(t_ms: float) -> None:
    seen = look_at(demo_frame(t_ms))
    assert max(seen) < 0.2


@pytest.mark.slow
def test_sunglasses_hide_the_eyes_a_mask_the_mouth_and_a_scarf_below_the_chin_nothing() -> None:
    image = demo_frame(2650.0)

    behind_lenses, behind_cloth, scarf = (
        look_at(image, change) for change in (put_on_sunglasses, put_on_mask, put_on_scarf)
    )

    assert behind_lenses.eyes > LIMITS.eyes_hidden
    assert behind_lenses.mouth < LIMITS.mouth_hidden
    assert behind_cloth.mouth > LIMITS.mouth_hidden
    assert behind_cloth.eyes < LIMITS.eyes_hidden
    assert scarf.eyes < LIMITS.eyes_hidden
    assert scarf.mouth < LIMITS.mouth_hidden


@pytest.mark.parametrize("factor", [0.15, 0.5, 1.0])
def test_less_light_hides_nothing(factor: float) -> None:
    crop = make_crop()
    dark = make_crop((crop.image * factor).astype(np.uint8))
    assert max(hidden_parts(make_face(centre=(112, 112), size=170), dark)) < 0.4


def test_a_profile_whose_eyes_fall_together_is_looked_at_all_the_same() -> None:
    profile = make_face(centre=(112, 112), size=170, yaw=90)
    assert all(0 <= probability <= 1 for probability in hidden_parts(profile, make_crop()))
