"""Keeps what is chosen in a review as lessons, and takes back those whose choice was undone.

A lesson stands as long as the choice that it was made from. Only lessons of a review are taken back, and only of
pictures that this one has said anything of: what somebody said elsewhere, or in another review, stays theirs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from livecam import model_files
from livecam.best.lessons.from_choices import Taught, Whose, claims, lessons_of
from livecam.best.lessons.keep import keep_lessons
from livecam.best.lessons.said import Key, Said, key_of
from livecam.best.ranking.ranked import RankedGroup
from livecam.best.review.state import Review
from livecam.errors import LivecamError
from livecam.taste.lesson import Kind, Lesson, LessonFace
from livecam.taste.lessons import LessonStore
from livecam.taste.network import network_of_file
from livecam.taste.pictures import parts_of
from livecam.wording import counted

SOURCE = "review"  # of the lessons


def lessons_in_review(review: Review, model: Path | None) -> Taught:
    """Return what is chosen now as lessons; files are read for it, so it must be before a move. model: the scorer's."""
    said = review.for_lessons()
    if not any(word.anything for word in said.values()):
        return Taught()
    try:
        whose = Whose(network_of_file(model_files.scorer_model(model)), time.time())
    except LivecamError:  # a scorer that is gone by now
        return Taught()
    return lessons_of(review.groups, said, whose, SOURCE)


def keep(review: Review, taught: Taught, notes: Console) -> None:
    """Write new lessons down, and that others hold no more; say so if there is anything new."""
    keep_lessons(taught, notes)
    try:
        store = LessonStore()
        back = list(taken_back(store.read().all, review.groups, review.for_lessons(), review.ever_said(), time.time()))
        store.add(back)
    except LivecamError as error:
        notes.print(Text(f"livecam: still learned from: {error}"))
        return
    if back:
        notes.print(Text(f"{counted(len(back), 'choice')} that you took back: no longer learned from"))


def taken_back(
    lessons: Sequence[Lesson],
    groups: Sequence[RankedGroup],
    said: Mapping[Key, Said],
    ever_said: set[Key],
    now_s: float,
) -> Iterator[Lesson]:
    """Yield what to add to lessons so that those of undone choices hold no more.

    lessons: all that were made, in their order.  said: of every picture of groups.  ever_said: pictures that anything
    was said of, if only once. What was known of a picture before the review holds again.
    """
    by_subject: dict[tuple[str, ...], list[Lesson]] = {}
    for lesson in lessons:
        by_subject.setdefault(lesson.subject, []).append(lesson)
    standing = claims(groups, said)
    for made in by_subject.values():
        last = made[-1]
        keys = _keys_of(last)
        mine = last.source == SOURCE and last.kind is not Kind.WITHDRAWN
        if mine and keys not in standing and all(key in said for key in keys) and not ever_said.isdisjoint(keys):
            before = next((lesson for lesson in reversed(made) if lesson.source != SOURCE), None)
            yield replace(before or replace(last, kind=Kind.WITHDRAWN, stars=0), time_s=now_s)


def _keys_of(lesson: Lesson) -> tuple[Key, ...]:
    faces = (lesson.face,) if lesson.other is None else (lesson.face, lesson.other)
    return tuple(map(_key_of, faces))


def _key_of(face: LessonFace) -> Key:
    _, t_ms, _ = parts_of(face.picture)
    return key_of(Path(face.path), t_ms)
