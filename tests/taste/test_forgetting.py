"""Forgetting a taste: all that is livecam's goes, whole or torn, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import platformdirs
import pytest

from livecam.taste.forgetting import Forgotten, forget
from livecam.taste.head_file import save_head
from livecam.taste.lessons import LessonStore
from livecam.taste.places import head_file, lessons_file, taste_dir
from tests.taste.lesson_factories import make_lesson
from tests.taste.test_head import make_head

PAGE = '<!doctype html>\n<html lang="en"><head><title>The taste of you</title>'


def files() -> set[str]:
    return {path.name for path in taste_dir().iterdir()}


def save(*names: str) -> None:
    for name in names:
        save_head(make_head(), head_file(name))


def test_all_tastes_go_and_no_other_arrays() -> None:
    save("me", "you")
    for name in ("me", "you"):
        head_file(name).with_suffix(".html").touch()
    (taste_dir() / "gone.html").write_text(PAGE)
    others = [taste_dir() / name for name in ("research.npz", "research.html", "torn.npz", "best.html", ".other.tmp")]
    np.savez(others[0], embedding=np.zeros(3))
    for other in others[1:]:
        other.touch()
    head_file().write_bytes(b"torn")

    assert forget(LessonStore()) == Forgotten(0, 2)
    assert files() == {other.name for other in others}


@pytest.mark.parametrize("end", [40, 300, -30])
def test_a_taste_that_was_cut_off_goes(end: int) -> None:
    save("you")
    head_file("you").write_bytes(head_file("you").read_bytes()[:end])

    assert forget(LessonStore()).learned == 1
    assert files() == set()


def test_a_taste_whose_beginning_is_damaged_goes() -> None:
    save("you")
    head_file("you").write_bytes(bytes(64) + head_file("you").read_bytes()[64:])

    assert forget(LessonStore()).learned == 1
    assert files() == set()


def test_of_a_taste_that_is_known_otherwise_nothing_is_left_however_damaged_it_is() -> None:
    LessonStore().add([make_lesson(taste="you")])
    for name in ("you", "paged"):
        head_file(name).write_bytes(bytes(900))
    head_file("paged").with_suffix(".html").write_text(PAGE)

    assert forget(LessonStore()) == Forgotten(1, 2)
    assert files() == set()


def test_in_livecams_own_folder_whatever_is_damaged_is_a_taste(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIVECAM_TASTE")
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *_, **__: str(tmp_path))
    taste_dir().mkdir()
    head_file("you").write_bytes(bytes(900))
    np.savez(head_file("research"), embedding=np.zeros(3))

    assert forget(LessonStore()).learned == 1
    assert files() == {"research.npz"}


def test_what_a_killed_run_has_left_goes_too() -> None:
    LessonStore().add([make_lesson(taste="you")])
    for name in (".livecam-0123456789ab.tmp", ".livecam-0123456789ab-0123456789abcdef.tmp"):
        (taste_dir() / name).write_bytes(lessons_file().read_bytes())

    assert forget(LessonStore(), "you") == Forgotten(1, 0)
    assert files() == set()


def test_of_one_taste_alone_the_others_stay() -> None:
    save("me", "you")
    LessonStore().add([make_lesson(taste="you"), make_lesson(taste="me")])
    (taste_dir() / "index.html").write_text("mine")

    assert forget(LessonStore(), "you") == Forgotten(1, 1)
    assert forget(LessonStore(), "index") == Forgotten(0, 0)
    assert files() == {"me.npz", "lessons.jsonl", "index.html"}
