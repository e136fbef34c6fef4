"""The gate that livecam undoes is the one that the network has."""

from __future__ import annotations

import numpy as np
import torch

from livecam.scoring.eye_policy import with_open_eyes
from livecam.types import BLENDSHAPES, EMBEDDING, Score
from model.network import closed_probability, gate


def test_livecam_undoes_the_gate_of_the_network() -> None:
    generator = torch.Generator().manual_seed(0)
    rated = torch.rand((64, 5), generator=generator).softmax(dim=1)
    closed = torch.rand((64, 2), generator=generator) * 0.95

    gated = gate(rated, closed).numpy()

    for mixed, eyes, probs in zip(gated, closed.numpy(), rated.numpy(), strict=True):
        opened = with_open_eyes(Score(mixed, eyes, np.zeros(EMBEDDING, np.float32)), np.zeros(BLENDSHAPES, np.float32))
        np.testing.assert_allclose(opened.rating_probs, probs, atol=1e-3)


def test_eyes_that_the_network_is_surest_are_closed_leave_the_rating_of_open_ones() -> None:
    rated = torch.tensor([[0.0, 0.0, 0.1, 0.3, 0.6]])
    closed = closed_probability(torch.tensor([[50.0, 50.0]]))  # a sigmoid of it is 1 in single precision

    gated = gate(rated, closed).numpy()

    assert np.argmax(gated) == 0
    score = Score(gated[0], closed.numpy()[0], np.zeros(EMBEDDING, np.float32))
    opened = with_open_eyes(score, np.zeros(BLENDSHAPES, np.float32))
    np.testing.assert_allclose(opened.rating_probs, rated[0].numpy(), atol=1e-3)
