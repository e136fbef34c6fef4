"""What a face scores where closed eyes are forgiven, and what passes for a laugh: the figures behind ``--eyes``.

    python -m benchmarks.accuracy.forgiven_eyes DATA

DATA is what ``python -m model.shipped.collect`` wrote. Nobody can say what a face with closed eyes would score with
them open, so the rating that the gate gives back (``livecam.scoring.eye_policy``) is held against what it should agree
with: the same network at another precision, and the mouth. Most of these faces were trained on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from benchmarks.accuracy.data import Faces, ScorerOutputs, read, score_images
from benchmarks.accuracy.seen import SeenFaces, look
from benchmarks.accuracy.sources import second_batch
from benchmarks.common.statistics import Bools, Floats
from livecam import exit_codes
from livecam.scoring.eye_policy import is_laugh, rating_by_mouth, with_open_eyes
from livecam.scoring.eyes import judge_eyes
from livecam.scoring.scorer import Scorer
from livecam.types import Score
from model.shipped.program import run_command

_CLIPS, _STILLS = ("videos", "clips"), ("children", "helen", "winks")
_FP16 = Path("livecam/assets/scorer-fp16.onnx")


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. value: a share, points of the score, or a correlation, as the name says.  count: of faces."""

    name: str
    value: float
    count: int


def closed_faces(faces: Faces, outputs: ScorerOutputs, other: ScorerOutputs) -> Iterator[Line]:
    """Yield the figures of faces with closed eyes. outputs: of the scorer for them; other: at the other precision."""
    blind = _nothing_left(outputs)
    yield Line("share of which the scorer is so sure that nothing is left", float(blind.mean()), len(faces))
    score, told, both = forgiven(faces, outputs), ~blind, ~(blind | _nothing_left(other))
    if both.any():
        yield from _quantiles(
            "points between the precisions", np.abs(score - forgiven(faces, other))[both], (0.5, 0.99, 1.0)
        )
    if told.sum() > 1:
        shapes = _shapes(faces.take(told))
        smile = faces.take(told).sides("mouthSmile").mean(axis=1)
        yield Line("correlation with mouthSmile", float(np.corrcoef(score[told], smile)[0, 1]), int(told.sum()))
        off = np.abs(score[told] - np.array([rating_by_mouth(one) for one in shapes]))
        yield from _quantiles("points by which the mouth's curve is off", off, (0.5, 0.9))


def forgiven(faces: Faces, outputs: ScorerOutputs) -> Floats:
    """Return the scores of faces, (N,), 1..5, with their eyes forgiven, as the camera comes to them."""
    closed, probs = outputs.closed.astype(np.float32), outputs.probs.astype(np.float32)
    found = []
    for at, shapes in enumerate(_shapes(faces)):
        judged = judge_eyes(Score(probs[at], closed[at], outputs.embedding[at]), shapes)
        found.append(with_open_eyes(judged, shapes).value)
    return np.array(found, np.float64)


def laughs(every: Faces, seen: SeenFaces) -> Iterator[Line]:
    """Yield which shares pass for a laugh; the scorer has no part in it. seen: those of every of the second batch."""
    narrow = np.isin(seen.state, ("closed", "half")).all(axis=1) & seen.source(*_STILLS)
    blink = np.array([row["source"] in _CLIPS and row["eyes"] == "1" for row in every.rows()], bool)
    for name, faces, among in (
        (
            "laughs and broad smiles, eyes closed or narrow",
            seen.faces,
            narrow & np.isin(seen.mouth, ("laugh", "smile")),
        ),
        ("no smile, eyes closed or narrow", seen.faces, narrow & (seen.mouth == "calm")),
        ("GENKI-4K, no smile", every, every.where(source="smile", smile="0")),
        ("frames of clips with both eyes closed", every, blink),
    ):
        if among.any():
            passes = [is_laugh(shapes) for shapes in _shapes(faces.take(among))]
            yield Line(f"share that passes for a laugh: {name}", float(np.mean(passes)), len(passes))


def _nothing_left(outputs: ScorerOutputs) -> Bools:
    """Which faces the scorer, in single precision, gives no chance at all of two open eyes, (N,)."""
    return np.asarray((1 - outputs.closed.astype(np.float32)).min(axis=1) <= 0, np.bool_)


def _quantiles(name: str, values: Floats, quantiles: Sequence[float]) -> Iterator[Line]:
    for quantile in quantiles:
        yield Line(f"{name}, quantile {quantile:g}", float(np.quantile(values, quantile)), len(values))


def _shapes(faces: Faces) -> NDArray[np.float32]:
    return faces.data.blendshapes[faces.index]


def main(
    data: Annotated[Path, typer.Argument(help="Collected faces.")],
    research: Annotated[Path, typer.Option(help="The research data.")] = Path("../shared/data"),
    model: Annotated[Path | None, typer.Option(help="Scorer to measure; the shipped int8 file otherwise.")] = None,
    against: Annotated[Path, typer.Option(help="The same network at another precision.")] = _FP16,
) -> None:
    """Say what faces with closed eyes score where these are forgiven, and what passes for a laugh: JSON, one a line."""
    every = read(data, research)
    closed = every.take(every.where(source="eyes", eyes="1"))
    outputs = []
    for path in (model, against):
        with Scorer(path) as scorer:
            images = (closed.crop(at) for at in range(len(closed)))
            outputs.append(score_images(scorer, images, len(closed), "faces with closed eyes"))
    tested = closed.where(split="test")
    parts = {
        "all": closed_faces(closed, *outputs),
        "test split": closed_faces(closed.take(tested), *(one.take(tested) for one in outputs)),
        "laughs": laughs(every, look(every.take(second_batch(every)), research)),
    }
    for part, lines in parts.items():
        sys.stdout.writelines(json.dumps({"part": part, **asdict(line)}) + "\n" for line in lines)


def run(arguments: Sequence[str], *, verbose: bool = False) -> int:
    """Run one command line and return the exit code."""
    return run_command(main, "benchmarks.accuracy.forgiven_eyes", arguments, verbose=verbose)


if __name__ == "__main__":
    exit_codes.start(run)
