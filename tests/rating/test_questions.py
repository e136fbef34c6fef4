"""What is asked: faces that differ, of one person in one burst, in ways not asked about yet, where it is in doubt."""

from __future__ import annotations

from itertools import chain

import pytest

from livecam.rating.questions import Question, Shown, generic_value, pair_questions, single_questions
from livecam.types import Reason
from tests.best.records.factories import make_face_record
from tests.rating.rating_factories import Group, make_burst, make_face, smiles


def pairs(*groups: Group, count: int = 60) -> list[Question]:
    return pair_questions(groups, generic_value, count)


def test_a_pair_is_of_one_person_in_one_burst() -> None:
    left, right = 300.0, 700.0
    first = make_burst("a", *([make_face(s, x=left), make_face(0.9 - s, x=right)] for s in (0.0, 0.4, 0.9)))
    second = make_burst("b", make_face(0.0), make_face(0.9))
    asked = pairs(first, second)
    assert len(asked) == 7, "three of each of two people, and one"
    for question in asked:
        one, other = question.faces
        assert one.group == other.group
        assert one.person == other.person
        assert one.face.middle == other.face.middle


def test_what_nobody_can_tell_apart_is_not_asked() -> None:
    assert pairs(make_burst("a", make_face(0.5), make_face(0.55), make_face(0.6))) == []
    assert pairs(make_burst("a", make_face(0.5))) == []
    assert pairs() == []


def test_where_it_is_in_doubt_comes_first_and_what_is_not_is_asked_too() -> None:
    plain = make_burst("plain", make_face(0.0, score=2.0), make_face(0.6, score=4.8))
    doubtful = make_burst("doubtful", make_face(0.0, score=3.1), make_face(0.6, score=3.2))
    assert [question.faces[0].group for question in pairs(plain, doubtful)] == ["doubtful", "plain"]


def test_each_way_to_differ_is_asked_about_before_one_is_asked_about_often() -> None:
    smiling = [make_burst(f"s{i}", make_face(0.0), make_face(0.6)) for i in range(8)]
    open_mouth = make_burst("m", make_face(), make_face(jawOpen=0.55))
    squint = make_burst("q", make_face(), make_face(eyeSquint=1.0))
    first = {question.faces[0].group[0] for question in pairs(*smiling, open_mouth, squint, count=3)}
    assert first == {"s", "m", "q"}


def test_no_face_comes_again_and_again_where_there_are_others() -> None:
    bursts = [make_burst(f"b{i}", *(make_face(s) for s in (0.0, 0.3, 0.6, 0.9))) for i in range(5)]
    asked = pairs(*bursts, count=10)
    faces = [id(shown.face) for question in asked for shown in question.faces]
    assert max(map(faces.count, faces)) == 1


def test_the_same_pictures_give_the_same_questions_and_what_was_asked_is_not_asked_again() -> None:
    groups = [make_burst(f"b{i}", *(make_face(s) for s in (0.0, 0.3, 0.6))) for i in range(3)]
    asked = pairs(*groups, count=4)
    assert [smiles(question) for question in asked] == [smiles(question) for question in pairs(*groups, count=4)]
    known = {frozenset(shown.key for shown in question.faces) for question in asked}
    later = pair_questions(groups, generic_value, 60, known)
    assert len(later) == 9 - 4
    assert not known & {frozenset(shown.key for shown in question.faces) for question in later}


def test_the_better_one_does_not_always_stand_on_one_side() -> None:
    asked = pairs(*(make_burst(f"b{i}", make_face(0.0, score=2.9), make_face(0.6, score=3.1)) for i in range(40)))
    on_the_left = sum(smiles(question)[0] > 0.5 for question in asked)
    assert 8 < on_the_left < 32


def test_closed_eyes_and_blur_are_no_matter_of_taste() -> None:
    closed = make_face_record(eyes=(0.9, 0.9), reasons=(Reason.EYES_CLOSED,), shapes={"mouthSmile": 0.9})
    blurred = make_face_record(reasons=(Reason.BLURRED,), shapes={"mouthSmile": 0.7})
    assert pairs(make_burst("a", make_face(0.0), make_face(0.1), closed, blurred)) == []


def test_eyes_that_look_closed_in_most_pictures_are_narrow_and_are_asked_about() -> None:
    narrow = [make_face_record(eyes=(0.6, 0.6), shapes={"mouthSmile": s}) for s in (0.0, 0.4, 0.8)]
    assert len(pairs(make_burst("a", *narrow))) == 3


@pytest.mark.parametrize("asked", [0, 2])
def test_single_faces_are_as_different_as_they_can_be_from_all_before(asked: int) -> None:
    group = make_burst("a", *(make_face(s) for s in (0.0, 0.05, 0.1, 0.5, 0.95, 1.0)))
    known = [Shown(record, record.faces[0], "a").key for record in group[1][:asked]]
    chosen = [smiles(question)[0] for question in single_questions([group], generic_value, 3, known)]
    assert len(chosen) == 3
    assert {0.5, 1.0} <= set(chosen)
    assert not set(chosen) & {0.0, 0.05}, "near what was asked, or what is asked"


def test_a_long_clip_is_asked_about_in_a_moment() -> None:
    frames = list(chain.from_iterable((make_face(0.01 * i), make_face(1 - 0.01 * i)) for i in range(100)))
    assert len(pairs(make_burst("clip", *frames))) == 60
