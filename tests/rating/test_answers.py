"""Answers become lessons that know which picture, moment and person they are about, and are found again later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from livecam.errors import SourceError
from livecam.rating.answers import Answers, answered_before
from livecam.rating.questions import Question, Shown
from livecam.taste.lesson import Kind
from livecam.taste.lessons import LessonStore
from tests.best.records.factories import make_record
from tests.rating.rating_factories import make_face


@pytest.fixture
def store(tmp_path: Path) -> LessonStore:
    return LessonStore(tmp_path / "taste" / "lessons.jsonl")


def question(folder: Path, person: int = 0, t_ms: tuple[float, float] | None = None) -> Question:
    """A pair of one of two people, in two photos or in two frames of a clip."""
    faces = make_face(0.1, x=300), make_face(0.8, x=700)
    shown = []
    for i in range(2):
        path = folder / ("clip.mp4" if t_ms else f"{i}.jpg")
        path.write_bytes(b"a picture" + path.name.encode())
        record = replace(make_record(*faces, path=str(path)), t_ms=t_ms[i] if t_ms else None)
        shown.append(Shown(record, faces[person], "burst", person))
    return Question(tuple(shown))


def answers(store: LessonStore) -> Answers:
    return Answers(store, "default-3", "me", now_s=lambda: 5.0)


def test_two_people_in_the_same_two_photos_are_two_pairs(tmp_path: Path, store: LessonStore) -> None:
    keep = answers(store)
    keep.save(question(tmp_path, 0), 0)
    keep.save(question(tmp_path, 1), 1)
    first, second = store.read().of("me")
    assert (Path(first.face.path).name, Path(second.face.path).name) == ("0.jpg", "1.jpg")
    assert first.face.shapes.max() == pytest.approx(0.1, abs=1e-3), "of the person who was asked about"
    assert second.face.shapes.max() == pytest.approx(0.8, abs=1e-3)
    assert first.face.people == 2


def test_an_answer_that_is_taken_back_counts_no_more(tmp_path: Path, store: LessonStore) -> None:
    keep = answers(store)
    keep.save(question(tmp_path), 1)
    keep.save(question(tmp_path), None)
    assert store.read().of("me") == ()
    assert store.read().all[-1].kind is Kind.WITHDRAWN


def test_what_was_said_elsewhere_counts_again_where_an_answer_is_taken_back(tmp_path: Path, store: LessonStore) -> None:
    pair = question(tmp_path)
    single = Question(pair.faces[:1])
    answers(store).save(single, 5)
    answers(store).save(pair, 0)
    said = [replace(lesson, source="xmp", time_s=1.0) for lesson in store.read().of("me")]
    store.forget()
    store.add(said)

    keep = answers(store)
    for asked, other in ((single, 1), (pair, 1)):
        keep.save(asked, other)
        keep.save(asked, None)

    again = [replace(lesson, time_s=5.0) for lesson in said]
    assert store.read().of("me") == (again[0], replace(again[1], source="rate"))
    assert answered_before(store.read().all) == ({frozenset(shown.key for shown in pair.faces)}, {single.faces[0].key})


def test_a_face_whose_rating_was_taken_back_is_asked_about_again(tmp_path: Path, store: LessonStore) -> None:
    single = Question(question(tmp_path).faces[:1])
    keep = answers(store)
    keep.save(single, 5)
    keep.save(single, None)
    assert store.read().of("me") == ()
    assert answered_before(store.read().all) == (set(), set())


@pytest.mark.parametrize("t_ms", [None, (0.0, 1033.4)])
@pytest.mark.parametrize("person", [0, 1])
def test_what_was_asked_is_known_again_by_another_spelling_of_its_path(
    tmp_path: Path, store: LessonStore, person: int, t_ms: tuple[float, float] | None
) -> None:
    (tmp_path / "other").mkdir()
    asked = question(tmp_path / "other" / "..", person, t_ms)
    answers(store).save(asked, None)
    pairs, singles = answered_before(store.read().all)
    again = question(tmp_path, person, t_ms)
    assert pairs == {frozenset(shown.key for shown in again.faces)}
    assert singles == set()


def test_two_files_of_one_picture_are_no_pair(tmp_path: Path, store: LessonStore) -> None:
    pair = question(tmp_path)
    (tmp_path / "1.jpg").write_bytes((tmp_path / "0.jpg").read_bytes())
    answers(store).save(pair, 0)
    assert store.read().all == ()


def test_a_picture_that_is_gone_is_said(tmp_path: Path, store: LessonStore) -> None:
    pair = question(tmp_path)
    (tmp_path / "1.jpg").unlink()
    with pytest.raises(SourceError, match="cannot be read"):
        answers(store).save(pair, 0)
    assert store.read().all == ()
