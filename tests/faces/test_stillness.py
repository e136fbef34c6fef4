"""A poster is told from somebody who holds still."""

from __future__ import annotations

import math

import numpy as np
import pytest

from livecam.faces.stillness import Stillness
from livecam.types import Face
from tests.factories import make_face

FPS = 25


def look(i: int, *, blink: float = 0.0, moved: float = 0.0, noise: float = 0.0) -> Face:
    """noise: of all blendshapes.  moved: pixels, of a face of 200."""
    face = make_face(centre=(300 + moved, 200), size=200, blendshapes={"eyeBlinkLeft": blink, "mouthSmileLeft": 0.6})
    if not noise:
        return face
    shapes = np.clip(face.blendshapes + np.random.default_rng(i).normal(0, noise, 52), 0, 1).astype(np.float32)
    return Face(face.landmarks, shapes, face.transform)


def after(seconds: float, *, start_s: float = 0.0, stillness: Stillness | None = None, **of: float) -> Stillness:
    seen = stillness or Stillness()
    for i in range(round(seconds * FPS)):
        seen.add((start_s + i / FPS) * 1000, look(i, **of))
    return seen


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_a_poster_is_lifeless_although_the_camera_is_noisy_once_it_was_seen_for_long_enough(noise: float) -> None:
    assert not after(5, noise=noise).lifeless
    assert after(10, noise=noise).lifeless


def test_who_blinks_once_or_moves_the_head_a_little_lives() -> None:
    blinking, moving = Stillness(), Stillness()
    for i in range(10 * FPS):
        t = i / FPS
        blinking.add(t * 1000, look(i, blink=0.9 if 5 < t < 5.2 else 0.1))
        moving.add(t * 1000, look(i, moved=8 * math.sin(t)))
    assert not blinking.lifeless
    assert not moving.lifeless


def test_who_was_away_is_looked_at_anew() -> None:
    seen = after(10)
    after(5, start_s=12, stillness=seen)
    assert not seen.lifeless
    after(10, start_s=0, stillness=seen)
    assert seen.lifeless, "a clip that began again"


def test_a_poster_that_comes_to_life_lives() -> None:
    seen = after(10)
    after(1, start_s=10, stillness=seen, blink=0.8)
    assert not seen.lifeless
