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
from benchmarks.common.statistics import Bools, Estimate, Figure, Floats, Words, auc, estimate, recall, share
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
    truly = faces.open()
    figures = []
    for against, source in _OPEN:
        for how, is_open in (
            ("", faces.where(source=source) & ~shut),
            (", surely open by eye", faces.where(source=source) & truly),
        ):
            if how and int(is_open.sum()) == int((faces.where(source=source) & ~shut).sum()):
                continue  # nothing to leave out: the same figure again
            figures += _separation(f"against {against}{how}", faces.blocks, shut, is_open, (closed, blink))
    blinks, between = (faces.where(source="videos", eyes=state) for state in ("1", "0"))
    if blinks.any() and between.any():
        name = "clips, blinks found in time by the blendshapes"
        figures += _separation(name, faces.blocks, blinks, between, (closed, blink))
    for against, source in _OPEN:
        some = faces.where(source=source)
        called = outputs.worse > EYE_CLOSED
        for how, is_open in (("", truly & some), (", doubtful counted", faces.open(unsure=True) & some)):
            name = f"open eyes called closed, {against}{how}"
            figures.append(Figure(EYES, name, share(called[is_open]), None, None if how else 0.01, at_least=False))
    both = outputs.closed.min(axis=1) > EYE_CLOSED
    figures.append(Figure(EYES, "closed eyes called closed, both", share(both[shut])))
    return figures


def _separation(name: str, blocks: Words, shut: Bools, is_open: Bools, values: tuple[Floats, Floats]) -> list[Figure]:
    rows = shut | is_open
    truth, own = shut[rows], blocks[rows]

    def both(value: Floats) -> tuple[Estimate, Estimate]:
        return (
            estimate(own, lambda at: auc(truth[at], value[at])),
            estimate(own, lambda at: recall(truth[at], value[at])),
        )

    (net_auc, net_recall), (blend_auc, blend_recall) = (both(value[rows]) for value in values)
    return [
        Figure(EYES, f"AUC, {name}", net_auc, blend_auc, 0.999, unit=""),
        Figure(EYES, f"recall at 1 % false alarms, {name}", net_recall, blend_recall, 0.99),
    ]


def smiles(faces: Faces, outputs: ScorerOutputs, readout: Floats) -> list[Figure]:
    """Return how well faces that people labelled as smiles are separated from others.

    readout: (N,), log-odds of a smile by ``read_smiles``.
    """
    labelled = faces.where(source="smile")
    shown = faces.sides("mouthSmile").mean(axis=1)

    def figure(what: str, value: Floats, rows: Bools, smiling: Bools, bar: float | None = None) -> Figure:
        blocks, truth = faces.blocks[rows], smiling[rows]

        def separates(of: Floats) -> Estimate:
            own = of[rows]
            return estimate(blocks, lambda at: auc(truth[at], own[at]))

        return Figure(SMILES, f"GENKI-4K, AUC of {what}", separates(value), separates(shown), bar, unit="")

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
    higher = share(outputs.score[happy] > outputs.score[neutral])
    figures = [
        Figure(SCALE, "London set, smiling scores above neutral", higher, share(smile[happy] > smile[neutral]), 0.98),
        Figure(SCALE, "London set, neutral scores at least 2.7", share(outputs.score[neutral] >= 2.7), None, 0.95),
    ]
    shut = faces.where(source="eyes", eyes="1")
    figures.append(Figure(SCALE, "closed eyes score at most 2, by label", share(outputs.score[shut] <= 2), None, 0.99))
    blinks = faces.where(source="videos", eyes="1")
    if blinks.any():
        low = share(outputs.score[blinks] <= 2)
        figures.append(Figure(SCALE, "closed eyes score at most 2, blinks found in time", low))
    return figures
