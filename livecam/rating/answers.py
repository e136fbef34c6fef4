"""Keeps the answers of a rating session as lessons, and knows which questions were answered in earlier ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from livecam.best.lessons.from_choices import session_of
from livecam.best.lessons.said import key_of
from livecam.best.ranking.lesson_faces import lesson_face_of
from livecam.errors import OutputError
from livecam.rating.questions import FaceKey, Question, Shown
from livecam.rating.session import Answer
from livecam.taste.lesson import Kind, Lesson, LessonFace
from livecam.taste.lessons import LessonStore
from livecam.taste.pictures import frame_name, parts_of, picture_of_file

SOURCE = "rate"


class Answers:
    """Writes each answer down as a lesson. Use it from one thread at a time."""

    def __init__(self, store: LessonStore, network: str, taste: str, *, now_s: Callable[[], float] = time.time) -> None:
        """Borrow store. network, taste: see ``Lesson``.  now_s: the clock, seconds since 1970."""
        self._store, self._network, self._taste, self._now_s = store, network, taste, now_s
        self._pictures: dict[Path, str] = {}
        self._earlier: dict[tuple[str, ...], Lesson] | None = None

    def save(self, question: Question, answer: Answer) -> None:
        """Keep an answer, or take back what was said in this session (None): what was said before it counts again.

        Raises OutputError, and SourceError if a picture is gone.
        """
        faces = [self._face(shown) for shown in question.faces]
        if question.is_pair:
            # Where two files hold the same picture, neither can be better.
            if faces[0].picture != faces[1].picture:
                first, second = faces if answer != 1 else faces[::-1]
                self._add(Kind.WITHDRAWN if answer is None else Kind.PAIR, question, first, second)
        else:
            self._add(Kind.WITHDRAWN if answer is None else Kind.STARS, question, faces[0], None, stars=answer or 0)

    def _add(
        self, kind: Kind, question: Question, face: LessonFace, other: LessonFace | None, *, stars: int = 0
    ) -> None:
        session = session_of([question.faces[0].record])
        lesson = Lesson(kind, face, session, self._now_s(), self._network, other, stars, self._taste, SOURCE)
        before = self._said_before(lesson)  # each time, for at first nothing of this session is among it
        if kind is Kind.WITHDRAWN and before is not None:
            # A pair's source says that it was asked about.
            lesson = replace(before, time_s=lesson.time_s, source=before.source if other is None else SOURCE)
        self._store.add([lesson])

    def _said_before(self, lesson: Lesson) -> Lesson | None:
        """What was said of the same pictures before this session."""
        if self._earlier is None:
            self._earlier = {one.subject: one for one in self._store.read().of(self._taste)}
        return self._earlier.get(lesson.subject)

    def _face(self, shown: Shown) -> LessonFace:
        record = shown.record
        path = record.path or Path()
        if path not in self._pictures:
            self._pictures[path] = picture_of_file(path)
        others = tuple(face for face in record.faces if face is not shown.face)
        name = frame_name(self._pictures[path], record.t_ms, shown.person)
        face = lesson_face_of(replace(record, faces=(shown.face, *others)), name)
        if face is None:
            raise OutputError(f"{path} was looked through without its embedding: empty livecam's cache")
        return face


def answered_before(lessons: Iterable[Lesson]) -> tuple[set[frozenset[FaceKey]], set[FaceKey]]:
    """Return the pairs and the single faces that were asked about in earlier sessions, pairs that were skipped too.

    Not a face whose rating was taken back. lessons: in the order in which they were made.
    """
    pairs: set[frozenset[FaceKey]] = set()
    singles: set[FaceKey] = set()
    for lesson in lessons:
        if lesson.source != SOURCE:
            continue
        if lesson.other is not None:
            pairs.add(frozenset((_key(lesson.face), _key(lesson.other))))
        elif lesson.kind is Kind.STARS:
            singles.add(_key(lesson.face))
        else:
            singles.discard(_key(lesson.face))
    return pairs, singles


def _key(face: LessonFace) -> FaceKey:
    _, t_ms, person = parts_of(face.picture)
    return (*key_of(Path(face.path), t_ms), person)
