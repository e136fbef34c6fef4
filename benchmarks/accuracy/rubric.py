"""The scale on people that no training has seen: views whose rating the rubric knows, and calibration.

Each test face is damaged at random as in training (``model/shipped/augment.py``) but by a seed of its own, so that all
five ratings occur in every set; ``model/shipped/rubric.py`` says what the result deserves. The rubric reads the mouth
off MediaPipe's blendshapes, so a difference of a few tenths can be either's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from benchmarks.accuracy.calibration import Calibration, of_each_rating, of_ratings, of_states
from benchmarks.accuracy.data import Faces, ScorerOutputs
from benchmarks.accuracy.winks import Painted
from benchmarks.common.statistics import Bools, Figure, Floats, Words, estimate
from livecam.types import UInt8Array
from model.shipped import rubric
from model.shipped.augment import augment
from model.shipped.labels import condition_of
from model.shipped.view import View

SECTION = "the scale"
NOTES = {
    SECTION: "Damaged views: made and rated by the training's own damage and rubric as they are in this checkout "
    "(`model/shipped`). Since 28 November 2026 these know squeezed eyes and more mouths, which a scorer made before "
    "has not learned; the same holds for their calibration."
}
_SEED = 21


@dataclass(frozen=True, slots=True, eq=False)
class Deserved:
    """What views deserve. rating: (N,), 1..5.  closed: (N, 2), closedness.  known: (N, 2), whether that is known."""

    rating: Floats
    closed: Floats
    known: Bools


def views(faces: Faces, made: list[View]) -> Iterator[UInt8Array]:
    """Yield one random view of each face, always the same, and put it, without its picture, at the end of made."""
    rows = faces.rows()
    for at, index in enumerate(faces.index):
        condition, known = condition_of(faces.data, int(index))
        start = View(faces.crop(at), faces.data.landmarks[index], condition, known)
        view = augment(start, float(rows[at]["face_px"]), np.random.default_rng((_SEED, int(index))))
        made.append(View(np.zeros((1, 1, 3), np.uint8), view.landmarks, view.condition, view.eyes_known))
        yield view.image


def deserved(made: list[View]) -> Deserved:
    """Return what these views deserve; eyes that can hardly be seen count as not known."""
    conditions = [view.condition for view in made]
    visible = [one.dark < 4 and one.blur < 8 and one.burnt < 0.6 and one.covered < 0.5 for one in conditions]
    return Deserved(
        np.array([rubric.rate(one) for one in conditions], np.float64),
        np.array([one.eyes_closed for one in conditions], np.float64).reshape(-1, 2),
        np.array([view.eyes_known for view in made], bool).reshape(-1, 2) & np.array(visible, bool)[:, None],
    )


def distance(faces: Faces, outputs: ScorerOutputs, due: Deserved) -> list[Figure]:
    """Return how near the score comes to the rubric; all (N,)."""
    error = np.abs(outputs.score - due.rating)
    distance = estimate(faces.blocks, lambda at: float(error[at].mean()))
    order = estimate(faces.blocks, lambda at: float(spearmanr(outputs.score[at], due.rating[at]).statistic))
    return [
        Figure(SECTION, "damaged views, mean distance of the score from the rubric", distance, unit="points"),
        Figure(SECTION, "damaged views, rank correlation of the score with the rubric", order, unit=""),
    ]


def calibrations(
    labelled: tuple[Faces, ScorerOutputs],
    painted: tuple[Faces, dict[Painted, ScorerOutputs]],
    damaged: tuple[Faces, ScorerOutputs, Deserved],
) -> list[Calibration]:
    """Return the calibration of both outputs.

    labelled: stills as they are.  painted: open eyes, with each kind of painted lids.  damaged: the random views.
    """
    faces, outputs = labelled
    found = []
    shut = faces.where(source="eyes", eyes="1")
    for name, rows in (
        ("eyes_closed, labelled set", faces.where(source="eyes", eyes="1") | faces.where(source="eyes", eyes="0")),
        ("eyes_closed, labelled closed and every set's open", shut | faces.open()),
    ):
        found.append(_of_eyes(name, faces.blocks[rows], outputs.closed[rows], _both(shut[rows])))
    faces, by_state = painted
    truth = {"none": (0, 0), "left": (1, 0), "right": (0, 1), "both": (1, 1)}
    predicted = np.concatenate([one.closed for one in by_state.values()])
    observed = np.concatenate([np.tile(np.array(truth[state], np.float64), (len(faces), 1)) for state in by_state])
    found.append(_of_eyes("eyes_closed, painted lids", np.tile(faces.blocks, len(by_state)), predicted, observed))
    faces, outputs, due = damaged
    known = due.known.ravel()
    closed, deserved_closed = outputs.closed.ravel()[known], due.closed.ravel()[known]
    found.append(of_states("eyes_closed, damaged views", np.repeat(faces.blocks, 2)[known], closed, deserved_closed))
    wanted = np.array([rubric.soft_label(float(rating)) for rating in due.rating], np.float64).reshape(-1, 5)
    found.append(of_ratings("rating_probs, damaged views", faces.blocks, outputs.probs, wanted))
    return found + of_each_rating(faces.blocks, outputs.probs, wanted)


def _both(shut: Bools) -> Floats:
    return np.repeat(shut[:, None], 2, axis=1).astype(np.float64)


def _of_eyes(name: str, blocks: Words, predicted: Floats, observed: Floats) -> Calibration:
    return of_states(name, np.repeat(blocks, 2), predicted.ravel(), observed.ravel())
