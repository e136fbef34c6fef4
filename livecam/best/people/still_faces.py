"""Faces that never change in a burst: a poster, a painting, a print on a shirt. They are no people and do not count.

Even of somebody who holds still lids, gaze and mouth drift, and the blendshapes show it. Only what stays the same to a
hair is left out, and only beside somebody who does change, so that a doll alone is judged as ever. What a hand-held
camera sees of a poster is mostly not told from a person: each small shift of the picture moves its landmarks by more
than a second moves those of somebody who holds still. It counts as before.

Nor do the pixels tell, though a poster's follow one homography: three faces, cut out within a second, brought to 56
pixels and registered on the first (ECC), differ in the block of 5 x 5 that differs most by this share of the variance:
of 300 faces of 41 clips (``videos``, ``more/clips``) by 0.0016 at least (two people who hold still; 15 below 0.01), of
258 posters, made of a frame of these clips by warping it as a hand would and adding noise, by 0.003 to 0.008 in the
median. A limit that loses nobody, half of the least, finds a twelfth of the posters.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import numpy as np

from livecam.best.records.frame import FaceRecord, FrameRecord
from livecam.types import FloatArray


@dataclass(frozen=True, slots=True)
class StillSettings:
    """From when on a face is taken for a picture of one.

    Measured on 43 clips of ``videos`` and ``more/clips``, each face at three times: the blendshape of the 52 that
    changes most does so by at least 0.011 within half a second (1,956 times; one in a hundred: 0.036), and by at least
    0.035 within one second (1,855; 0.050) and within two (1,641; 0.076). What stands here is half of that. A poster
    before a camera on a tripod, in 720p without noise, changes by 0.002; with noise of 1 grey level by 0.06, and moved
    by 2 pixels by 0.15: these two are not left out.
    """

    min_photos: int = 3
    # Seconds from the first to the last photo, as the cameras' clocks say it, and the most that the blendshape that
    # changes most may change.
    min_span_s: float = 1.0
    most_change: float = 0.017
    # Of the photos: in so many there must be another face. Set by hand.
    min_share_with_others: float = 0.5


_SETTINGS = StillSettings()


def without_still_faces(records: Sequence[FrameRecord]) -> tuple[tuple[FrameRecord, ...], int]:
    """Return the records of one burst without the faces that never change, and how many such faces there were.

    records: in the order of time. They come back as they are where there are too few, or where nobody else is seen.
    """
    unchanged = tuple(records)
    if len(records) < _SETTINGS.min_photos or _span_s(records) < _SETTINGS.min_span_s:
        return unchanged, 0
    still: list[list[FaceRecord]] = []
    left_out: set[int] = set()
    for face in records[0].faces:
        seen = _seen_in_all(face, records, left_out)
        if seen:
            still.append(seen)
            left_out |= {id(one) for one in seen}
    if not still:
        return unchanged, 0
    living = tuple(
        replace(record, faces=tuple(face for face in record.faces if id(face) not in left_out)) for record in records
    )
    if sum(bool(record.faces) for record in living) < _SETTINGS.min_share_with_others * len(records):
        return unchanged, 0
    return living, len(still)


def _seen_in_all(face: FaceRecord, records: Sequence[FrameRecord], taken: AbstractSet[int]) -> list[FaceRecord]:
    """The same face in each record, if it never changes; else nothing.  taken: ids of faces that are another's."""
    first = _shapes(face)
    seen = [face]
    for record in records[1:]:
        free = (other for other in record.faces if id(other) not in taken)
        likest = min(free, key=lambda other: float(np.abs(_shapes(other) - first).max()), default=None)
        if likest is None:
            return []
        seen.append(likest)
    changes = float(np.ptp([_shapes(one) for one in seen], axis=0).max())
    return seen if changes <= _SETTINGS.most_change else []


def _shapes(face: FaceRecord) -> FloatArray:
    return np.asarray(face.blendshapes, np.float32)


def _span_s(records: Sequence[FrameRecord]) -> float:
    """Seconds from the first to the last at least, 0 if unknown: clocks of whole seconds may say one too many."""
    first, last = records[0], records[-1]
    if first.t_ms is not None and last.t_ms is not None:
        return (last.t_ms - first.t_ms) / 1000
    began, ended = first.captured, last.captured
    if began is None or ended is None or (began.tzinfo is None) != (ended.tzinfo is None):
        return 0.0
    whole = not (began.microsecond or ended.microsecond)
    return (ended - began).total_seconds() - whole
