"""The second batch of research data, ``more/``, and what the training of each scorer saw of it.

What a figure on its faces is worth depends on that: a scorer that was made before the batch came never saw any of it;
a later one has learned from its train split, and the test split is whole sources of it, or other persons only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy.data import Faces
from benchmarks.common.statistics import Bools

# By source: what its test split is to a scorer that was trained on its train split (model/shipped/items.py).
SECOND_BATCH = {
    "winks": "sources never trained on",
    "clips": "sources never trained on",
    "children": "other children of a source trained on",
    "helen": "other pictures of a source trained on",
}
NAMES = {"winks": "winks", "clips": "clips", "children": "children", "helen": "HELEN"}
_SAW_NONE = re.compile(r"default-[1-3]")  # model_version of scorers that were made before the batch came
_NEVER, _OTHERS = "never trained on", "others than trained on, some of the same sources"


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the second batch. whole: with what others are trained on.  never: whether the scorer saw none of it."""

    whole: bool
    never: bool

    def of(self, *sources: str) -> str:
        """Say what these sources' faces of this scope are to the scorer."""
        words = [_NEVER] if self.never else sorted({SECOND_BATCH[source] for source in sources})
        return f"{'all' if self.whole else 'test split'}, {words[0] if len(words) == 1 else _OTHERS}"

    def rows(self, faces: Faces) -> Bools:
        """Which of faces belong to it."""
        return second_batch(faces) if self.whole else second_batch(faces) & faces.where(split="test")


def scopes(model_version: str) -> list[Scope]:
    """Return what can honestly be reported of a scorer of this version: all of it only if it saw nothing of it.

    A version that is not in the table is taken as trained on the train split, as those that follow it are.
    """
    never = _SAW_NONE.fullmatch(model_version) is not None
    return [Scope(True, never), Scope(False, never)] if never else [Scope(False, never)]


def second_batch(faces: Faces) -> Bools:
    """Which of faces are of the second batch, (N,)."""
    return np.array([row["source"] in SECOND_BATCH for row in faces.rows()], bool)
