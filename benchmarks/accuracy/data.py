"""The faces of the accuracy report, their labels, and the scorer's outputs for them.

DATA is what ``python -m model.shipped.collect`` wrote. Beside it stand three tables of labels that were given by eye,
from contact sheets, ``labels/glasses.csv``, ``labels/portraits_closed.csv`` and ``labels/smiles.csv``, and the columns
sex and ethnicity of the research data's ``ratings/images.csv``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from benchmarks.common.statistics import Bools, Evidence, Floats, Ints, Words
from benchmarks.labelled.labels import label_rows
from livecam.errors import LivecamError
from livecam.faces.mesh import blendshape_places
from livecam.scoring.scorer import Scorer
from livecam.types import FaceCrop, Score, UInt8Array
from model.shipped.collected import Collected

_COLUMNS = {"source", "file", "frame", "person", "split", "eyes", "smile", "face_px"}
_BATCH = 16
_BLOCK = 40  # neighbouring files that model.shipped.collect keeps on one side of the split


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Some of DATA's faces. index: (N,), which.

    blocks: (N,), what is drawn together in a bootstrap.  state: (N,), by eye, "" where nobody wrote anything: closed,
    down (the lids hide the pupils), left or right (one eye closed, the subject's), unsure.  glasses: (N,), none,
    glasses, sunglasses, unsure; "" where nobody looked.  smile: (N,), yes, no, unsure; "" where nobody looked.
    sex, ethnicity: (N,), as the portraits' set names them.
    """

    data: Collected
    index: Ints
    blocks: Words
    state: Words
    glasses: Words
    smile: Words
    sex: Words
    ethnicity: Words

    def __len__(self) -> int:
        return len(self.index)

    def rows(self) -> list[dict[str, str]]:
        """The faces' rows of items.csv."""
        return [self.data.rows[i] for i in self.index]

    @property
    def evidence(self) -> Evidence:
        """Which of the faces hang together: a person's, a clip's, and neighbouring files that may show one person."""
        return Evidence(self.blocks, np.array([unit_of(row) for row in self.rows()], np.str_))

    def where(self, **wanted: str) -> Bools:
        """Return which have these values in items.csv."""
        return np.array([all(row[name] == value for name, value in wanted.items()) for row in self.rows()], bool)

    def take(self, chosen: Bools | Ints) -> Self:
        """Return the chosen of these."""
        words = (self.blocks, self.state, self.glasses, self.smile, self.sex, self.ethnicity)
        return type(self)(self.data, self.index[chosen], *(part[chosen] for part in words))

    def crop(self, at: int) -> UInt8Array:
        """The crop of face number at of these, uint8 (224, 224, 3)."""
        return np.ascontiguousarray(self.data.crops[self.index[at]])

    def sides(self, name: str) -> Floats:
        """Return MediaPipe's values, (N, 2), left and right, of a blendshape that has two sides."""
        return np.asarray(self.data.blendshapes[self.index][:, list(blendshape_places(name))], np.float64)

    def pixels(self) -> Floats:
        """The height of each face in its own picture, (N,)."""
        return np.array([float(row["face_px"]) for row in self.rows()])

    def open(self, *, unsure: bool = False) -> Bools:
        """Return which stills show two open eyes: no label says otherwise, and no sunglasses hide them.

        unsure: count those too in which the labeller could not tell.
        """
        stills = [row["source"] not in {"photos", "videos"} and "1" not in row["eyes"] for row in self.rows()]
        fine = np.isin(self.state, ["", "unsure"] if unsure else [""]) & (self.glasses != "sunglasses")
        return np.asarray(np.array(stills, bool) & fine, np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class ScorerOutputs:
    """The scorer's outputs for N crops.

    closed: (N, 2), left and right.  score: (N,), 1..5.  probs: (N, 5).  embedding: (N, 512).
    """

    closed: Floats
    score: Floats
    probs: Floats
    embedding: NDArray[np.float32]

    def take(self, chosen: Bools | Ints) -> Self:
        """Return the outputs for the chosen."""
        return type(self)(self.closed[chosen], self.score[chosen], self.probs[chosen], self.embedding[chosen])

    def followed_by(self, others: ScorerOutputs) -> ScorerOutputs:
        """Return these and the others, in this order."""
        return ScorerOutputs(
            np.concatenate([self.closed, others.closed]),
            np.concatenate([self.score, others.score]),
            np.concatenate([self.probs, others.probs]),
            np.concatenate([self.embedding, others.embedding]),
        )

    @property
    def worse(self) -> Floats:
        """The probability that the more closed of the eyes is closed, (N,)."""
        return np.asarray(self.closed.max(axis=1, initial=0))


def read(folder: Path, research: Path) -> Faces:
    """Read all faces in folder. research: the research data, for sex and ethnicity, which are left out without it."""
    if not (folder / "items.csv").is_file():
        raise LivecamError(f"no collected faces in {folder}: run python -m model.shipped.collect {folder}")
    rows = _table(folder / "items.csv")
    lacking = _COLUMNS - set(rows[0] if rows else ())
    if lacking:
        what = f"has no column {', '.join(sorted(lacking))}" if rows else "is empty"
        raise LivecamError(f"{folder / 'items.csv'} {what}: run python -m model.shipped.collect {folder} again")
    states, glasses = (
        {(row["source"], row["file"]): row for row in label_rows(name)}
        for name in ("portraits_closed.csv", "glasses.csv")
    )
    smiles = {row["file"]: row["smile"] for row in label_rows("smiles.csv")}
    people = {row["file"]: row for row in _table(research / "ratings/images.csv")}
    own = [people.get(row["file"], {}) if row["source"] == "ratings" else {} for row in rows]

    def words(values: Iterable[str]) -> Words:
        return np.array(list(values), np.str_)

    return Faces(
        Collected.read(folder),
        np.arange(len(rows)),
        words(block_of(row) for row in rows),
        words(states.get((row["source"], row["file"]), {}).get("eyes", "") for row in rows),
        words(glasses.get((row["source"], row["file"]), {}).get("glasses", "") for row in rows),
        words(smiles.get(row["file"], "") if row["source"] == "smile" else "" for row in rows),
        words(one.get("sex", "") for one in own),
        words(one.get("ethnicity", "") for one in own),
    )


def _table(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def block_of(row: dict[str, str]) -> str:
    """Return the name of row's block, what is drawn together: a person, a clip, or neighbouring files."""
    name, _, number = Path(row["file"]).stem.rpartition("_")
    if row["source"] == "eyes" and number.isdigit():
        return f"eyes {name} {int(number) // _BLOCK}"
    return unit_of(row)


def unit_of(row: dict[str, str]) -> str:
    """Return the name of row's unit, one piece of evidence: a person, a clip, or a picture of nobody knows whom."""
    return f"{row['source']} {row['person'] or row['file']}"


def score_images(scorer: Scorer, images: Iterable[UInt8Array], count: int, what: str) -> ScorerOutputs:
    """Score count images, uint8 (224, 224, 3) each, in batches, under a progress bar that says what they are."""
    matrix = np.eye(2, 3, dtype=np.float32)  # where the crops came from does not matter here

    def batches() -> Iterator[list[FaceCrop]]:
        source = iter(images)
        while batch := [FaceCrop(image, matrix) for image in islice(source, _BATCH)]:
            yield batch

    found: list[Score] = []
    total = -(-count // _BATCH)
    console = Console(stderr=True)
    bar = track(batches(), what, total, console=console, transient=True, disable=not console.is_terminal)
    for batch in bar:
        found += scorer.score(batch)
    return ScorerOutputs(
        np.array([one.eyes_closed for one in found], np.float64).reshape(-1, 2),
        np.array([one.value for one in found], np.float64),
        np.array([one.rating_probs for one in found], np.float64).reshape(-1, 5),
        np.array([one.embedding for one in found], np.float32).reshape(-1, 512),
    )
