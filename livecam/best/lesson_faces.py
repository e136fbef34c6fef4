"""From a photo, or a frame of a clip, as ``livecam best`` keeps it to what a lesson keeps of it."""

from __future__ import annotations

from livecam.best.records import FrameRecord
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
