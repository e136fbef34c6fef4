"""What a review finds on the disk and nobody of it has written: it is passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from livecam.best.review.journal import ReviewJournal, Word
from livecam.best.review.lessons import taken_back
from livecam.best.review.transfers import ReviewTransfers
from tests.taste.lesson_factories import make_lesson, make_lesson_face

NESTED = b"[" * 100_000


def test_a_line_nested_without_end_costs_that_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(NESTED + b"\n")
    journal = ReviewJournal(path)
    journal.say("one", Word(stars=3))
    journal.close()
    again = ReviewJournal(path)
    assert again.said == {"one": Word(stars=3)}
    again.close()


@pytest.mark.parametrize("data", [NESTED, b"{}", b"[3]", b"null", b"\xff"])
def test_a_list_of_transfers_that_is_none_is_empty(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(data)
    assert ReviewTransfers(tmp_path / "x.json").last is None


@pytest.mark.parametrize("picture", ["ab@1500#1", "ab@nan", "ab@1e999", "ab@soon"])
def test_a_lesson_on_a_frames_second_face_or_from_elsewhere_is_no_trouble(picture: str) -> None:
    lesson = make_lesson(face=make_lesson_face(picture, path="/photos/a.mp4"))
    assert list(taken_back([lesson], (), {}, set(), 0.0)) == []
