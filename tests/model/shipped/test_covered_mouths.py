"""The network of covered mouths learns from what is painted and from real ones, and is stored as it was learned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from livecam.scoring.covered_mouth import LIP_PATCH, LipNetwork
from livecam.scoring.hidden_parts import patch_of
from livecam.types import LANDMARKS, UInt8Array
from model.shipped import covered_mouths
from model.shipped.collected import Collected
from model.shipped.covered_mouths import CoveredMouthsSettings, LipPatches, collect_patches, fit
from model.shipped.painted_covers import Points, lay_over, paint_shadow
from model.shipped.painted_scene import SIDE
from model.shipped.painted_things import paint_thing
from tests.model.shipped.faces import drawn_face, write_collected

LIPS_AT = (112, 152)


def landmarks() -> Points:
    """What the painters and the patch need of a face in a crop; the lips are 44 by 20 pixels."""
    at = np.full((LANDMARKS, 2), 112.0)
    at[[33, 133, 362, 263]] = (62, 88), (94, 88), (130, 88), (162, 88)
    at[[168, 6, 9, 8, 151, 4, 5]] = (112, 88), (112, 95), (112, 78), (112, 82), (112, 60), (112, 118), (112, 112)
    at[[119, 348, 50, 280, 234, 454]] = (80, 105), (144, 105), (75, 125), (149, 125), (38, 100), (186, 100)
    ring = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185]
    turn = np.linspace(np.pi, -np.pi, len(ring), endpoint=False)
    at[ring] = np.array(LIPS_AT) + np.stack([22 * np.cos(turn), 10 * np.sin(turn)], axis=1)
    at[[13, 14]] = LIPS_AT
    return at


POINTS = landmarks()
HALF = (POINTS + 0.5) / 2 - 0.5


def face(rng: np.random.Generator) -> UInt8Array:
    """A drawn face of half the size, with dark lips."""
    image = drawn_face()[::2, ::2].astype(np.float64) * rng.uniform(0.7, 1.2)
    x, y = LIPS_AT[0] // 2, LIPS_AT[1] // 2
    image[y - 4 : y + 5, x - 12 : x + 13] *= (0.8, 0.5, 0.5)
    return np.clip(image + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)


def covered_face(rng: np.random.Generator) -> UInt8Array:
    while True:
        painted, share = paint_thing(face(rng), HALF, face(rng), rng)
        if share > 0.5:
            return painted


def patch(image: UInt8Array) -> np.ndarray:
    return patch_of(image, POINTS, LIP_PATCH)


def test_the_share_is_how_much_of_the_lips_was_painted_over_and_grey_pictures_stay_grey() -> None:
    rng = np.random.default_rng(0)
    lips = np.s_[LIPS_AT[1] // 2 - 3 : LIPS_AT[1] // 2 + 4, LIPS_AT[0] // 2 - 7 : LIPS_AT[0] // 2 + 8]
    grey = np.repeat(face(rng)[..., :1], 3, axis=2)
    shares = []
    for _ in range(60):
        painted, share = paint_thing(grey, HALF, face(rng), rng)
        assert painted.shape == (SIDE, SIDE, 3)
        assert np.ptp(painted.astype(int), axis=2).max() <= 1
        changed = np.abs(painted[lips].astype(int) - grey[lips]).max(axis=2) > 0
        if share > 0.9:
            assert changed.mean() > 0.6
        shares.append(share)
    assert min(shares) == 0
    assert max(shares) == 1
    assert 0.1 < np.mean(np.array(shares) > 0.36) < 0.9


def test_a_shadow_changes_light_alone() -> None:
    rng = np.random.default_rng(0)
    image = face(rng)
    ratio = (paint_shadow(image, HALF, rng).astype(float) + 1) / (image.astype(float) + 1)
    assert ratio.std() > 0.01, "somewhere"
    assert np.ptp(ratio, axis=2).max() < 0.1, "of all colours alike"


def test_the_lower_face_of_one_is_laid_over_another_in_its_light() -> None:
    rng = np.random.default_rng(0)
    bright, dark = np.full((SIDE, SIDE, 3), 180, np.uint8), np.full((SIDE, SIDE, 3), 90, np.uint8)
    x, y = (int(value) // 2 for value in LIPS_AT)
    bright[y - 5 : y + 6, x - 9 : x + 10] = 20

    laid = lay_over(bright, HALF, dark, HALF, rng)

    assert laid is not None
    assert laid[y, x].max() < 20, "what covers the mouth is there, darker as the face is"
    assert np.abs(laid[y - 9, x].astype(int) - 90).max() <= 4, "skin is as light as the other's"
    np.testing.assert_array_equal(laid[:30], dark[:30])


@pytest.mark.slow
def test_a_network_tells_what_is_painted_before_lips_and_is_stored_in_whole_numbers() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    patches = LipPatches()
    for index in range(120):
        patches.inputs.append(patch(covered_face(rng) if index % 2 else face(rng)).astype(np.float16))
        patches.covered.append(bool(index % 2))

    network = fit(patches, CoveredMouthsSettings(epochs=8, batch=16))

    free, covered = ([network.log_odds(patch(make(rng))) for _ in range(15)] for make in (face, covered_face))
    assert np.median(free) < -1 < 1 < np.median(covered)
    stored = network.stored()
    assert {stored[name].dtype for name in ("first", "second", "inner", "output")} == {np.dtype(np.int8)}
    again = LipNetwork.read(stored)
    seen = patch(covered_face(rng))
    assert again.log_odds(seen) == pytest.approx(network.log_odds(seen), abs=0.1)


def test_a_mirrored_mouth_is_as_covered() -> None:
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    patches = LipPatches([patch(face(rng)).astype(np.float16) for _ in range(8)], [False, True] * 4)
    network = fit(patches, CoveredMouthsSettings(epochs=1, batch=4))
    seen = patch(covered_face(rng)).reshape(LIP_PATCH.rows, LIP_PATCH.columns, 3)
    assert network.log_odds(seen[:, ::-1].reshape(-1)) == pytest.approx(network.log_odds(seen.reshape(-1)), abs=1e-5)


QUICK = CoveredMouthsSettings(clip_frames=4, again=0.5, shadows=5, things=30, real=2, laid=3, touched=1)


def test_real_covered_mouths_are_shown_and_laid_over_others_and_the_test_split_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected = Collected.read(write_collected(tmp_path / "data", count=24))
    collected.landmarks[:] = POINTS
    rows = [row | {"split": "test" if number < 4 else row["split"]} for number, row in enumerate(collected.rows)]
    words = ["covered" if number in {1, 9} else "unsure" if number == 10 else "free" for number in range(24)]
    monkeypatch.setattr(covered_mouths, "words_of", lambda _: words)

    patches = collect_patches(replace(collected, rows=rows), 1, settings=QUICK)

    assert set(patches.faces) == set(range(4, 24)) - {10}
    of_the_real_one = [covered for face, covered in zip(patches.faces, patches.covered, strict=True) if face == 9]
    assert of_the_real_one == 2 * [True]
    assert sum(patches.covered) >= 2 + 3
    without = collect_patches(replace(collected, rows=rows), 1, lambda face: face >= 12, QUICK)
    assert min(without.faces) == 12


def test_the_labels_by_eye_can_be_read(tmp_path: Path) -> None:
    collected = Collected.read(write_collected(tmp_path / "data", count=4))
    names = ("Elton_John_0007.jpg", "none.jpg", "Amelie_Mauresmo_0021.jpg", "none.jpg")
    rows = [row | {"file": name} for row, name in zip(collected.rows, names, strict=True)]
    assert covered_mouths.words_of(replace(collected, rows=rows)) == ["covered", "free", "unsure", "free"]
