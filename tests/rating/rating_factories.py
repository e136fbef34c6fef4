"""Small makers of bursts to ask about, and of a session without files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from livecam.best.records.frame import FaceRecord, FrameRecord
from livecam.rating.questions import Question, Shown
from livecam.taste.lesson import half_bytes
from livecam.types import EMBEDDING
from tests.best.photo_factories import make_photo
from tests.best.records.factories import NOON, make_face_record, make_record

Group = tuple[str, tuple[FrameRecord, ...]]


def make_face(smile: float = 0.0, *, score: float = 3.0, x: float = 500.0, **shapes: float) -> FaceRecord:
    """A face as a scan keeps it."""
    face = make_face_record(x=x, score=score, shapes={"mouthSmile": smile, **shapes})
    probs = (0.0, 0.0, 1.0, 0.0, 0.0)
    return replace(face, open_eyes_probs=probs, embedding=half_bytes((0.0,) * EMBEDDING))


def make_burst(name: str, *faces: FaceRecord | Sequence[FaceRecord], folder: str = "/photos") -> Group:
    """A burst with a photo for each of faces, or of several people's."""
    records = []
    for i, one in enumerate(faces):
        several = (one,) if isinstance(one, FaceRecord) else tuple(one)
        taken = NOON + timedelta(milliseconds=300 * i)
        records.append(make_record(*several, path=f"{folder}/{name}{i}.jpg", captured=taken))
    return name, tuple(records)


def smiles(question: Question) -> tuple[float, ...]:
    """How much the faces of a question smile, from the left."""
    return tuple(round(shown.face.shape("mouthSmile"), 3) for shown in question.faces)


def make_question(name: str, count: int = 2) -> Question:
    """A question about the first faces of a burst of its own."""
    group, records = make_burst(name, *(make_face(0.4 * i) for i in range(count)))
    return Question(tuple(Shown(record, record.faces[0], group) for record in records))


def photo_questions(folder: Path, count: int, faces: int = 2) -> list[Question]:
    """Questions about photos that are really in folder, 960 x 720, with a face in the middle."""
    questions = []
    for i in range(count):
        shown = []
        for j in range(faces):
            path = make_photo(folder / f"{'abcdef'[i]}{j}.jpg", 100 + 60 * j, size=(960, 720))
            face = make_face_record(x=480, y=360, size=300, shapes={"mouthSmile": 0.5 * j})
            record = replace(make_record(face, path=str(path)), width=960, height=720)
            shown.append(Shown(record, face, "abcdef"[i]))
        questions.append(Question(tuple(shown)))
    return questions
