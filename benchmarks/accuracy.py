"""How right the scorer is, on people, sources and clips that it was never trained on.

The faces are those of the test split that ``python -m tools.default_data`` has collected from the research
data. Beside the scorer stands what MediaPipe's blendshapes alone would say: a network that does not beat them
has no reason to exist.
"""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from livecam.errors import LivecamError
from livecam.scorer import Scorer
from livecam.types import BLENDSHAPE_NAMES, FaceCrop, Score

_FALSE_ALARMS = 0.01  # the share of open eyes that may be called closed when the recall is read off


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """The test split as the scorer sees it, (N,) each.

    closed: mean of both eyes.  score: 1..5.  readout: log-odds of a smile, read linearly off the embedding.
    blink, smile: MediaPipe's blendshapes, mean of both sides.
    """

    rows: list[dict[str, str]]
    closed: NDArray[np.float64]
    score: NDArray[np.float64]
    readout: NDArray[np.float64]
    blink: NDArray[np.float64]
    smile: NDArray[np.float64]

    def where(self, **wanted: str) -> NDArray[np.bool_]:
        """Return which rows have these values."""
        return np.array([all(row[name] == value for name, value in wanted.items()) for row in self.rows])


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number beside the bar it should reach and what the blendshapes reach."""

    name: str
    value: float
    blendshapes: float | None
    count: int


def read(folder: Path, model: Path | None) -> Tested:
    """Score every face of the test split in folder with model (None: the shipped one)."""
    if not (folder / "items.csv").is_file():
        raise LivecamError(f"no collected faces in {folder}: run python -m tools.default_data {folder}")
    with (folder / "items.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    test = [index for index, row in enumerate(rows) if row["split"] == "test"]
    teach = [index for index, row in enumerate(rows) if row["split"] != "test" and row["smile"]]
    crops = np.load(folder / "crops.npy", mmap_mode="r")
    blendshapes = np.load(folder / "blendshapes.npy")[test]
    with Scorer(model) as scorer:
        scores, taught = _score(scorer, crops, test), _score(scorer, crops, teach)
    smiles = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    smiles.fit(np.stack([one.embedding for one in taught]), [rows[index]["smile"] == "1" for index in teach])

    def mean(name: str) -> NDArray[np.float64]:
        both = [BLENDSHAPE_NAMES.index(f"{name}{side}") for side in ("Left", "Right")]
        return np.asarray(blendshapes[:, both].mean(axis=1), np.float64)

    return Tested(
        rows=[rows[index] for index in test],
        closed=np.array([one.eyes_closed.mean() for one in scores], np.float64),
        score=np.array([one.value for one in scores]),
        readout=smiles.decision_function(np.stack([one.embedding for one in scores])),
        blink=mean("eyeBlink"),
        smile=mean("mouthSmile"),
    )


def _score(scorer: Scorer, crops: NDArray[np.uint8], indices: list[int]) -> list[Score]:
    matrix = np.eye(2, 3, dtype=np.float32)  # where the crops came from does not matter here
    scores: list[Score] = []
    for start in track(range(0, len(indices), 8), "scoring", console=Console(stderr=True), transient=True):
        batch = [FaceCrop(np.ascontiguousarray(crops[index]), matrix) for index in indices[start : start + 8]]
        scores += scorer.score(batch)
    return scores


def measure(tested: Tested) -> list[Figure]:
    """Return all figures."""
    shut = tested.where(source="eyes", eyes="1")
    smiling, serious = tested.where(source="smile", smile="1"), tested.where(source="smile", smile="0")
    figures = []
    for against, is_open in (
        ("labelled open, same set", tested.where(source="eyes", eyes="0")),
        ("London set", tested.where(source="pairs")),
        ("GENKI-4K", tested.where(source="smile")),
        ("portraits", tested.where(source="ratings")),
        ("press photos", tested.where(source="people")),
    ):
        both = shut | is_open
        auc, recall = _separation(shut[both], tested.closed[both])
        blink_auc, blink_recall = _separation(shut[both], tested.blink[both])
        figures.append(Figure(f"closed eyes, AUC against {against}", auc, blink_auc, int(is_open.sum())))
        name = f"closed eyes, recall at 1 % false alarms, {against}"
        figures.append(Figure(name, recall, blink_recall, int(shut.sum())))
    both = smiling | serious
    auc, _ = _separation(smiling[both], tested.score[both])
    smile_auc, _ = _separation(smiling[both], tested.smile[both])
    figures.append(Figure("smile, AUC of the score", auc, smile_auc, int(both.sum())))
    auc, _ = _separation(smiling[both], tested.readout[both])
    figures.append(Figure("smile, AUC of a linear readout of the embedding", auc, smile_auc, int(both.sum())))
    ids = sorted({row["person"] for row in tested.rows if row["source"] == "pairs"})
    pairs = [[int(np.argmax(tested.where(source="pairs", person=i, smile=s))) for s in ("0", "1")] for i in ids]
    neutral, happy = np.array(pairs).T
    higher = float((tested.score[happy] > tested.score[neutral]).mean())
    higher_smile = float((tested.smile[happy] > tested.smile[neutral]).mean())
    figures.append(Figure("London set, smiling scores above neutral", higher, higher_smile, len(ids)))
    fine = float((tested.score[neutral] >= 2.7).mean())
    figures.append(Figure("London set, neutral scores at least 2.7", fine, None, len(ids)))
    low = float((tested.score[shut] <= 2.0).mean())
    figures.append(Figure("closed eyes score at most 2", low, None, int(shut.sum())))
    return figures


def _separation(truth: NDArray[np.bool_], value: NDArray[np.float64]) -> tuple[float, float]:
    """Return AUC, and recall at the most false alarms that are allowed."""
    false_alarms, recall, _ = roc_curve(truth, value)
    return float(roc_auc_score(truth, value)), float(recall[false_alarms <= _FALSE_ALARMS].max())


def main(
    collected: Annotated[Path, typer.Argument(help="Folder that tools.default_data has written.")],
    model: Annotated[Path | None, typer.Option(help="Scorer to test; the shipped one otherwise.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Measure closed eyes, smiles and the order within persons on the test split."""
    figures = measure(read(collected, model))
    if as_json:
        sys.stdout.writelines(json.dumps(asdict(figure)) + "\n" for figure in figures)
        return
    table = Table("figure", "scorer", "blendshapes", "faces")
    for figure in figures:
        beside = "" if figure.blendshapes is None else f"{figure.blendshapes:.4f}"
        table.add_row(figure.name, f"{figure.value:.4f}", beside, str(figure.count))
    Console().print(table)
