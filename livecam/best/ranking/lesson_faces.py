"""From a photo, or a frame of a clip, as ``livecam best`` keeps it to what a lesson keeps of it."""

from __future__ import annotations

from livecam.best.ranking.assessment import HELD_BACK, closed_log_odds
from livecam.best.ranking.settings import RankingSettings, Weights
from livecam.best.records.frame import FrameRecord
from livecam.faces.grimace import is_grimace
from livecam.faces.mesh import lids_down
from livecam.taste.lesson import LessonFace, half_bytes
from livecam.taste.observed import people_of


def lesson_face_of(record: FrameRecord, picture: str) -> LessonFace | None:
    """Return what a lesson keeps of the largest face of record; None without one.

    picture: what it is known by, see ``livecam.taste.pictures``; it is best read only of photos that are chosen.
    """
    if not record.faces or not record.faces[0].embedding:
        return None
    face = record.faces[0]
    total = sum(face.open_eyes_probs)  # 1, but for what rounding has left
    return LessonFace(
        picture=picture,
        embedding=face.embedding,
        blendshapes=half_bytes(face.blendshapes),
        pose=face.pose,
        rating_probs=tuple(p / total for p in face.open_eyes_probs),
        eyes_closed=face.eyes_closed,
        reasons=face.reasons,
        sharpness=face.sharpness[0],
        light=face.light,
        people=people_of([one.size_px for one in record.faces]),
        path="" if record.path is None else str(record.path.absolute()),
    )


_WEIGHTS, _RANKING = Weights(), RankingSettings()


def worth_of(face: LessonFace) -> float:
    """Return about what ``livecam best`` ranks a face by among others of one person, points.

    How sharp the face and its eyes are, and its size, are left out. A learned taste must agree with a person more often
    than this does. See ``livecam.best.ranking.assessment``; how a person's lids usually are falls out between two faces
    of theirs.
    """
    shapes = face.shapes
    return (
        _WEIGHTS.score * face.score
        - _WEIGHTS.grimace * is_grimace(shapes)
        + sum(_WEIGHTS.expression.points(shapes, face.pose).values())
        - _WEIGHTS.lids * lids_down(shapes)
        - _WEIGHTS.doubt * closed_log_odds(face.eyes_closed, _RANKING)
        - _WEIGHTS.held_back * len(HELD_BACK.intersection(face.reasons))
    )
