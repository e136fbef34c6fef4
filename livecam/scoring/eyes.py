"""One judgement of eyes, for shutter, checks, choice and benchmarks alike: the scorer's word beside the landmarker's.

The scorer was taught closed eyes of every kind but few real winks, and doubts an eye that is shut beside an open one.
MediaPipe's landmarker (``eyeBlink`` of its blendshapes) sees less of lids, but sees well by how much the two differ. A
logistic sum of the two decides; its weights are fitted by ``python -m model.shipped.eye_fusion``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livecam.faces.mesh import Blendshapes, blendshape_places
from livecam.scoring.eye_policy import gated_again
from livecam.types import FloatArray, Score

_BLINK = list(blendshape_places("eyeBlink"))


@dataclass(frozen=True, slots=True)
class EyeFusionSettings:
    """What is added to the log-odds of the scorer; the logistic function of the sum is the probability of a closed eye.

    surest: the scorer's own probability is kept so far from 0 and 1, and its log-odds count once.  blink: weight of
    eyeBlink, 0..1.  wink: of what eyeBlink is above the other eye's by more than wink_from.  offset: added.
    """

    blink: float = 3.44
    wink: float = 10.72
    wink_from: float = 0.12
    offset: float = -1.76
    surest: float = 1e-4


SHIPPED = EyeFusionSettings()


def judge_eyes(score: Score, blendshapes: Blendshapes, settings: EyeFusionSettings = SHIPPED) -> Score:
    """Return score with eyes_closed by both, and the ratings gated by those instead of the scorer's own."""
    closed = fuse(score.eyes_closed[None], np.asarray(blendshapes, np.float64)[None, _BLINK], settings)[0]
    return gated_again(score, closed, blendshapes)


def fuse(
    scorer: NDArray[np.floating], blink: NDArray[np.floating], settings: EyeFusionSettings = SHIPPED
) -> FloatArray:
    """Return how probable it is that each eye is closed, float32 (N, 2).

    scorer: the scorer's probabilities, (N, 2), left and right.  blink: eyeBlink of the same eyes, (N, 2), 0..1.
    """
    weights = np.array([1.0, settings.blink, settings.wink])
    odds = fusion_features(scorer, blink, settings) @ weights + settings.offset
    return np.asarray(1 / (1 + np.exp(-odds)), np.float32)


def fusion_features(
    scorer: NDArray[np.floating], blink: NDArray[np.floating], settings: EyeFusionSettings = SHIPPED
) -> NDArray[np.float64]:
    """Return what is summed, (N, 2, 3): the scorer's log-odds, eyeBlink, and what it is above the other eye's."""
    sure = np.clip(np.asarray(scorer, np.float64), settings.surest, 1 - settings.surest)
    wink = np.maximum(blink - blink[:, ::-1] - settings.wink_from, 0)
    return np.stack((np.log(sure / (1 - sure)), blink, wink), axis=-1)
