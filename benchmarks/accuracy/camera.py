"""The first batch's faces as the camera judges them, and how far its scores of good faces lie apart."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from benchmarks.accuracy.data import Faces
from benchmarks.accuracy.judged import Judgement
from benchmarks.common.statistics import Estimate, Evidence, Figure, Floats, Ints, Words, bounded, estimate, share
from livecam.types import EYE_CLOSED

EYES, SPREAD = "eyes as the camera judges them", "spread among good frames"
NOTES = {
    EYES: "The faces of “closed eyes”, by scorer and landmarker together (`livecam/scoring/eyes.py`), surely open by "
    "eye. Blendshapes: eyeBlink above 0.5.",
    SPREAD: "Open-eyed faces. Where every frame is good, the score must still tell which is better.",
}
_SETS = {"eyes": "labelled open, same set", "pairs": "London set", "smile": "GENKI-4K", "ratings": "portraits"}
_MORE = {"people": "press photos"}
_MUCH = 0.5  # of a blendshape
_TOP, _REST = (4.9, 5.0), (2.9, 3.1)  # where scores crowd
_STRETCH = 0.1  # points


def eyes(faces: Faces, judged: Judgement) -> Iterator[Figure]:
    """Yield how closed and open eyes of the first batch's test faces, (N,), are judged."""
    shut, truly = faces.where(source="eyes", eyes="1"), faces.open()
    own = faces.evidence.take(shut)
    both = np.repeat(shut[:, None], 2, axis=1)
    stills = np.repeat((truly & ~shut)[:, None], 2, axis=1)
    yield from judged.separation(EYES, "closed against every set's open", both, stills)
    yield judged.eyes(
        EYES, "closed eyes called closed, both", lambda of: share(of[shut].min(axis=1, initial=1) > EYE_CLOSED, own)
    )
    groups = {name: faces.where(source=source) for source, name in (_SETS | _MORE).items()}
    groups["smiles of GENKI-4K"] = faces.where(source="smile", smile="1")
    groups[f"eyeSquint above {_MUCH}"] = faces.sides("eyeSquint").mean(axis=1) > _MUCH
    groups[f"eyeLookDown above {_MUCH}"] = faces.sides("eyeLookDown").mean(axis=1) > _MUCH
    groups["glasses"] = faces.glasses == "glasses"
    for name, rows in groups.items():
        if (rows & truly).any():
            yield judged.alarms(EYES, f"open eyes called closed, {name}", rows & truly, 0.01)
    yield judged.alarms(EYES, "open eyes called closed, every set, doubtful counted", faces.open(unsure=True))
    lowered = (faces.state == "down") & ~shut
    if lowered.any():
        yield judged.alarms(EYES, "lids that hide the pupils (looking down) called closed", lowered)


def spread(faces: Faces, judged: Judgement) -> Iterator[Figure]:
    """Yield how far the scores of good test faces lie apart: those with open eyes that smile, and that do not."""
    for name, source in (("London set", "pairs"), ("GENKI-4K", "smile")):
        for what, smile, (low, high) in (("smiles", "1", _TOP), ("no smile", "0", _REST)):
            rows = faces.where(source=source, smile=smile) & faces.open()
            if not rows.any():
                continue
            own = faces.evidence.take(rows)
            crowd = f"at least {low:g}" if smile == "1" else f"between {low:g} and {high:g}"
            found, alone = (_crowded(own, one[rows], low, high) for one in (judged.score, judged.scorer_score))
            yield Figure(SPREAD, f"{name}, {what}: scores {crowd}", found, scorer=alone)
            found, alone = (_densest(own, one[rows]) for one in (judged.score, judged.scorer_score))
            yield Figure(SPREAD, f"{name}, {what}: within the fullest tenth of a point", found, scorer=alone)
            found, alone = (_deviation(own.blocks, one[rows]) for one in (judged.score, judged.scorer_score))
            yield Figure(SPREAD, f"{name}, {what}: standard deviation", found, unit="points", scorer=alone)


def _crowded(evidence: Evidence, score: Floats, low: float, high: float) -> Estimate:
    return share((score >= low) & (score <= high), evidence)


def _densest(evidence: Evidence, score: Floats) -> Estimate:
    """The largest share of scores, (N,), that any stretch of a tenth of a point holds: crowding, wherever it is."""

    def share_of(at: Ints) -> float:
        own = np.sort(score[at])
        return float((np.searchsorted(own, own + _STRETCH, side="right") - np.arange(len(own))).max() / len(own))

    return bounded(evidence, share_of)


def _deviation(blocks: Words, score: Floats) -> Estimate:
    return estimate(blocks, lambda at: float(score[at].std(ddof=1)) if len(at) > 1 else math.nan)
