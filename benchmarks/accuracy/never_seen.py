"""Eyes of whole sources that a scorer's training left out (``python -m model.shipped.train --without``).

All of their pictures count, of every split, for the scorer has seen none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from benchmarks.accuracy.data import Faces
from benchmarks.accuracy.judged import Judgement
from benchmarks.accuracy.second_batch import called_closed
from benchmarks.accuracy.seen import look
from benchmarks.accuracy.sources import SECOND_BATCH
from benchmarks.common.statistics import Figure, Words

SECTION = "sources never seen"
NOTE = (
    "Whole sources that this scorer's training left out, all their pictures, each eye by itself: closed by a person's "
    "word, open where none says otherwise. The weights of the camera's sum of scorer and landmarker were fitted for "
    "another scorer, with faces of these sources among others; the scorer's own column is what counts here."
)


def left_out(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """Return the sources that the scorer of this metadata never saw; none if its file says nothing of it."""
    return tuple(source for source in metadata.get("left_out", "").split(", ") if source)


def with_states(faces: Faces, source: str, research: Path) -> tuple[Faces, Words]:
    """Return the faces of source whose eyes are known, (N,), and what they are, (N, 2): open, closed or another word.

    Raises SourceError where a table of the research data is not whole.
    """
    own = faces.take(faces.where(source=source))
    if source in SECOND_BATCH:
        seen = look(own, research)
        return seen.faces, seen.state
    closed, is_open = own.where(eyes="1") | (own.state == "closed"), own.open()
    states = np.where(closed, "closed", np.where(is_open, "open", ""))
    known = states != ""
    return own.take(known), np.repeat(states[known, None], 2, axis=1)


def measure(source: str, states: Words, judged: Judgement) -> Iterator[Figure]:
    """Yield the figures of one source. states: (N, 2), see ``with_states``.  judged: of the same faces."""
    shut, opened = states == "closed", states == "open"
    both_open = opened.all(axis=1)
    if shut.any() and opened.any():
        yield from judged.separation(SECTION, source, shut, opened)
    if shut.any():
        yield judged.eyes(
            SECTION, f"{source}: closed eyes called closed", lambda of: called_closed(of, shut, judged.evidence)
        )
    if both_open.any():
        yield judged.alarms(SECTION, f"{source}: open eyes called closed", both_open, 0.01)
