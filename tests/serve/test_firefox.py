"""Both pages in Firefox: the same tests as in Chromium, those of what a browser does its own way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.serve.firefox import open_firefox
from tests.serve.test_live_page import (
    test_a_guest_watches_and_becomes_the_host_with_the_pin,
    test_a_page_of_somebody_else_can_do_nothing,
    test_a_picture_is_taken_rated_deleted_and_brought_back,
    test_a_second_page_is_the_mirror_and_shows_what_the_first_takes,
    test_the_live_picture_moves_and_the_score_stands_beside_it,
    test_where_there_is_no_websocket_the_picture_comes_as_mjpeg,
)
from tests.serve.test_review_page import (
    test_apply_copies_and_marks_what_was_chosen,
    test_keys_keep_reject_rate_and_undo_as_on_the_page,
    test_results_appear_while_the_scan_goes_on,
    test_the_loupe_opens_on_the_face_and_shows_whose_eyes_are_closed_where,
    test_what_is_compared_zooms_and_moves_together,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = [
    "test_a_guest_watches_and_becomes_the_host_with_the_pin",
    "test_a_page_of_somebody_else_can_do_nothing",
    "test_a_picture_is_taken_rated_deleted_and_brought_back",
    "test_a_second_page_is_the_mirror_and_shows_what_the_first_takes",
    "test_apply_copies_and_marks_what_was_chosen",
    "test_keys_keep_reject_rate_and_undo_as_on_the_page",
    "test_results_appear_while_the_scan_goes_on",
    "test_the_live_picture_moves_and_the_score_stands_beside_it",
    "test_the_loupe_opens_on_the_face_and_shows_whose_eyes_are_closed_where",
    "test_what_is_compared_zooms_and_moves_together",
    "test_where_there_is_no_websocket_the_picture_comes_as_mjpeg",
]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Firefox, where the other pages' tests have Chromium."""
    with open_firefox(tmp_path_factory.mktemp("firefox")) as firefox:
        yield firefox
