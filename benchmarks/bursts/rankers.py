"""The ways of ranking a burst that are compared: livecam's, and three that need less."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from benchmarks.common import blendshape_rule
from benchmarks.labelled.pictures import AnalysedPicture
from livecam.best.ranking.ranked import rank

OURS, RULE, SCORER, SHARPEST = "livecam", blendshape_rule.NAME, "scorer alone", "sharpest"

Ranker = Callable[[Sequence[AnalysedPicture]], list[int]]  # to the pictures' places in the burst, best first


def rankers() -> dict[str, Ranker]:
    """Return the ways of ranking, ours first, by what a method is called in the report."""
    return {
        OURS: lambda burst: [ranked.index for ranked in rank([picture.record for picture in burst])],
        RULE: _by(rule_value),
        SCORER: _by(_score),
        SHARPEST: _by(lambda picture: picture.laplacian),
    }


def rule_value(picture: AnalysedPicture) -> float:
    """Return what the blendshape rule gives the largest face; -inf without one."""
    faces = picture.record.faces
    return blendshape_rule.smile_minus_eyes(faces[0].blendshapes) if faces else -math.inf


def _score(picture: AnalysedPicture) -> float:
    score = picture.record.score
    return -math.inf if score is None else score


def _by(value: Callable[[AnalysedPicture], float]) -> Ranker:
    """Rank by value, the highest first; of equals the earlier."""
    return lambda burst: sorted(range(len(burst)), key=lambda i: -value(burst[i]))
