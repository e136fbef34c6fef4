"""What a face would score with its eyes open is the network's own word, and a laugh is told from a blink."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecam.scoring.eye_policy import EyePolicy, forgives, is_laugh, with_open_eyes
from livecam.types import BLENDSHAPES, EMBEDDING, FloatArray, Reason, Score
from tests.factories import make_face

_CLOSED = np.array((0.85, 0.15, 0.0, 0.0, 0.0))
_NEUTRAL = np.zeros(BLENDSHAPES, np.float32)


def gated(probs: tuple[float, ...], eyes: tuple[float, float]) -> Score:
    """What the network gives for a face that it rates so with open eyes, in single precision as in its graph."""
    closed = np.asarray(eyes, np.float32)
    both_open = (1 - closed).prod()
    mixed = (1 - both_open) * _CLOSED.astype(np.float32) + both_open * np.asarray(probs, np.float32)
    return Score(mixed.astype(np.float32), closed, np.zeros(EMBEDDING, np.float32))


def shapes(values: Mapping[str, float]) -> FloatArray:
    return make_face(blendshapes=values).blendshapes


SMILE = shapes({"mouthSmileLeft": 0.8, "mouthSmileRight": 0.7})


@given(
    weights=st.lists(st.floats(0.01, 1), min_size=5, max_size=5),
    eyes=st.tuples(st.floats(0, 0.96), st.floats(0, 0.96)),
)
def test_the_gate_is_undone(weights: list[float], eyes: tuple[float, float]) -> None:
    probs = tuple(weight / sum(weights) for weight in weights)

    opened = with_open_eyes(gated(probs, eyes), _NEUTRAL)

    np.testing.assert_allclose(opened.rating_probs, probs, atol=1e-3)


@given(close=st.floats(1e-6, 0.02))
def test_of_surely_closed_eyes_a_laugh_still_scores_high_and_a_resting_face_its_three(close: float) -> None:
    eyes = (1 - close, 1 - close)

    laugh = with_open_eyes(gated((0.0, 0.01, 0.02, 0.07, 0.9), eyes), _NEUTRAL)
    resting = with_open_eyes(gated((0.0, 0.01, 0.97, 0.02, 0.0), eyes), _NEUTRAL)

    assert laugh.value == pytest.approx(4.86, abs=0.05)
    assert resting.value == pytest.approx(3.01, abs=0.05)


def test_where_the_scorer_leaves_no_number_the_mouth_speaks_unless_something_else_is_wrong() -> None:
    blind = gated((0.0, 0.0, 1.0, 0.0, 0.0), (1.0, 1.0))

    assert with_open_eyes(blind, _NEUTRAL, (Reason.EYES_CLOSED,)).value == pytest.approx(2.86, abs=0.01)
    assert with_open_eyes(blind, SMILE, (Reason.EYES_CLOSED,)).value > 4.5
    assert with_open_eyes(blind, SMILE, (Reason.EYES_CLOSED, Reason.BLURRED)).value == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize("probs", [(0.97, 0.03, 0.0, 0.0, 0.0), (0.2, 0.2, 0.2, 0.2, 0.2)])
@pytest.mark.parametrize("eyes", [(0.0, 0.0), (0.4, 0.9), (1 - 3e-6, 1 - 3e-6), (1.0, 0.3)])
def test_what_comes_out_is_always_a_score(probs: tuple[float, ...], eyes: tuple[float, float]) -> None:
    opened = with_open_eyes(gated(probs, eyes), _NEUTRAL)

    assert opened.rating_probs.sum() == pytest.approx(1)
    assert 1 <= opened.value <= 5
    np.testing.assert_array_equal(opened.eyes_closed, np.asarray(eyes, np.float32))


def test_a_broad_smile_is_a_laugh_and_a_slight_or_one_sided_one_is_none() -> None:
    assert is_laugh(SMILE)
    assert not is_laugh(shapes({"mouthSmileLeft": 0.4, "mouthSmileRight": 0.4}))
    assert not is_laugh(shapes({"mouthSmileLeft": 0.8}))
    assert not is_laugh(shapes({"jawOpen": 0.9, "eyeSquintLeft": 0.9, "eyeSquintRight": 0.9}))


@pytest.mark.parametrize(
    ("policy", "of_a_laugh", "of_a_resting_face"),
    [(EyePolicy.OPEN, False, False), (EyePolicy.LAUGHS, True, False), (EyePolicy.ANY, True, True)],
)
def test_whose_closed_eyes_are_forgiven(policy: EyePolicy, of_a_laugh: bool, of_a_resting_face: bool) -> None:
    assert (forgives(policy, SMILE), forgives(policy, _NEUTRAL)) == (of_a_laugh, of_a_resting_face)
