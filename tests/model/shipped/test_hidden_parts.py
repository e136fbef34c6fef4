"""The networks of hidden eyes and mouths learn from what is painted, and are stored as they were learned."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import torch

from livecam.scoring.hidden_parts import EYE_PATCH, PatchNetwork, patch_of
from livecam.types import CROP_SIZE
from model.shipped.collected import Collected
from model.shipped.hidden_parts import HiddenPartsSettings, _Patches, fit, labelled_eyes
from model.shipped.painted_covers import paint_hand, paint_mask, paint_sunglasses, shadow_eyes
from tests.factories import make_face

POINTS = make_face(centre=(112, 112), size=170).landmarks[:, :2]
# Fewer units than this may die of a bad start: with 8 one training in 500 learned nothing, with 32 none of 200.
QUICK = HiddenPartsSettings(epochs=6, batch=16, inner=32)


def skin(rng: np.random.Generator) -> np.ndarray:
    tone = np.array((190, 150, 130)) * rng.uniform(0.5, 1.2)
    return np.clip(tone + rng.normal(0, 12, (CROP_SIZE, CROP_SIZE, 3)), 0, 255).astype(np.uint8)


def test_a_network_tells_painted_sunglasses_from_none() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    patches = _Patches()
    for index in range(120):
        image = skin(rng)
        worn = paint_sunglasses(image, POINTS, rng) if index % 2 else image
        patches.inputs.append(patch_of(worn, POINTS, EYE_PATCH).astype(np.float16))
        patches.hidden.append(bool(index % 2))

    network = fit(patches, EYE_PATCH, QUICK)

    painted = [paint_sunglasses(skin(rng), POINTS, rng) for _ in range(9)]
    assert np.median([network.probability(patch_of(image, POINTS, EYE_PATCH)) for image in painted]) > 0.8
    assert np.median([network.probability(patch_of(skin(rng), POINTS, EYE_PATCH)) for _ in range(9)]) < 0.2
    tables = {f"eyes_{name}": getattr(network, name) for name in PatchNetwork.__slots__}
    stored = PatchNetwork.read(tables, "eyes")
    bare = patch_of(skin(rng), POINTS, EYE_PATCH)
    assert stored.probability(bare) == network.probability(bare)


def test_what_is_painted_changes_the_place_that_it_covers_and_grey_pictures_stay_grey() -> None:
    rng = np.random.default_rng(1)
    grey = np.repeat(skin(rng)[..., :1], 3, axis=2)
    eyes, mouth = POINTS[[33, 263]].mean(axis=0).astype(int), POINTS[13].astype(int)
    for paint, (x, y) in ((paint_mask, mouth), (paint_hand, mouth)):
        painted = paint(grey, POINTS, rng)
        assert not np.array_equal(painted[y - 5 : y + 5, x - 5 : x + 5], grey[y - 5 : y + 5, x - 5 : x + 5])
        assert np.ptp(painted.astype(int), axis=2).max() <= 1
        np.testing.assert_array_equal(painted[:20], grey[:20])
    shadowed = shadow_eyes(grey, POINTS, rng)
    assert shadowed[eyes[1], POINTS[33, 0].astype(int)].mean() <= grey[eyes[1], POINTS[33, 0].astype(int)].mean() + 30
    assert shadowed.mean() < grey.mean()


def test_the_labels_by_eye_can_be_read() -> None:
    rows = [{"source": "smile", "file": "file0745.jpg"}, {"source": "smile", "file": "none.jpg"}]

    assert labelled_eyes(cast(Collected, SimpleNamespace(rows=rows))) == {0: True}
