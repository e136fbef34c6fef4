"""Lessons of an earlier scorer for the one of today: the photos that are still there are looked at again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from livecam.best.learn_from import Look
from livecam.best.lesson_faces import lesson_face_of
from livecam.errors import SourceError
from livecam.photos.discover import collect
from livecam.taste.lesson import Lesson, LessonFace
from livecam.taste.pictures import picture_of_file


def for_network(lessons: Sequence[Lesson], network: str, look: Look) -> list[Lesson]:
    """Return lessons with the embeddings of network, without those whose photos have changed or gone.

    Frames of clips are not looked for again. look: such as ``livecam best`` looks through photos, with that network.
    """
    old = [lesson for lesson in lessons if lesson.network != network]
    if not old:
        return list(lessons)
    paths = {face.path for lesson in old for face in _faces(lesson) if "@" not in face.picture}
    items, _ = collect(sorted(path for path in paths if path and Path(path).is_file()))
    faces: dict[str, LessonFace] = {}
    for result in look(items) if items else ():
        if result.item.clip or not result.records:
            continue
        try:
            face = lesson_face_of(result.records[0], picture_of_file(result.item.path))
        except SourceError:
            continue
        if face is not None:
            faces[face.picture] = face
    renewed: list[Lesson] = []
    for lesson in lessons:
        if lesson.network == network:
            renewed.append(lesson)
        elif all(face.picture in faces for face in _faces(lesson)):
            other = None if lesson.other is None else faces[lesson.other.picture]
            renewed.append(replace(lesson, network=network, face=faces[lesson.face.picture], other=other))
    return renewed


def _faces(lesson: Lesson) -> tuple[LessonFace, ...]:
    return (lesson.face,) if lesson.other is None else (lesson.face, lesson.other)
