"""What was found in photos as one person sees it: the same records, rated by a learned taste.

The cache keeps the scorer's own word, so that a taste can change or be turned off and nothing is looked at again. So
does a record, in ``open_eyes_probs``: from that lessons are made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from livecam.best.ranking.lesson_faces import lesson_face_of
from livecam.best.records.frame import FaceRecord, FrameRecord, Tasted
from livecam.best.records.scan_result import ScanResult
from livecam.scoring.eye_policy import closed_reason, gated
from livecam.taste.head import TasteHead
from livecam.taste.resting import own_eyes
from livecam.types import EMBEDDING, EYE_REASONS, Reason, Score


@dataclass(frozen=True, slots=True)
class TasteWeights:
    """How much a learned taste counts beside the faults of a frame.

    logits_a_point: of the taste's, for a point of the ranking. With 40 pairs of tastes that are stated as a rule
    (``benchmarks.taste``) 2.5 and 1.5 turn 86 and 88 % of the bursts where it matters, and the score alone, which ends
    at 1 and 5, turns 73.  logits_in_full: that a point of the scorer is worth to one who likes what anybody likes; with
    less, what anybody likes of mouth and gaze counts as much less. Set by hand.
    """

    logits_a_point: float = 1.5
    logits_in_full: float = 2.5


_SETTINGS = TasteWeights()


def by_taste(results: Sequence[ScanResult], head: TasteHead | None) -> list[ScanResult]:
    """Return results with every face rated by head; as they are where that is None."""
    if head is None:
        return list(results)
    return [replace(result, records=rated(result.records, head)) for result in results]


def rated(records: Sequence[FrameRecord], head: TasteHead) -> tuple[FrameRecord, ...]:
    """Return records with every face rated by head."""
    return tuple(
        replace(record, faces=tuple(_rated(record, place, head) for place in range(len(record.faces))))
        for record in records
    )


def key_of_taste(head: TasteHead | None) -> bytes:
    """Return bytes that change with all that a head says of a face."""
    if head is None:
        return b""
    numbers = repr((head.score, head.offset, head.resting)).encode()
    arrays = (head.embedding, head.signals, head.thresholds)
    return hashlib.sha256(numbers + b"".join(array.tobytes() for array in arrays)).digest()


def _rated(record: FrameRecord, place: int, head: TasteHead) -> FaceRecord:
    face = record.faces[place]
    kept = lesson_face_of(replace(record, faces=(face,)), "any")
    if kept is None:
        return face
    utility = head.of_face(kept)
    probs = head.probs(utility)
    shared = min(max(head.score / _SETTINGS.logits_in_full, 0.0), 1.0)
    tasted = Tasted(utility / _SETTINGS.logits_a_point, shared, face.eyes_closed)
    opened = Score(probs, np.zeros(2, np.float32), np.zeros(EMBEDDING, np.float32))
    if Reason.EYES_HIDDEN in face.reasons:
        return replace(
            face, score=opened.value, rating_probs=_numbers(opened), open_eyes_score=opened.value, tasted=tasted
        )
    eyes = own_eyes(face.eyes_closed, face.blendshapes, head.resting)
    seen = gated(opened, probs, np.asarray(eyes, np.float32))
    return replace(
        face,
        score=seen.value,
        rating_probs=_numbers(seen),
        open_eyes_score=opened.value,
        eyes_closed=eyes,
        reasons=_reasons(face, seen),
        tasted=tasted,
    )


def _reasons(face: FaceRecord, score: Score) -> tuple[Reason, ...]:
    """The reasons, with the eyes as they are judged now."""
    closed = closed_reason(score)
    others = tuple(reason for reason in face.reasons if reason not in EYE_REASONS)
    return others if closed is None else (closed, *others)


def _numbers(score: Score) -> tuple[float, ...]:
    return tuple(score.rating_probs.tolist())
