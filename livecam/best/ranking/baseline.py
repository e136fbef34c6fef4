"""What is usual for one person in a group, which each of their faces is compared with."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livecam.best.ranking.expression import Part
from livecam.best.ranking.mouth_cover import lower_median, usual_cover
from livecam.best.records.frame import FaceRecord
from livecam.faces.mesh import lids_down
from livecam.types import Reason

Liked = Mapping[Part, float]  # points, see ``Expression.points``


@dataclass(frozen=True, slots=True)
class PersonBaseline:
    """What is usual for one person in the group.

    lids: how far down they are when the eyes are open, 0..1.  level: index of the largest size at which the
    sharpness of all of the person's faces is known.  sharpest: the best there.  eye_detail: of faces whose eyes are
    seen; None where one was not measured, which cannot be compared.  cover: before their mouth, see
    ``best.ranking.mouth_cover``; None likewise.  largest: size of the largest, pixels.
    expression: the points of each part, so that who is born with a stern mouth is not the worst face of every frame.
    eyes_hidden, mouth_hidden: whether they are in at least half of the pictures: sunglasses are not put on for one
    frame of a burst.
    """

    lids: float
    level: int
    sharpest: float
    eye_detail: float | None
    cover: float | None
    largest: float
    expression: Liked
    eyes_hidden: bool
    mouth_hidden: bool

    @classmethod
    def of(cls, faces: Sequence[FaceRecord], liked: Sequence[Liked]) -> PersonBaseline:
        """Learn it from the person's faces, at least one. liked: the points of the expression of each."""
        level = min(len(face.sharpness) for face in faces) - 1
        return cls(
            lids=lower_median([lids_down(face.blendshapes) for face in faces]),
            level=level,
            sharpest=max(face.sharpness[level] for face in faces),
            eye_detail=_usual_detail([face.eye_detail for face in faces if Reason.EYES_HIDDEN not in face.reasons]),
            cover=usual_cover([face.mouth_cover for face in faces]),
            largest=max(face.size_px for face in faces),
            expression={part: statistics.median(points[part] for points in liked) for part in Part},
            eyes_hidden=2 * sum(Reason.EYES_HIDDEN in face.reasons for face in faces) >= len(faces),
            mouth_hidden=2 * sum(Reason.MOUTH_HIDDEN in face.reasons for face in faces) >= len(faces),
        )


def _usual_detail(details: Sequence[float | None]) -> float | None:
    known = [detail for detail in details if detail is not None]
    return statistics.median(known) if known and len(known) == len(details) else None
