"""What closed eyes count for, as a person wants it, and what a face would score if its eyes were open.

The network rates each face as if its eyes were open, and a gate at the end of its graph (``model.network.gate``) mixes
that rating with the one of closed eyes by the probability that both are open. The gate is a formula, so it can be
undone: what comes out is the network's own word on the rest of the face, smile, pose, light and sharpness.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from livecam.faces.mesh import Blendshapes, blendshape
from livecam.types import EYE_CLOSED, EYE_REASONS, RATINGS, FloatArray, Reason, Score


class EyePolicy(enum.Enum):
    """What closed eyes count for.

    OPEN: they lose.  LAUGHS: those of a broad laugh do not.  ANY: they count for nothing, closed or open: a sleeping
    child, a kiss, a prayer.
    """

    OPEN = "open"
    LAUGHS = "laughs"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class LaughSettings:
    """What a laugh is, by MediaPipe's blendshapes.

    least_smile: of mouthSmile, the mean of both sides, 0..1. At 0.5 it finds 30 of the 34 faces of the research data
    (``more``: children, helen, winks) that a reader calls a broad smile or a laugh, both eyes closed or narrow, and one
    of the 30 with closed or narrow eyes and no smile. Among 1,611 faces of GENKI-4K that do not smile 3.4 % are
    above it, and of 702 frames of clips with a blink 12 %: blinks of people who smile meanwhile, which nothing tells
    from a laugh. eyeSquint tells nothing (any closed eye has it), cheekSquint is 0 in all of them, and of the laughs 12
    have a jawOpen below 0.05. With fewer labels 0.4 found 24 of 27 and 1 of 29, 0.5 23 and none, 0.6 22 and none.
    """

    least_smile: float = 0.5


_LAUGH = LaughSettings()
# What the gate gives to closed eyes, ``model.network.RATINGS_WHEN_CLOSED``, a test holds the two together.
_RATINGS_WHEN_CLOSED = np.array((0.85, 0.15, 0.0, 0.0, 0.0))
_FIRST_OPEN = 2  # from this place on those of closed eyes are 0
# Below it single precision no longer tells how the rest falls to ratings 1 and 2.
_TELLS_1_FROM_2 = 1e-3
# A scorer that is surer than single precision can write leaves nothing of the rating with open eyes, as those did
# that were exported before ``model.network.closed_probability`` had a bound: default-5 in 18 % of 1,020 faces with
# closed eyes, none of default-6's. The mouth's word stands in, capped at 2 where something else is wrong. Rating by
# mouthSmile, fitted to the 600 others of default-5 that are not of the test split (least absolute difference); on the
# 281 of that, default-6's ratings, it is off by less than 0.14 in half, by 0.70 in a tenth (``python -m
# benchmarks.accuracy.forgiven_eyes``).
_RATING_BY_SMILE = ((0.05, 0.35, 0.65, 0.95), (2.86, 3.67, 4.52, 4.81))
_SOMETHING_WRONG = 2.0


def closed_reason(score: Score) -> Reason | None:
    """Return which eyes are closed, None if none is."""
    left, right = (bool(p > EYE_CLOSED) for p in score.eyes_closed)
    if left and right:
        return Reason.EYES_CLOSED
    if left:
        return Reason.LEFT_EYE_CLOSED
    return Reason.RIGHT_EYE_CLOSED if right else None


def is_laugh(blendshapes: Blendshapes) -> bool:
    """Whether a face laughs or smiles broadly, so that its eyes may be narrow or closed."""
    return blendshape(blendshapes, "mouthSmile") >= _LAUGH.least_smile


def forgives(policy: EyePolicy, blendshapes: Blendshapes) -> bool:
    """Whether closed eyes of a face count for nothing."""
    return policy is EyePolicy.ANY or (policy is EyePolicy.LAUGHS and is_laugh(blendshapes))


def with_open_eyes(score: Score, blendshapes: Blendshapes, reasons: Collection[Reason] = ()) -> Score:
    """Return a score with the rating that the face would have with its eyes open; eyes_closed stay what they are.

    blendshapes, reasons: of the face, for where the scorer is so sure of closed eyes that no number is left.
    """
    both_open = _both_open(score.eyes_closed)
    if both_open <= 0:
        value = rating_by_mouth(blendshapes)
        wrong = not EYE_REASONS.issuperset(reasons)
        return replace(score, rating_probs=_probs_of(min(value, _SOMETHING_WRONG) if wrong else value))
    probs = (score.rating_probs.astype(np.float64) - (1 - both_open) * _RATINGS_WHEN_CLOSED) / both_open
    probs = np.maximum(probs, 0.0)
    if both_open < _TELLS_1_FROM_2:
        probs[:_FIRST_OPEN] = max(1 - probs[_FIRST_OPEN:].sum(), 0.0) / _FIRST_OPEN
    return replace(score, rating_probs=(probs / probs.sum()).astype(np.float32))


def rating_by_mouth(blendshapes: Blendshapes) -> float:
    """Return what a face with open eyes and nothing wrong scores, 2.86..4.81, by how much its mouth smiles."""
    return float(np.interp(blendshape(blendshapes, "mouthSmile"), *_RATING_BY_SMILE))


def gated_again(score: Score, closed: FloatArray, blendshapes: Blendshapes) -> Score:
    """Return a score with closed, (2,), in the place of its eyes_closed, and its rating gated by them.

    The gate is that of ``model.network``: the rating with open eyes where both are, else that of closed eyes.
    """
    return gated(score, with_open_eyes(score, blendshapes).rating_probs, closed)


def gated(score: Score, opened: FloatArray, closed: FloatArray) -> Score:
    """Return a score with closed, (2,), as its eyes_closed, and opened, (5,), gated by them, as its rating."""
    both_open = _both_open(closed)
    probs = both_open * opened.astype(np.float64) + (1 - both_open) * _RATINGS_WHEN_CLOSED
    return replace(score, rating_probs=probs.astype(np.float32), eyes_closed=closed)


def _both_open(closed: FloatArray) -> float:
    """The probability that both eyes are open."""
    left, right = closed.tolist()
    return float((1 - left) * (1 - right))


def _probs_of(value: float) -> FloatArray:
    """The ratings beside a value, [1, 5], so that it is what they expect."""
    probs: FloatArray = np.maximum(1 - np.abs(np.array(RATINGS) - value), 0.0).astype(np.float32)
    return probs
