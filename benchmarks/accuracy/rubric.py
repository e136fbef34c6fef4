"""What the scale means on people never seen: views whose rating the rubric knows, and how calibrated the outputs are.

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
from benchmarks.accuracy.data import Faces, Scored
from benchmarks.accuracy.winks import Painted
from benchmarks.common.statistics import Bools, Figure, Floats, Words, estimate
from livecam.types import UInt8Array
from model.shipped import rubric
from model.shipped.augment import View, augment
from model.shipped.views import condition_of

SECTION = "the scale"
_SEED = 21


@dataclass(frozen=True, slots=True, eq=False)
class Deserved:
    """What views deserve. rating: (N,), 1..5.  closed: (N, 2), closedness.  known: (N, 2), whether it may be asked."""

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
    """Return what these views deserve; no eye is asked for that can hardly be seen."""
    seen = [m.dark < 4 and m.blur < 8 and m.burnt < 0.6 and m.covered < 0.5 for m in (view.condition for view in made)]
    return Deserved(
        np.array([rubric.rate(view.condition) for view in made], np.float64),
        np.array([view.condition.eyes_closed for view in made], np.float64).reshape(-1, 2),
        np.array([view.eyes_known for view in made], bool).reshape(-1, 2) & np.array(seen, bool)[:, None],
    )


def scale(faces: Faces, seen: Scored, due: Deserved) -> list[Figure]:
    """Return how near the score comes to the rubric; all (N,)."""
    error = np.abs(seen.score - due.rating)
    distance = estimate(faces.blocks, lambda at: float(error[at].mean()))
    order = estimate(faces.blocks, lambda at: float(spearmanr(seen.score[at], due.rating[at]).statistic))
    return [
        Figure(SECTION, "damaged views, mean distance of the score from the rubric", distance, unit="points"),
        Figure(SECTION, "damaged views, rank correlation of the score with the rubric", order, unit=""),
    ]


def calibrations(
    labelled: tuple[Faces, Scored],
    painted: tuple[Faces, dict[Painted, Scored]],
    damaged: tuple[Faces, Scored, Deserved],
) -> list[Calibration]:
    """Return the calibration of both outputs.

    labelled: stills as they are.  painted: open eyes, with each kind of painted lids.  damaged: the random views.
    """
    faces, seen = labelled
    found = []
    shut = faces.where(source="eyes", eyes="1")
    for name, rows in (
        ("eyes_closed, labelled set", faces.where(source="eyes", eyes="1") | faces.where(source="eyes", eyes="0")),
        ("eyes_closed, labelled closed and every set's open", shut | faces.open()),
    ):
        found.append(_of_eyes(name, faces.blocks[rows], seen.closed[rows], _both(shut[rows])))
    faces, by_state = painted
    truth = {"none": (0, 0), "left": (1, 0), "right": (0, 1), "both": (1, 1)}
    said = np.concatenate([one.closed for one in by_state.values()])
    true = np.concatenate([np.tile(np.array(truth[state], np.float64), (len(faces), 1)) for state in by_state])
    found.append(_of_eyes("eyes_closed, painted lids", np.tile(faces.blocks, len(by_state)), said, true))
    faces, seen, due = damaged
    known = due.known.ravel()
    blocks = np.repeat(faces.blocks, 2)[known]
    found.append(of_states("eyes_closed, damaged views", blocks, seen.closed.ravel()[known], due.closed.ravel()[known]))
    wanted = np.array([rubric.soft_label(float(rating)) for rating in due.rating], np.float64).reshape(-1, 5)
    found.append(of_ratings("rating_probs, damaged views", faces.blocks, seen.probs, wanted))
    return found + of_each_rating(faces.blocks, seen.probs, wanted)


def _both(shut: Bools) -> Floats:
    return np.repeat(shut[:, None], 2, axis=1).astype(np.float64)


def _of_eyes(name: str, blocks: Words, said: Floats, true: Floats) -> Calibration:
    return of_states(name, np.repeat(blocks, 2), said.ravel(), true.ravel())
