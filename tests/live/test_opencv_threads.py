"""A run takes few of OpenCV's threads, and gives them back."""

from __future__ import annotations

import cv2
import pytest

from livecam.live import opencv_threads
from livecam.live.opencv_threads import few_opencv_threads


@pytest.mark.parametrize(("processors", "threads"), [(1, 1), (2, 1), (4, 1), (8, 2)])
def test_they_are_few_while_it_lasts_and_as_before_afterwards(
    processors: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opencv_threads, "usable_cores", lambda: processors)
    before = cv2.getNumThreads()
    with few_opencv_threads():
        assert cv2.getNumThreads() == threads
    assert cv2.getNumThreads() == before


def test_they_are_given_back_after_a_failure() -> None:
    before = cv2.getNumThreads()

    def fail() -> None:
        with few_opencv_threads():
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        fail()
    assert cv2.getNumThreads() == before
