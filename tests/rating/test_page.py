"""The rating page in a real browser: keys and clicks answer, and what is answered is kept at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from livecam.errors import OutputError
from livecam.rating.cuts import Cuts
from livecam.rating.dialogue import Dialogue
from livecam.rating.page import RatingPage
from livecam.rating.questions import Question
from livecam.rating.session import Answer, RatingSession
from tests.rating.rating_factories import photo_questions

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow
EDGES = """() => [...document.querySelectorAll("figure, #moves button")].map((one) => {
  const box = one.getBoundingClientRect();
  return [box.left, box.top, box.right, box.bottom];
})"""
CHANGED = """(before) => document.getElementById("count").textContent !== before
  || !document.getElementById("end").hidden"""


@contextmanager
def asking(
    folder: Path, count: int = 3, faces: int = 2, full: bool = False
) -> Iterator[tuple[RatingPage, list[Answer]]]:
    """Serve a page that asks about photos in folder; gives what is saved."""
    questions, saved = photo_questions(folder, count, faces), list[Answer]()

    def save(question: Question, answer: Answer) -> None:
        if full:
            raise OutputError("cannot keep what you chose in lessons.jsonl: the disk is full")
        saved.append(answer)

    with Cuts(questions) as cuts, RatingPage(Dialogue(RatingSession(questions, save), cuts)) as page:
        yield page, saved


def end(page: RatingPage, *lines: str) -> threading.Thread:
    """Say the result once the person has finished, as the command does."""

    def wait() -> None:
        if page.finished.wait(60):
            page.say_result(list(lines))

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def press(tab: Page, *keys: str, count: str) -> None:
    """Press keys one after the other; at the end count is shown."""
    for key in keys:
        before = tab.inner_text("#count")
        tab.keyboard.press(key)
        tab.wait_for_function(CHANGED, arg=before)
    assert tab.inner_text("#count") == count


def test_keys_answer_and_each_answer_is_saved_at_once(tmp_path: Path, tab: Page) -> None:
    with asking(tmp_path, 4) as (page, saved):
        tab.goto(page.address)
        tab.wait_for_selector("#faces img")
        assert tab.inner_text("h1") == "Which one do you like better?"
        assert tab.inner_text("#count") == "1 of 4 pairs"
        press(tab, "ArrowLeft", count="2 of 4 pairs")
        assert saved == [0]
        press(tab, "ArrowRight", " ", count="4 of 4 pairs")
        assert saved == [0, 1, None]
        press(tab, "u", count="3 of 4 pairs")
        press(tab, "b", count="2 of 4 pairs")
        assert tab.locator(".face.before").get_attribute("aria-label") == "the right one"
        press(tab, "ArrowLeft", count="3 of 4 pairs")
        assert saved == [0, 1, None, 0]


def test_the_faces_are_there_and_the_whole_picture_on_demand(tmp_path: Path, tab: Page) -> None:
    with asking(tmp_path) as (page, _):
        tab.goto(page.address)
        sizes = "[...document.querySelectorAll('#faces img')].map((image) => [image.naturalWidth, image.naturalHeight])"
        tab.wait_for_selector("#faces img")
        assert tab.evaluate(sizes) == [[640, 640], [640, 640]]
        tab.keyboard.press("w")
        tab.wait_for_selector("#faces.whole img")
        assert tab.evaluate(sizes) == [[960, 720], [960, 720]]


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1280, 500), (420, 800)])
def test_nothing_is_cut_off_in_any_window(tmp_path: Path, tab: Page, width: int, height: int) -> None:
    with asking(tmp_path) as (page, _):
        tab.set_viewport_size({"width": width, "height": height})
        tab.goto(page.address)
        tab.wait_for_selector("#faces img")
        edges = tab.evaluate(EDGES)
        assert len(edges) == 7
        for left, top, right, bottom in edges:
            assert left >= 0
            assert top >= 0
            assert right <= width
            assert bottom <= height
        assert edges[0][2] - edges[0][0] > 150, "large enough to be judged"


def test_clicks_answer_and_single_faces_get_one_to_five(tmp_path: Path, tab: Page) -> None:
    with asking(tmp_path, 3, 1) as (page, saved):
        tab.goto(page.address)
        tab.wait_for_selector("#faces img")
        assert tab.inner_text("h1") == "How much do you like it?"
        tab.click("#stars button:nth-child(4)")
        tab.get_by_text("2 of 3 faces").wait_for()
        press(tab, "1", count="3 of 3 faces")
        assert saved == [4, 1]


def test_at_the_end_it_says_what_was_learned_and_can_be_closed(tmp_path: Path, tab: Page) -> None:
    with asking(tmp_path, 1) as (page, saved):
        told = end(page, "1 answer kept", "agrees with you in 81% of pairs (70% without it), from 214 choices")
        tab.goto(page.address)
        tab.wait_for_selector("#faces img")
        tab.keyboard.press("ArrowRight")
        tab.get_by_text("agrees with you in 81%").wait_for()
        assert "You can close this page" in tab.inner_text("#end")
        assert tab.is_hidden("#faces")
        told.join(60)
        assert not told.is_alive(), "who waits for the page is told that it was seen"
        assert saved == [1]


def test_a_page_that_is_loaded_again_goes_on_where_it_was(tmp_path: Path, tab: Page) -> None:
    with asking(tmp_path) as (page, _):
        tab.goto(page.address)
        tab.wait_for_selector("#faces img")
        press(tab, "ArrowLeft", count="2 of 3 pairs")
        tab.reload()
        tab.wait_for_selector("#faces img")
        assert tab.inner_text("#count") == "2 of 3 pairs"


def test_a_full_disk_is_said_and_the_question_stays(tmp_path: Path, tab: Page) -> None:
    with asking(tmp_path, full=True) as (page, _):
        tab.goto(page.address)
        tab.wait_for_selector("#faces img")
        tab.keyboard.press("ArrowLeft")
        tab.get_by_text("the disk is full").wait_for()
        assert tab.inner_text("#count") == "1 of 3 pairs"


def test_a_photo_that_is_gone_is_left_out(tmp_path: Path, tab: Page) -> None:
    with asking(tmp_path) as (page, _):
        next(tmp_path.glob("*.jpg")).unlink()
        tab.goto(page.address)
        tab.wait_for_selector("#faces img")
        assert tab.inner_text("#count") == "1 of 2 pairs"
