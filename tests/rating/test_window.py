"""The rating window: keys answer; what is drawn shows two faces, where one is and what was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from livecam.rating.cuts import Cuts
from livecam.rating.dialogue import Dialogue
from livecam.rating.questions import Question
from livecam.rating.session import Answer, RatingSession
from livecam.rating.window import RatingWindow
from livecam.types import UInt8Array
from livecam.ui.draw import ACCENT
from livecam.ui.keys import Key
from tests.rating.rating_factories import photo_questions


class Screen:
    """Presses keys one after the other, None for none, and keeps what is shown."""

    def __init__(self, keys: Sequence[Key | None], size: tuple[int, int] | None = (1280, 720)) -> None:
        self.size = size
        self.shown: list[UInt8Array] = []
        self.full = 0
        self._keys = list(keys)

    def show(self, image: UInt8Array) -> None:
        self.shown.append(image.copy())

    def key(self) -> Key | None:
        return self._keys.pop(0) if self._keys else Key.QUIT

    def toggle_full_screen(self) -> None:
        self.full += 1


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livecam.rating.window._SHOWN_S", 0)


def asked(folder: Path, screen: Screen, count: int = 3, faces: int = 2) -> list[Answer]:
    """Ask on screen; return what was saved."""
    questions, saved = photo_questions(folder, count, faces), list[Answer]()

    def save(question: Question, answer: Answer) -> None:
        saved.append(answer)

    with Cuts(questions) as cuts:
        RatingWindow(screen, Dialogue(RatingSession(questions, save), cuts)).ask()
    return saved


def accent(image: UInt8Array) -> tuple[int, int]:
    """How many pixels below the progress bar have the accent's colour, in the left and the right half."""
    marked = (image[20:] == np.array(ACCENT)).all(axis=2)
    middle = image.shape[1] // 2
    return int(marked[:, :middle].sum()), int(marked[:, middle:].sum())


def test_arrows_choose_and_the_rest_does_as_on_the_page(tmp_path: Path) -> None:
    keys = [Key.LEFT, None, Key.RIGHT, Key.TAKE, Key.RESTORE, Key.BACK, Key.LEFT, Key.QUIT]
    assert asked(tmp_path, Screen(keys), 4) == [0, 1, None, 0]


def test_after_the_last_question_it_ends_by_itself(tmp_path: Path) -> None:
    screen = Screen([Key.RIGHT, Key.RIGHT, Key.RIGHT, *[None] * 3])
    assert asked(tmp_path, screen) == [1, 1, 1]


def test_single_faces_get_one_to_five_and_no_other_key_rates(tmp_path: Path) -> None:
    keys = [Key.RATE_4, Key.RIGHT, Key.MIRROR, Key.RATE_1, Key.LEFT, Key.RATE_5]
    assert asked(tmp_path, Screen(keys), faces=1) == [4, 1, 5]


def test_what_is_chosen_has_a_ring_and_so_has_it_when_one_goes_back(tmp_path: Path) -> None:
    screen = Screen([Key.RIGHT, Key.BACK])
    asked(tmp_path, screen)
    before, chosen, following, again = map(accent, screen.shown[1:5])
    assert before == (0, 0)
    assert chosen[0] < 10
    assert chosen[1] > 2000
    assert following == (0, 0)
    assert 1000 < again[1] < chosen[1]


@pytest.mark.parametrize("size", [(1280, 720), (640, 480), (300, 200), (700, 1300), None])
def test_both_faces_are_seen_in_any_window(tmp_path: Path, size: tuple[int, int] | None) -> None:
    screen = Screen([Key.WHOLE], size)
    asked(tmp_path, screen)
    for image in screen.shown[1:]:  # after the word that it begins
        height, width = image.shape[:2]
        assert width / height == pytest.approx((size or (1280, 720))[0] / (size or (1280, 720))[1], rel=0.02)
        middle = image[round(0.45 * height)].astype(int)
        assert abs(middle[width // 4].mean() - 100) < 12, "the left face, grey 100"
        assert abs(middle[3 * width // 4].mean() - 160) < 12, "the right one, grey 160"


def test_f_fills_the_screen(tmp_path: Path) -> None:
    screen = Screen([Key.FULL_SCREEN])
    asked(tmp_path, screen)
    assert screen.full == 1
