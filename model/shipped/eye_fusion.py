"""Fits the one judgement of eyes, ``livecam.scoring.eyes``: how much the scorer's and the landmarker's word count.

    python -m model.shipped.eye_fusion DATA [--model FILE]

On the validation people of what model/shipped/collect.py has collected, on whom neither the scorer's weights nor its
calibration's were trained: their eyes as they are, labelled by people, and open ones painted shut, one or both, and
squeezed. What is painted is shown to the landmarker anew. Real winks are too few to fit on and to test on; they test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from livecam import exit_codes
from livecam.errors import SourceError
from livecam.faces.finder import FaceFinder
from livecam.scoring.eyes import EyeFusionSettings, fuse, fusion_features
from livecam.scoring.scorer import Scorer
from livecam.types import EYE_CLOSED, FaceCrop, Frame, Score
from model.shipped.augment import close_eyes
from model.shipped.augment_settings import ClosingSettings
from model.shipped.collected import Collected
from model.shipped.labels import BLINK, condition_of
from model.shipped.program import run_command
from model.shipped.squeeze import SqueezeSettings, squeeze
from model.shipped.view import View

_Floats = NDArray[np.float64]
_ROOM = 60  # pixels around a painted crop, for the landmarker's detector
_BATCH = 32


@dataclass(frozen=True, slots=True)
class FitSettings:
    """All was set by hand.

    painted: of how many faces one eye or both are painted shut.  both: chance of both.  closed_odds: of a closed eye to
    an open one, among all that the sum is fitted to: the larger, the more closed eyes are found and the more open ones
    are lost; at 0.3 as many of the validation people's open eyes are lost as default-5 lost at 0.2 (1.3 % of those that
    are painted beside others, 0.5 % of all as they are), and 96.1 % of the painted ones are found (95.2).  surplus:
    taken off the scorer's log-odds of an eye that was painted shut beside an open one, for painted winks are what it
    has learned: on 21 real winks that default-3 never saw its log-odds were -0.1 in the median, on painted ones over 9.
    At 0, 2, 3 and 5 exactly the closed eye of those 21 is called closed in 76, 81, 95 and 95 %, and of 2,741 open eyes
    0.40, 0.44, 0.47 and 0.55 % are (by the scorer alone 0.51 %).  strength: inverse of the pull of the weights to zero.
    denied: an unlabelled eye that the scorer is so sure is closed, and whose eyeBlink is so high (denied_blink), is not
    taught as open.
    """

    painted: int = 900
    both: float = 0.3
    closed_odds: float = 0.3
    surplus: float = 3.0
    strength: float = 10.0
    denied: float = 0.9
    denied_blink: float = 0.5


SHIPPED = FitSettings()


@dataclass(frozen=True, slots=True, eq=False)
class Eyes:
    """N faces. scorer, blink: (N, 2), left and right, 0..1.  closed: (N, 2), 1 closed, 0 open, NaN unknown."""

    scorer: _Floats
    blink: _Floats
    closed: _Floats

    def __add__(self, other: Eyes) -> Eyes:
        return Eyes(
            np.concatenate((self.scorer, other.scorer)),
            np.concatenate((self.blink, other.blink)),
            np.concatenate((self.closed, other.closed)),
        )


def as_they_are(data: Collected, scorer: Scorer) -> Eyes:
    """Return the eyes of the validation stills with what people say of them; unlabelled ones are open."""
    indices = data.where("val")
    found = _scored(scorer, (np.ascontiguousarray(data.crops[index]) for index in indices))
    blink = data.blendshapes[indices][:, BLINK].astype(np.float64)
    closed = np.array([_labels(data.rows[index]["eyes"]) for index in indices])
    doubtful = (found > SHIPPED.denied) & (blink > SHIPPED.denied_blink) & (closed == 0)
    unlabelled = np.array([not data.rows[index]["eyes"] for index in indices])
    closed[doubtful & unlabelled[:, None]] = np.nan
    return Eyes(found, blink, closed)


def _labels(eyes: str) -> tuple[float, float]:
    words = (eyes.split() or ["0"]) * 2
    left, right = ({"1": 1.0, "0": 0.0}.get(word, np.nan) for word in (words[0], words[-1]))
    return left, right


def painted(data: Collected, scorer: Scorer) -> Eyes:
    """Return eyes of validation people that were painted shut and squeezed, as scorer and landmarker see them."""
    rng = np.random.default_rng(0)
    indices = data.where("val")
    closing = ClosingSettings(chance=1.0, chance_by_smile=0.0, both=SHIPPED.both, closed_chance=1.0)
    crops, blink, closed = [], [], []
    with FaceFinder(stills=True) as finder:
        for index in rng.permutation(indices)[: SHIPPED.painted].tolist():
            condition, known = condition_of(data, index)
            start = View(np.ascontiguousarray(data.crops[index]), data.landmarks[index], condition, known)
            view = squeeze(close_eyes(start, rng, closing), rng, SqueezeSettings())
            if max(view.condition.eyes_closed) < 1:
                continue
            room = cv2.copyMakeBorder(view.image, _ROOM, _ROOM, _ROOM, _ROOM, cv2.BORDER_REPLICATE)
            faces = finder.find(Frame(np.asarray(room, np.uint8), 0, 0, 0))
            if faces:
                crops.append(view.image)
                blink.append(faces[0].blendshapes[BLINK])
                closed.append([float(one == 1) if one in {0.0, 1.0} else np.nan for one in view.condition.eyes_closed])
    if not crops:
        raise SourceError("no validation face has open eyes that could be painted: collect the faces again")
    eyes = Eyes(_scored(scorer, iter(crops)), np.array(blink, np.float64), np.array(closed))
    one_closed = (eyes.closed == 1) & ((eyes.closed == 1).sum(axis=1) == 1)[:, None]
    odds = fusion_features(eyes.scorer, eyes.blink)[..., 0] - SHIPPED.surplus * one_closed
    return replace(eyes, scorer=1 / (1 + np.exp(-odds)))


def _scored(scorer: Scorer, crops: Iterator[NDArray[np.uint8]]) -> _Floats:
    place = np.eye(2, 3, dtype=np.float32)
    found: list[Score] = []
    batch: list[FaceCrop] = []
    for crop in crops:
        batch.append(FaceCrop(crop, place))
        if len(batch) == _BATCH:
            found += scorer.score(batch)
            batch = []
    found += scorer.score(batch) if batch else ()
    return np.array([score.eyes_closed for score in found], np.float64)


def fit(eyes: Eyes, start: EyeFusionSettings | None = None, settings: FitSettings = SHIPPED) -> EyeFusionSettings:
    """Return the weights that fit eyes best. start: keeps what is not fitted, which is how far a wink is doubted.

    That would be fitted to painted winks, which the landmarker hardly sees.
    """
    kept = start or EyeFusionSettings()
    known = ~np.isnan(eyes.closed).ravel()
    features = fusion_features(eyes.scorer, eyes.blink, kept)[..., :3].reshape(-1, 3)[known]
    closed = eyes.closed.ravel()[known] == 1
    weight = np.where(closed, settings.closed_odds * (~closed).sum() / max(closed.sum(), 1), 1.0)
    model = LogisticRegression(C=settings.strength, max_iter=5000).fit(features, closed, sample_weight=weight)
    scorer, blink, wink = np.asarray(model.coef_, np.float64)[0]
    # The scorer's own probabilities are calibrated already: the sum keeps their slope, and their line between the two.
    offset = float(np.asarray(model.intercept_)[0])
    return replace(
        kept,
        blink=round(float(blink / scorer), 2),
        wink=round(float(wink / scorer), 2),
        offset=round(float(offset / scorer), 2),
    )


def describe(eyes: Eyes, weights: EyeFusionSettings) -> dict[str, float]:
    """Return how right scorer and sum are on eyes: AUC, and shares of closed and open eyes that are called closed."""
    known = ~np.isnan(eyes.closed)
    closed = eyes.closed[known] == 1
    said: dict[str, NDArray[np.floating]] = {
        "scorer": eyes.scorer[known],
        "fused": fuse(eyes.scorer, eyes.blink, weights)[known],
    }
    told: dict[str, float] = {"closed": int(closed.sum()), "open": int((~closed).sum())}
    for name, value in said.items():
        told[f"{name}_auc"] = round(float(roc_auc_score(closed, value)), 5)
        told[f"{name}_found"] = round(float((value[closed] > EYE_CLOSED).mean()), 4)
        told[f"{name}_lost"] = round(float((value[~closed] > EYE_CLOSED).mean()), 4)
    return told


def eye_fusion_command(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="What model.shipped.collect has written.")],
    model: Annotated[Path | None, typer.Option(help="The scorer; without it the one that ships.")] = None,
) -> None:
    """Fit how much the scorer's and the landmarker's word on eyes count; prints the weights, and figures.

    The weights go into livecam/scoring/eyes.py. About three minutes on two cores.
    """
    collected = Collected.read(data)
    with Scorer(model, provider="cpu") as scorer:
        real, made = as_they_are(collected, scorer), painted(collected, scorer)
    weights = fit(real + made)
    notes = Console(stderr=True, soft_wrap=True)
    for name, eyes in (("as they are", real), ("painted shut", made)):
        notes.print(f"{name}: {describe(eyes, weights)}", highlight=False)
    typer.echo(json.dumps(asdict(weights)))


def run(arguments: Sequence[str], *, verbose: bool = False) -> int:
    """Run one command line and return its exit code."""
    return run_command(eye_fusion_command, "model.shipped.eye_fusion", arguments, verbose=verbose)


if __name__ == "__main__":
    exit_codes.start(run)
