"""What is told of a run in words."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from livecam.best.report import counted, print_failures


@pytest.mark.parametrize(("count", "text"), [(1, "1 photo"), (0, "0 photos"), (1200, "1,200 photos")])
def test_a_count_is_in_the_right_number(count: int, text: str) -> None:
    assert counted(count, "photo") == text


def test_a_plural_without_s_is_given() -> None:
    assert [counted(n, "photo or clip", "photos and clips") for n in (1, 2)] == [
        "1 photo or clip",
        "2 photos and clips",
    ]


def test_of_many_failures_the_first_are_printed_and_the_rest_is_counted() -> None:
    output = io.StringIO()

    print_failures([f"{i}.jpg is empty" for i in range(23)], Console(file=output, width=100))

    lines = output.getvalue().splitlines()
    assert lines[0] == "livecam: 0.jpg is empty"
    assert lines[19:] == ["livecam: 19.jpg is empty", "livecam: and 3 more"]
