"""Closed eyes, smiles and the order within a person, beside what MediaPipe's blendshapes give.

A network that does not beat the blendshapes has no reason to exist. Closed and open eyes that people have labelled
come from different sets, so the closed ones stand against the open eyes of every other set too.
"""

from __future__ import annotations

import math

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.accuracy.data import Faces, ScorerOutputs
from benchmarks.common.statistics import Bools, Evidence, Figure, Floats, auc, recall, separation, share
from livecam.types import EYE_CLOSED

EYES, SMILES, SCALE = "closed eyes", "smiles", "the scale"
_OPEN = (
    ("labelled open, same set", "eyes"),
    ("London set", "pairs"),
    ("GENKI-4K", "smile"),
    ("portraits", "ratings"),
    ("press photos", "people"),
)


def closed_eyes(faces: Faces, outputs: ScorerOutputs) -> list[Figure]:
    """Return how well closed eyes are separated from open ones, and how often open ones are called closed."""
    shut = faces.where(source="eyes", eyes="1")
    closed, blink = outputs.closed.mean(axis=1), faces.sides("eyeBlink").mean(axis=1)
    truly, evidence = faces.open(), faces.evidence
    figures = []
    for against, source in _OPEN:
        for how, is_open in (
            ("", faces.where(source=source) & ~shut),
            (", surely open by eye", faces.where(source=source) & truly),
        ):
            if how and int(is_open.sum()) == int((faces.where(source=source) & ~shut).sum()):
                continue  # nothing to leave out: the same figure again
            figures += _separation(f"against {against}{how}", evidence, shut, is_open, (closed, blink))
    blinks, between = (faces.where(source="videos", eyes=state) for state in ("1", "0"))
    if blinks.any() and between.any():
        name = "clips, blinks found in time by the blendshapes"
        figures += _separation(name, evidence, blinks, between, (closed, blink))
    for against, source in _OPEN:
        some = faces.where(source=source)
        called = outputs.worse > EYE_CLOSED
        for how, is_open in (("", truly & some), (", doubtful counted", faces.open(unsure=True) & some)):
            name = f"open eyes called closed, {against}{how}"
            found = share(called[is_open], evidence.take(is_open))
            figures.append(Figure(EYES, name, found, None, None if how else 0.01, at_least=False))
    both = outputs.closed.min(axis=1) > EYE_CLOSED
    figures.append(Figure(EYES, "closed eyes called closed, both", share(both[shut], evidence.take(shut))))
    return figures


def _separation(
    name: str, evidence: Evidence, shut: Bools, is_open: Bools, values: tuple[Floats, Floats]
) -> list[Figure]:
    rows = shut | is_open
    truth, own = shut[rows], evidence.take(rows)
    (net_auc, net_recall), (blend_auc, blend_recall) = (
        [separation(measure, truth, value[rows], own) for measure in (auc, recall)] for value in values
    )
    return [
        Figure(EYES, f"AUC, {name}", net_auc, blend_auc, 0.999, unit=""),
        Figure(EYES, f"recall at 1 % false alarms, {name}", net_recall, blend_recall, 0.99),
    ]


def smiles(faces: Faces, outputs: ScorerOutputs, readout: Floats) -> list[Figure]:
    """Return how well faces that people labelled as smiles are separated from others.

    readout: (N,), log-odds of a smile by ``read_smiles``.
    """
    labelled, evidence = faces.where(source="smile"), faces.evidence
    shown = faces.sides("mouthSmile").mean(axis=1)

    def figure(what: str, value: Floats, rows: Bools, smiling: Bools, bar: float | None = None) -> Figure:
        own = evidence.take(rows)
        found, beside = (separation(auc, smiling[rows], of[rows], own) for of in (value, shown))
        return Figure(SMILES, f"GENKI-4K, AUC of {what}", found, beside, bar, unit="")

    smiling, plain = faces.where(smile="1"), labelled & np.isin(faces.smile, ("yes", "no"))
    return [
        figure("the score", outputs.score, labelled, smiling),
        figure("a readout of the embedding", readout, labelled, smiling, 0.99),
        figure("the same, smiles and their absence that are plain to see", readout, plain, faces.smile == "yes", 0.99),
    ]


def read_smiles(taught: ScorerOutputs, smiling: Bools, tested: ScorerOutputs) -> Floats:
    """Return the log-odds of a smile, (N,), of tested's embeddings, by a linear readout that is fitted on taught."""
    if smiling.all() or not smiling.any():
        return np.full(len(tested.score), math.nan)
    readout = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    readout.fit(taught.embedding, smiling)
    return np.asarray(readout.decision_function(tested.embedding), np.float64)


def within_people(faces: Faces, outputs: ScorerOutputs) -> list[Figure]:
    """Return how the London set's pairs, and all faces with closed eyes, lie on the scale."""
    people: dict[str, dict[str, int]] = {}
    for at, row in enumerate(faces.rows()):
        if row["source"] == "pairs":
            people.setdefault(row["person"], {})[row["smile"]] = at
    pairs = [(both["0"], both["1"]) for both in people.values() if len(both) == 2]
    neutral, happy = np.array(pairs, np.intp).reshape(-1, 2).T
    smile = faces.sides("mouthSmile").mean(axis=1)
    evidence, score = faces.evidence, outputs.score
    pair = evidence.take(neutral)
    higher, wider = (share(value[happy] > value[neutral], pair) for value in (score, smile))
    figures = [
        Figure(SCALE, "London set, smiling scores above neutral", higher, wider, 0.98),
        Figure(SCALE, "London set, neutral scores at least 2.7", share(score[neutral] >= 2.7, pair), None, 0.95),
    ]
    shut = faces.where(source="eyes", eyes="1")
    low = share(score[shut] <= 2, evidence.take(shut))
    figures.append(Figure(SCALE, "closed eyes score at most 2, by label", low, None, 0.99))
    blinks = faces.where(source="videos", eyes="1")
    if blinks.any():
        low = share(score[blinks] <= 2, evidence.take(blinks))
        figures.append(Figure(SCALE, "closed eyes score at most 2, blinks found in time", low))
    return figures
