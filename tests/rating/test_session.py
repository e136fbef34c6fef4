"""Answers are saved as they come; back, undo and skip do what they say; a full disk loses nothing."""

from __future__ import annotations

import pytest

from livecam.errors import OutputError
from livecam.rating.questions import Question
from livecam.rating.session import Answer, RatingSession
from tests.rating.rating_factories import make_question


class Kept:
    """Takes down what is saved: the burst's name and the answer. full: from then on the disk is."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Answer]] = []
        self.full = False

    def __call__(self, question: Question, answer: Answer) -> None:
        if self.full:
            raise OutputError("the disk is full")
        self.said.append((question.faces[0].group, answer))


@pytest.fixture
def kept() -> Kept:
    return Kept()


def session(kept: Kept, count: int = 3, faces: int = 2, **more: int) -> RatingSession:
    return RatingSession([make_question("abcdef"[i], faces) for i in range(count)], kept, **more)


def group(asking: RatingSession) -> str | None:
    return None if asking.current is None else asking.current.faces[0].group


def test_each_answer_is_saved_before_the_next_question(kept: Kept) -> None:
    asking = session(kept)
    asking.give(0)
    assert kept.said == [("a", 0)]
    asking.give(1)
    asking.give(1)
    assert kept.said == [("a", 0), ("b", 1), ("c", 1)]
    assert group(asking) is None
    assert (asking.answered, asking.progress) == (3, (3, 3))


def test_of_a_pair_one_of_two_of_a_face_one_of_five(kept: Kept) -> None:
    for faces, wrong in ((2, 2), (2, -1), (1, 0), (1, 6)):
        with pytest.raises(ValueError, match="no such answer"):
            session(kept, faces=faces).give(wrong)
    assert kept.said == []


def test_going_back_shows_the_answer_and_another_one_replaces_it(kept: Kept) -> None:
    asking = session(kept)
    asking.give(0)
    asking.back()
    assert (group(asking), asking.answer) == ("a", 0)
    asking.give(1)
    assert kept.said[-1] == ("a", 1)
    assert (group(asking), asking.answered) == ("b", 1)
    asking.back()
    asking.back()
    assert group(asking) == "a", "there is nothing before the first"


def test_undo_takes_back_answer_by_answer(kept: Kept) -> None:
    asking = session(kept)
    asking.give(0)
    asking.give(1)
    assert asking.undo()
    assert (kept.said[-1], group(asking), asking.answer) == (("b", None), "b", None)
    assert asking.undo()
    assert (kept.said[-1], group(asking), asking.answered) == (("a", None), "a", 0)
    assert not asking.undo()


def test_undo_of_a_second_thought_brings_the_first_back(kept: Kept) -> None:
    asking = session(kept)
    asking.give(0)
    asking.back()
    asking.give(1)
    asking.undo()
    assert kept.said[-1] == ("a", 0)
    assert (group(asking), asking.answer) == ("a", 0)


def test_a_pair_that_nobody_can_tell_apart_is_kept_as_such_and_a_face_that_is_skipped_is_not(kept: Kept) -> None:
    asking = session(kept)
    asking.skip()
    assert kept.said == [("a", None)]
    singles = Kept()
    asking = session(singles, faces=1)
    asking.skip()
    assert singles.said == [], "it may have a rating from elsewhere"
    assert group(asking) == "b"
    asking.undo()
    assert group(asking) == "a"


def test_what_cannot_be_saved_is_asked_still(kept: Kept) -> None:
    asking = session(kept)
    asking.give(0)
    kept.full = True
    with pytest.raises(OutputError):
        asking.give(1)
    with pytest.raises(OutputError):
        asking.undo()
    assert (group(asking), asking.answered, asking.answer) == ("b", 1, None)
    kept.full = False
    asking.give(1)
    assert kept.said == [("a", 0), ("b", 1)]


def test_what_cannot_be_shown_is_left_out_of_the_count(kept: Kept) -> None:
    asking = session(kept, before=10)
    assert asking.progress == (11, 13)
    asking.give(0)
    asking.drop()
    assert (group(asking), asking.progress) == ("c", (12, 12))
    asking.back()
    assert group(asking) == "a"
    asking.give(1)
    assert group(asking) == "c"
