"""Eyes that are closed one at a time, painted onto open ones of every source.

A painted lid (``model/shipped/painted_lids.py``) leaves everything else of a face as it was, so nothing but the eye can
tell. The scorer was trained on lids painted by the same brush, on other people's faces; the frames labelled by eye are
the check.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks.accuracy.data import Faces, ScorerOutputs
from benchmarks.common.statistics import Bools, Figure, Floats, share
from livecam.types import EYE_CLOSED, LANDMARKS, UInt8Array
from model.shipped.painted_lids import paint_lid

SECTION = "winks"
Painted = Literal["none", "left", "right", "both"]
STATES: tuple[Painted, ...] = ("none", "left", "right", "both")
_SEED = 20
_SOURCES = (("every set", ""), ("labelled open", "eyes"), ("London set", "pairs"), ("GENKI-4K", "smile"))
_MORE = (("portraits", "ratings"), ("press photos", "people"))


def painted(faces: Faces, state: Painted) -> Iterator[UInt8Array]:
    """Yield the crop of each face with its left eye, its right one, or both painted shut; the same ones every time."""
    for at in range(len(faces)):
        image = faces.crop(at)
        points = np.zeros((LANDMARKS, 3), np.float32)
        points[:, :2] = faces.data.landmarks[faces.index[at]]
        rng = np.random.default_rng((_SEED, int(faces.index[at])))
        for eye in ("left", "right"):
            if state in {eye, "both"}:
                image = paint_lid(image, points, eye, 1.0, rng)
        yield image


@dataclass(frozen=True, slots=True)
class Named:
    """Which eye the scorer names, (N,) each. above: the closed one is the likelier. exactly: it alone is closed."""

    above: Bools
    exactly: Bools


def named(closed: Floats, eye: int) -> Named:
    """Judge closed, (N, 2), of faces whose eye number 0 (left) or 1 (right) alone is closed."""
    own, other = closed[:, eye], closed[:, 1 - eye]
    return Named(own > other, (own > EYE_CLOSED) & (other <= EYE_CLOSED))


def measure(faces: Faces, outputs: dict[Painted, ScorerOutputs]) -> list[Figure]:
    """Return by source how often the right eye is named. outputs: for each of painted, all (N,)."""
    both = [named(outputs["left"].closed, 0), named(outputs["right"].closed, 1)]
    figures = []
    for title, source in _SOURCES + _MORE:
        own = faces.where(source=source) if source else np.ones(len(faces), bool)
        if not own.any():
            continue
        above, exactly = (np.concatenate([getattr(one, how)[own] for one in both]) for how in ("above", "exactly"))
        evidence = faces.evidence.take(own)
        twice = evidence.take(np.tile(np.arange(int(own.sum())), 2))  # with one eye painted, and with the other
        shut = _every(outputs["both"].closed[own] > EYE_CLOSED)
        alone = _every(outputs["none"].closed[own] <= EYE_CLOSED)
        figures += [
            Figure(SECTION, f"painted, {title}: the painted eye is above the other", share(above, twice), None, 0.95),
            Figure(SECTION, f"painted, {title}: exactly that eye is called closed", share(exactly, twice), None, 0.95),
            Figure(SECTION, f"painted, {title}: both painted, both called closed", share(shut, evidence)),
            Figure(SECTION, f"painted, {title}: none painted, none called closed", share(alone, evidence)),
        ]
    low = np.concatenate([outputs[state].score <= 2 for state in STATES[1:]])
    thrice = faces.evidence.take(np.tile(np.arange(len(faces)), len(STATES) - 1))
    figures.append(Figure(SECTION, "painted, every set: scores at most 2", share(low, thrice)))
    return figures


def _every(eyes: Bools) -> Bools:
    return np.asarray(eyes.all(axis=1), np.bool_)
