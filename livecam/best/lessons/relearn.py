"""Lessons of an earlier scorer for the one of today: pictures that are still there are looked at again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from livecam.best.lessons.learn_from import Look
from livecam.best.ranking.lesson_faces import lesson_face_of
from livecam.best.records.frame import FaceRecord, FrameRecord
from livecam.errors import SourceError
from livecam.photos.discover import collect
from livecam.taste.lesson import Lesson, LessonFace
from livecam.taste.pictures import frame_name, parts_of, picture_of_file

# Looks at frames of a clip, by their times in milliseconds, and returns a record of each that is there.
LookAt = Callable[[Path, Sequence[float]], Sequence[FrameRecord]]


def for_network(lessons: Sequence[Lesson], network: str, look: Look, look_at: LookAt) -> list[Lesson]:
    """Return lessons with the embeddings of network, without those whose pictures have changed or gone.

    look: such as ``livecam best`` looks through photos, with that network.  look_at: likewise, at frames of clips.
    """
    old = [lesson for lesson in lessons if lesson.network != network]
    if not old:
        return list(lessons)
    before = {face.picture: face for lesson in old for face in _faces(lesson)}
    seen = _seen_again(before.values(), look, look_at)
    faces = {name: new for name, face in before.items() if (new := _again(face, seen)) is not None}
    renewed: list[Lesson] = []
    for lesson in lessons:
        if lesson.network == network:
            renewed.append(lesson)
        elif all(face.picture in faces for face in _faces(lesson)):
            other = None if lesson.other is None else faces[lesson.other.picture]
            renewed.append(replace(lesson, network=network, face=faces[lesson.face.picture], other=other))
    return renewed


def _seen_again(faces: Iterable[LessonFace], look: Look, look_at: LookAt) -> dict[str, FrameRecord]:
    """Return what is found in the pictures of faces, by what they are known by without the person."""
    times: dict[Path, set[float]] = {}
    photos: set[str] = set()
    for face in faces:
        path, t_ms = Path(face.path), parts_of(face.picture)[1]
        if not face.path or not path.is_file():
            continue
        if t_ms is None:
            photos.add(face.path)
        else:
            times.setdefault(path, set()).add(t_ms)
    items, _ = collect(sorted(photos))
    found = [record for result in (look(items) if items else ()) if not result.item.clip for record in result.records]
    for path, some in times.items():
        found += look_at(path, sorted(some))
    seen: dict[str, FrameRecord] = {}
    files: dict[Path, str] = {}
    for record in found:
        if record.path is None:
            continue
        try:
            if record.path not in files:
                files[record.path] = picture_of_file(record.path)
        except SourceError:
            continue
        seen[frame_name(files[record.path], record.t_ms)] = record
    return seen


def _again(face: LessonFace, seen: Mapping[str, FrameRecord]) -> LessonFace | None:
    """Return what a lesson keeps of the same face by now: of several, the one with the same expression and pose."""
    name, t_ms, _ = parts_of(face.picture)
    record = seen.get(frame_name(name, t_ms))
    if record is None or not record.faces:
        return None
    shapes = face.shapes

    def unlike(one: FaceRecord) -> float:
        turned = np.subtract(one.pose, face.pose) / 90
        return float(np.abs(np.subtract(one.blendshapes, shapes)).sum() + np.abs(turned).sum())

    same = min(record.faces, key=unlike)
    others = tuple(one for one in record.faces if one is not same)
    return lesson_face_of(replace(record, faces=(same, *others)), face.picture)


def _faces(lesson: Lesson) -> tuple[LessonFace, ...]:
    return (lesson.face,) if lesson.other is None else (lesson.face, lesson.other)
