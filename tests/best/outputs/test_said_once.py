"""What holds of many files is said once, and what differs stays apart."""

from __future__ import annotations

import pytest

from livecam.best.outputs.said_once import said_once


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("in/IMG_{0}.jpg is empty: copy it again", "IMG_1.jpg, IMG_2.jpg, IMG_3.jpg"),
        ("cannot mark /my photos/May {0}.heic inside (no JPEG): take this", "May 1.heic, May 2.heic, May 3.heic"),
        ("IMG_{0}.3fr is empty: copy it again", "IMG_1.3fr, IMG_2.3fr, IMG_3.3fr"),
        ("day {0}/a.jpg is empty: copy it again", "a.jpg and 2 others"),
        ("in/{0}.jpg is cut short; {0}.CR3 is judged instead", "1.jpg, 2.jpg, 3.jpg"),
        ("in/{0}.jpg is cut short (reader: 1{0} bytes (of 2) left): copy it again", "1.jpg, 2.jpg, 3.jpg"),
        (r"C:\in\{0}.jpg is empty: copy it again", "1.jpg, 2.jpg, 3.jpg"),
    ],
)
def test_lines_that_differ_in_their_file_are_one(form: str, told: str) -> None:
    lines = [form.format(number) for number in range(4)]

    assert said_once(["first", *lines, "last"]) == ["first", f"{lines[0]} (the same of 3 more: {told})", "last"]


def test_few_lines_and_lines_that_say_something_else_stay_as_they_are() -> None:
    few = [f"in/{number}.jpg is empty: copy it again" for number in range(3)]
    others = [f"in/{number}.jpg claims {number} x 7.5 pixels: save it smaller" for number in range(6)]

    assert said_once([*few, *others]) == [*few, *others]


def test_ten_files_are_named_and_the_rest_is_counted() -> None:
    (line,) = said_once([f"a{number}.jpg is empty" for number in range(1500)])

    assert line.endswith(
        "(the same of 1,499 more: " + ", ".join(f"a{i}.jpg" for i in range(1, 11)) + " and 1,489 others)"
    )
