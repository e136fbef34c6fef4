from __future__ import annotations

from livecam.shutter.smile_check import SmileCheck
from livecam.types import Face
from tests.factories import make_face


def face(*, smile: float = 0.0, press: float = 0.0, smile_right: float | None = None, pulled: float = 0.0) -> Face:
    """Smiling and pressing on both sides, unless the right one is said to smile otherwise; pulled to the left."""
    right = smile if smile_right is None else smile_right
    shapes = {"mouthSmileLeft": smile, "mouthSmileRight": right, "mouthLeft": pulled}
    return make_face(blendshapes=shapes | {"mouthPressLeft": press, "mouthPressRight": press})


def accustomed(*shown: tuple[Face, bool], seconds: float = 4.0) -> SmileCheck:
    """A mouth that has been seen like this, each look for so long, as a rise of the score or not."""
    smile_check, t_ms = SmileCheck(), 0.0
    for one, risen in shown:
        for _ in range(round(seconds * 25)):
            smile_check.add(t_ms, one, risen=risen)
            t_ms += 40
    return smile_check


def test_a_smile_is_a_smile_however_small() -> None:
    smile_check = accustomed((face(smile=0.02, press=0.1), False))
    assert not smile_check.is_no_smile(face(smile=0.9, press=0.3))
    assert not smile_check.is_no_smile(face(smile=0.06, press=0.12))


def test_a_mouth_that_does_what_it_always_does_passes() -> None:
    assert not accustomed((face(), False)).is_no_smile(face())
    assert not accustomed((face(press=0.4), False)).is_no_smile(face(press=0.4))


def test_lips_that_are_pressed_harder_than_they_smile_are_no_smile() -> None:
    smile_check = accustomed((face(smile=0.02, press=0.1), False))
    assert smile_check.is_no_smile(face(smile=0.08, press=0.3))


def test_pressed_lips_pass_until_it_is_known_how_they_rest() -> None:
    assert not accustomed((face(), False), seconds=1.0).is_no_smile(face(press=0.9))


def test_a_mouth_pulled_to_one_side_is_no_smile() -> None:
    assert SmileCheck().is_no_smile(face(smile=0.8, pulled=0.5))
    assert SmileCheck().is_no_smile(face(smile=0.7, smile_right=0.3))
    assert not SmileCheck().is_no_smile(face(smile=0.8, smile_right=0.6, pulled=0.1))


def test_one_who_never_smiles_otherwise_may_smile_with_one_side() -> None:
    one_sided = face(smile=0.7, smile_right=0.2)
    assert not accustomed((one_sided, True)).is_no_smile(one_sided)
    assert accustomed((face(smile=0.7), True), (one_sided, True)).is_no_smile(one_sided)
    assert accustomed((one_sided, False)).is_no_smile(one_sided), "while the score was at rest, that was no smile"


def test_teeth_bared_under_drawn_brows_are_no_smile_and_a_laugh_is_one() -> None:
    bared = {f"{name}{side}": 0.6 for name in ("mouthUpperUp", "browDown") for side in ("Left", "Right")}
    assert SmileCheck().is_no_smile(make_face(blendshapes=bared))
    laugh = bared | {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8}
    assert not SmileCheck().is_no_smile(make_face(blendshapes=laugh))
