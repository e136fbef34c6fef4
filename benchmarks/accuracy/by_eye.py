"""Figures on the frames that a person labelled by eye (``labels/README.md``): bursts, eyes, and eyes that differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.accuracy.winks import SECTION as WINKS
from benchmarks.bursts.compare import burst_reports
from benchmarks.bursts.compare import figures as burst_figures
from benchmarks.common.statistics import Bools, Estimate, Evidence, Figure, share
from benchmarks.labelled.eyes import eye_report
from benchmarks.labelled.labels import eyes
from benchmarks.labelled.pictures import analyse

_EYES = "closed eyes, frames labelled by eye"
NOTES = {
    WINKS: "Painted: the scorer alone. By a person's word: of whole pictures, as the camera sees them.",
    _EYES: "Of whole pictures, as the camera sees them: “scorer” is the camera's word, in which scorer and landmarker "
    "count together (`livecam/scoring/eyes.py`) since 28 November 2026; it was the scorer's alone before.",
}
_RANK = {"open": 0, "half": 1, "closed": 2}


def by_eye(research: Path, model: Path | None) -> list[Figure]:
    """Return the figures of the labelled test frames below research; none where the clips are not there."""
    if not (research / "videos").is_dir():
        return []
    every = eye_report(research, model).rows[0]
    return [
        *burst_figures(burst_reports(research, model)),
        Figure(_EYES, "AUC, eye by eye", every.auc, every.rule_auc, 0.999, unit=""),
        Figure(_EYES, "recall at 1 % false alarms, eye by eye", every.recall, every.rule_recall, 0.99),
        Figure(_EYES, "closed eyes called closed", every.called),
        Figure(_EYES, "open eyes called closed", every.alarms, None, 0.01, at_least=False),
        Figure(_EYES, "half-closed eyes called closed", every.half_called),
        *uneven(research, model),
    ]


def uneven(research: Path, model: Path | None) -> list[Figure]:
    """Return how often the more closed eye is the likelier, in winks, squeezes and uneven blinks."""
    labelled = [one for one in eyes("test") if one.left != one.right]
    analysed = analyse((one.spot for one in labelled), research, model)
    faces = [(one, analysed[one.spot].record.faces) for one in labelled]
    found = [(one, own[0].eyes_closed) for one, own in faces if own]
    if not found:
        return []
    right = np.array([(p[0] > p[1]) == (_RANK[one.left] > _RANK[one.right]) for one, p in found], bool)
    shut = np.array(["closed" in {one.left, one.right} for one, _ in found])
    clips = np.array([one.spot.file for one, _ in found], np.str_)

    def above(among: Bools) -> Estimate:
        return share(right[among], Evidence.by(clips[among]))

    text = "real, {} by a person's word: the more closed eye is above the other"
    return [
        Figure(WINKS, text.format("uneven"), above(np.ones_like(shut)), None, 0.95),
        Figure(WINKS, text.format("one closed, the other not,"), above(shut), None, 0.95),
    ]
