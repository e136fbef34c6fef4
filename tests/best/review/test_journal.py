from __future__ import annotations

from pathlib import Path

import pytest

from livecam.best.choices.choice import Flag
from livecam.best.review.journal import ReviewJournal, Word, journal_of
from livecam.errors import OutputError

KEPT = Word(Flag.KEEP, 4)


def test_a_line_that_was_cut_off_costs_that_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "a" / "journal.jsonl"
    journal = ReviewJournal(path)
    journal.say("one", KEPT)
    journal.say("two", Word(forgiven=True))
    journal.close()
    path.write_bytes(path.read_bytes()[:-9])
    journal = ReviewJournal(path)
    assert journal.said == {"one": KEPT}
    journal.say("three", Word(Flag.REJECT))
    journal.close()
    again = ReviewJournal(path)
    assert again.said == {"one": KEPT, "three": Word(Flag.REJECT)}
    assert again.undoable == [("one", Word()), ("three", Word())]
    again.close()


def test_what_was_undone_before_a_new_start_is_not_undone_again(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = ReviewJournal(path)
    journal.say("one", KEPT)
    journal.say("one", Word(Flag.REJECT))
    assert journal.undo() == "one"
    journal.close()
    again = ReviewJournal(path)
    assert again.said == {"one": KEPT}
    assert again.undo() == "one"
    assert again.said == {}
    assert again.undo() is None
    again.close()


def test_a_name_that_is_no_text_comes_back_as_it_was(tmp_path: Path) -> None:
    name = b"/photos/\xff\n.jpg".decode("utf-8", "surrogateescape")
    journal = ReviewJournal(tmp_path / "journal.jsonl")
    journal.say(name, KEPT)
    journal.close()
    again = ReviewJournal(tmp_path / "journal.jsonl")
    assert again.word(name) == KEPT
    again.close()


def test_lines_of_anything_else_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(
        b'[1]\n{"key": "a", "was": {}, "now": {"flag": "keep", "stars": 9, "forgiven": false}}\n\xff\xfe\nnull\n'
    )
    journal = ReviewJournal(path)
    assert journal.said == {}
    journal.close()


def test_a_journal_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot keep what you choose in"):
        ReviewJournal(tmp_path / "file" / "journal.jsonl")


def test_the_same_folders_have_the_same_journal_in_any_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert journal_of(["a", "b"]) == journal_of([str(tmp_path / "b"), "./a/"])
    assert journal_of(["a"]) != journal_of(["b"])
