"""One judgement of eyes, for shutter, checks, choice and benchmarks alike: the scorer's word beside the landmarker's.

The scorer was taught closed eyes of every kind but few real winks, and doubts an eye that is shut beside an open one.
MediaPipe's landmarker (``eyeBlink`` of its blendshapes) sees less of lids, but sees well by how much the two differ: it
bears out a wink, and where it sees none, one eye that the scorer alone calls closed is more often glare, hair or blur.
A logistic sum of the two decides; its weights are fitted by ``python -m model.shipped.eye_fusion``.
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
    eyeBlink, 0..1.  wink: of what eyeBlink is above the other eye's by more than wink_from.  doubt: what is taken off
    of the scorer's log-odds above the other eye's, all of it where eyeBlink is not above the other's, and none from
    wink_from on.  offset: added.

    doubt was set by hand, with default-5, as high as costs 1.5 % of the 1,122 eyes of validation people that are
    painted shut (painted lids hardly move eyeBlink; of 76 really closed ones none is lost up to 0.7). By the eyes
    of validation people as they are it would be 0.9. On the test faces, at 0, 0.2, 0.3 and 0.6: 13, 12, 9 and 8 of
    2,527 with open eyes are called closed, 273, 273, 273 and 272 of 281 with closed ones have both called so, and
    28 of 28 real winks are named.
    """

    blink: float = 3.47
    wink: float = 8.79
    wink_from: float = 0.12
    doubt: float = 0.3
    offset: float = -0.57
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
    weights = np.array([1.0, settings.blink, settings.wink, -settings.doubt])
    odds = fusion_features(scorer, blink, settings) @ weights + settings.offset
    return np.asarray(1 / (1 + np.exp(-odds)), np.float32)


def fusion_features(
    scorer: NDArray[np.floating], blink: NDArray[np.floating], settings: EyeFusionSettings = SHIPPED
) -> NDArray[np.float64]:
    """Return what is summed, (N, 2, 4), each against the other eye's where it says so.

    The scorer's log-odds, eyeBlink, how far eyeBlink is above the other's, and how far the log-odds are above the
    other's though eyeBlink is not.
    """
    sure = np.clip(np.asarray(scorer, np.float64), settings.surest, 1 - settings.surest)
    odds = np.log(sure / (1 - sure))
    above = np.maximum(blink - blink[:, ::-1], 0)
    unseen = np.maximum(odds - odds[:, ::-1], 0) * np.maximum(1 - above / settings.wink_from, 0)
    return np.stack((odds, blink, np.maximum(above - settings.wink_from, 0), unseen), axis=-1)
