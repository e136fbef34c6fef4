"""The camera's judgement of eyes, ``livecam.scoring.eyes``, beside the two that it is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from benchmarks.accuracy.data import Faces, ScorerOutputs
from benchmarks.common.statistics import Bools, Estimate, Evidence, Figure, Floats, Ints, auc, recall, separation, share
from livecam.scoring.eye_policy import gated_again
from livecam.scoring.eyes import fuse
from livecam.types import EYE_CLOSED, Score


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """Of N faces. closed, scorer, blink: (N, 2), how closed both eyes are, left and right, by the camera (scorer and
    landmarker together), by the scorer alone, and by MediaPipe's eyeBlink alone.  score, scorer_score: (N,), 1..5, with
    the closed eyes of the camera's word and of the scorer's own.  evidence: (N,), which of the faces hang together.
    """

    closed: Floats
    scorer: Floats
    blink: Floats
    score: Floats
    scorer_score: Floats
    evidence: Evidence

    def take(self, chosen: Bools | Ints) -> Self:
        """Return the judgement of the chosen."""
        parts = (self.closed, self.scorer, self.blink, self.score, self.scorer_score)
        closed, scorer, blink, score, alone = (part[chosen] for part in parts)
        return type(self)(closed, scorer, blink, score, alone, self.evidence.take(chosen))

    def eyes(self, section: str, name: str, of: Callable[[Floats], Estimate], bar: float | None = None) -> Figure:
        """Return a figure of a share or an area: of maps (N, 2), of each of the three, to it."""
        return Figure(section, name, of(self.closed), of(self.blink), bar, scorer=of(self.scorer))

    def alarms(self, section: str, name: str, rows: Bools, bar: float | None = None) -> Figure:
        """Return how often at least one eye of these open-eyed faces, (N,), is called closed."""

        def called(closed: Floats) -> Estimate:
            return share(closed[rows].max(axis=1, initial=0) > EYE_CLOSED, self.evidence.take(rows))

        return Figure(section, name, called(self.closed), called(self.blink), bar, False, scorer=called(self.scorer))

    def over(self, section: str, name: str, rows: Bools, score: float, bar: float | None = None) -> Figure:
        """Return how often the score of these faces, (N,), lies above score."""
        evidence = self.evidence.take(rows)
        own, alone = (share(one[rows] > score, evidence) for one in (self.score, self.scorer_score))
        return Figure(section, name, own, None, bar, False, scorer=alone)

    def highest(self, section: str, name: str, rows: Bools, bar: float | None = None) -> Figure:
        """Return the highest score among these faces, (N,); it is one face's and has no interval."""

        def top(score: Floats) -> Estimate:
            value = float(score[rows].max()) if rows.any() else float("nan")
            return Estimate(value, value, value, int(rows.sum()))

        return Figure(section, name, top(self.score), None, bar, False, "points", scorer=top(self.scorer_score))

    def separation(self, section: str, name: str, closed: Bools, is_open: Bools) -> list[Figure]:
        """Return how well closed eyes, (N, 2), are told from open ones, eye by eye."""
        rows = closed | is_open
        truth, evidence = closed[rows], self.evidence.take(np.nonzero(rows)[0])

        def measured(by: Callable[[Bools, Floats], float], values: Floats) -> Estimate:
            return separation(by, truth, values[rows], evidence)

        area, found = ([measured(by, one) for one in (self.closed, self.scorer, self.blink)] for by in (auc, recall))
        return [
            Figure(section, f"{name}: AUC", area[0], area[2], 0.999, unit="", scorer=area[1]),
            Figure(section, f"{name}: recall at 1 % false alarms", found[0], found[2], 0.99, scorer=found[1]),
        ]


def judge(faces: Faces, outputs: ScorerOutputs) -> Judgement:
    """Return the judgement of faces, whose outputs are given; both (N,)."""
    blink = faces.sides("eyeBlink")
    fused = fuse(outputs.closed, blink)
    shapes = faces.data.blendshapes[faces.index]
    embedding = np.asarray(outputs.embedding, np.float32)
    score = [
        gated_again(
            Score(outputs.probs[at].astype(np.float32), outputs.closed[at].astype(np.float32), embedding[at]),
            fused[at],
            shapes[at],
        ).value
        for at in range(len(faces))
    ]
    return Judgement(
        fused.astype(np.float64).reshape(-1, 2),
        outputs.closed,
        blink,
        np.array(score, np.float64),
        outputs.score,
        faces.evidence,
    )
