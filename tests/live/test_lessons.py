"""What a person does with the pictures of a run becomes lessons, from the frame as it was scored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livecam.errors import OutputError
from livecam.live.lessons import RunLessons
from livecam.live.recent_shots import ActionResult, RecentShots
from livecam.storage.album import Album
from livecam.taste.lesson import Kind, Lesson
from livecam.taste.lessons import LessonStore
from livecam.types import Frame, Moment, Score, ScoredFace
from tests.factories import make_face, make_score

EMBEDDING = np.linspace(-1, 1, 512, dtype=np.float32)


@pytest.fixture
def store(tmp_path: Path) -> LessonStore:
    return LessonStore(tmp_path / "taste" / "lessons.jsonl")


def moment(
    t_s: float,
    *,
    person: int | None = 1,
    score: float = 4.0,
    smile: float = 0.5,
    grey: int | None = None,
    people: int = 1,
) -> Moment:
    """A frame of 1280 x 720 in which the face is lighter than the rest, its grey 0..255, or one of its own."""
    image = np.full((720, 1280, 3), 10, np.uint8)
    image[160:560, 440:840] = 100 + 2 * int(t_s) if grey is None else grey
    frame = Frame(image, 1000 * t_s, int(30 * t_s), 0.0)
    own = make_score(score)
    face = make_face(centre=(640, 360), size=300, blendshapes={"mouthSmileLeft": smile, "mouthSmileRight": smile})
    scored = ScoredFace(face, Score(own.rating_probs, own.eyes_closed, EMBEDDING), (), person)
    return Moment(frame, tuple(replace(scored, person=i) if i else scored for i in range(people)))


@contextmanager
def run(folder: Path, store: LessonStore) -> Iterator[tuple[RecentShots, Album]]:
    with RecentShots(folder) as shots:
        shots.teach(RunLessons(store, "default-3", now_s=lambda: 1_700_000_000.0))
        yield shots, Album(folder)


def take(shots: RecentShots, album: Album, moment: Moment, *, manual: bool = False) -> str:
    shot = album.save(moment, fired_t_ms=moment.t_ms, manual=manual)
    shots.add(shot)
    return shot.path.name


def said(store: LessonStore) -> list[tuple[str, str, str, int]]:
    """Kind, picture and other one, stars of all lessons that count."""
    return [
        (lesson.kind.value, name(lesson.face.path), name(lesson.other.path) if lesson.other else "", lesson.stars)
        for lesson in store.read().of("me")
    ]


def name(path: str) -> str:
    return Path(path).name


def results(shots: RecentShots) -> list[ActionResult]:
    shots.close()
    return shots.results()


def test_a_rating_is_a_lesson_of_the_frame_as_it_was_scored(tmp_path: Path, store: LessonStore) -> None:
    with run(tmp_path / "out", store) as (shots, album):
        picture = take(shots, album, moment(1, score=3.4, smile=0.25, grey=150))
        shots.rate(2)
        shots.rate(5)
    (lesson,) = store.read().of("me")
    assert (lesson.kind, lesson.stars, name(lesson.face.path)) == (Kind.STARS, 5, picture), "the last word"
    assert lesson.face.vector == pytest.approx(EMBEDDING, abs=1e-3)
    assert lesson.face.score == pytest.approx(3.4, abs=0.01)
    assert lesson.face.shapes.max() == pytest.approx(0.25, abs=1e-3)
    assert lesson.face.light == pytest.approx(150 / 255, abs=0.02), "of the face, not of what is around it"
    assert lesson.source == "window"
    assert lesson.network == "default-3"


def test_where_a_taste_scores_the_lesson_keeps_the_scorers_own_word(tmp_path: Path, store: LessonStore) -> None:
    with run(tmp_path / "out", store) as (shots, album):
        taken = moment(1, score=4.8)
        (face,) = taken.faces
        generic = make_score(2.0)
        own = Score(generic.rating_probs, generic.eyes_closed, EMBEDDING)
        take(shots, album, Moment(taken.frame, (replace(face, generic=own),)))
        shots.rate(5)
    (lesson,) = store.read().of("me")
    assert lesson.face.score == pytest.approx(2.0, abs=0.01)


def test_a_deleted_picture_is_a_reject_and_loses_to_the_one_kept_beside_it(tmp_path: Path, store: LessonStore) -> None:
    with run(tmp_path / "out", store) as (shots, album):
        kept = take(shots, album, moment(1))
        gone = take(shots, album, moment(3, smile=0.1))
        shots.delete()
    assert said(store) == [("reject", gone, "", 0), ("pair", kept, gone, 0)]


def test_a_picture_brought_back_teaches_nothing_but_its_stars(tmp_path: Path, store: LessonStore) -> None:
    with run(tmp_path / "out", store) as (shots, album):
        take(shots, album, moment(1))
        rated = take(shots, album, moment(3))
        shots.rate(4)
        for _ in range(2):
            shots.delete()
        for _ in range(2):
            shots.restore()
    assert said(store) == [("stars", rated, "", 4)]


def test_only_one_person_within_a_moment_is_compared(tmp_path: Path, store: LessonStore) -> None:
    with run(tmp_path / "out", store) as (shots, album):
        take(shots, album, moment(1, person=2))
        take(shots, album, moment(3, people=2))
        take(shots, album, moment(30))
        take(shots, album, moment(5))
        shots.delete()
    assert [kind for kind, *_ in said(store)] == ["reject"]


def test_a_frame_that_was_scored_by_itself_is_of_the_person_who_is_there(tmp_path: Path, store: LessonStore) -> None:
    with run(tmp_path / "out", store) as (shots, album):
        kept = take(shots, album, moment(1))
        gone = take(shots, album, moment(3, person=None), manual=True)
        shots.delete()
    assert ("pair", kept, gone, 0) in said(store)


def test_pictures_of_a_folder_are_of_whomever(tmp_path: Path, store: LessonStore) -> None:
    with run(tmp_path / "out", store) as (shots, album):
        take(shots, album, moment(1, person=None))
        take(shots, album, moment(3, person=None))
        shots.delete()
    assert [kind for kind, *_ in said(store)] == ["reject"]


def test_more_stars_within_a_moment_are_better(tmp_path: Path, store: LessonStore) -> None:
    with run(tmp_path / "out", store) as (shots, album):
        low = take(shots, album, moment(1))
        shots.rate(2)
        high = take(shots, album, moment(2))
        shots.rate(5)
    assert ("pair", high, low, 0) in said(store)


def test_what_was_taken_by_hand_is_liked_better_than_what_came_by_itself_unless_stars_say_otherwise(
    tmp_path: Path, store: LessonStore
) -> None:
    with run(tmp_path / "out", store) as (shots, album):
        auto = take(shots, album, moment(1))
        hand = take(shots, album, moment(2), manual=True)
    assert said(store) == [("pair", hand, auto, 0)]
    with run(tmp_path / "again", store) as (shots, album):
        auto = take(shots, album, moment(1, grey=90))
        shots.rate(5)
        take(shots, album, moment(2, grey=91), manual=True)
    assert ("stars", auto, "", 5) in said(store)
    assert len(said(store)) == 2, "one that is rated is compared with rated ones alone"


def test_a_picture_without_a_face_teaches_nothing(tmp_path: Path, store: LessonStore) -> None:
    with run(tmp_path / "out", store) as (shots, album):
        take(shots, album, Moment(moment(1).frame), manual=True)
        shots.rate(3)
        assert [result.event for result in results(shots)] == ["rated"]
    assert store.read().all == ()


def test_where_lessons_cannot_be_kept_the_rating_is_and_a_line_says_so(tmp_path: Path) -> None:
    class Full:
        def add(self, lessons: Sequence[Lesson]) -> None:
            raise OutputError("cannot keep what you chose in lessons.jsonl: the disk is full")

    with RecentShots(tmp_path) as shots:
        shots.teach(RunLessons(Full(), "default-3"))
        take(shots, Album(tmp_path), moment(1))
        shots.rate(4)
        rated, failed = results(shots)
    assert (rated.event, rated.message) == ("rated", "Rated 4 of 5")
    assert failed.event == "failed"
    assert failed.message == "not learned from: cannot keep what you chose in lessons.jsonl: the disk is full"
    assert ",4" in (tmp_path / "ratings.csv").read_text()


def test_of_a_thousand_pictures_no_frame_is_kept(tmp_path: Path, store: LessonStore) -> None:
    pupil = RunLessons(store, "default-3")
    with RecentShots(tmp_path) as shots:
        shots.teach(pupil)
        take(shots, Album(tmp_path), moment(1))
        shots.close()
        assert all(not isinstance(value, Frame | Moment) for seen in pupil._seen.values() for value in vars(seen))
