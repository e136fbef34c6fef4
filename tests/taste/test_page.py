from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from livecam.errors import OutputError, SourceError
from livecam.taste.insight import insight_of
from livecam.taste.lesson import Lesson
from livecam.taste.page import page_of, save_page
from livecam.taste.pictures import frame_name
from livecam.types import Frame
from tests.factories import make_frame
from tests.taste.lesson_factories import make_lesson, make_lesson_face
from tests.taste.test_head import make_head


def _lessons(folder: Path) -> list[Lesson]:
    lessons = []
    for number, smile in enumerate((0.0, 0.3, 0.6, 0.9)):
        path = folder / f"{number}.jpg"
        Image.fromarray(np.full((60, 80, 3), 40 * number, np.uint8)).save(path)
        face = make_lesson_face(str(number), shapes={"mouthSmile": smile}, path=str(path))
        lessons.append(make_lesson(face=face, stars=5 - number))
    return lessons


def test_it_tells_what_adds_and_what_is_liked_most(tmp_path: Path) -> None:
    insight = insight_of(make_head(smile=-2.0), _lessons(tmp_path))
    assert [one.face.picture for one in insight.seen] == ["0", "1", "2", "3"]
    assert insight.effects[0].words == "no smile"
    assert insight.effects[0].points > 0.3
    page = page_of(make_head(smile=-2.0), insight)
    assert "What was learned agrees with you in 81% of pairs (70% without it), from 214 choices" in page
    assert "No smile" in page
    assert page.count("data:image/jpeg;base64,") == 2 * 4  # liked most, and where it differs
    assert "<code>--taste off</code>" in page


def test_the_page_loads_nothing_and_runs_nothing(tmp_path: Path) -> None:
    page = page_of(make_head(), insight_of(make_head(), _lessons(tmp_path)))
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert "default-src 'none'" in page


def test_photos_that_are_gone_are_said_and_names_are_no_code(tmp_path: Path) -> None:
    gone = make_lesson(face=make_lesson_face("x", path=str(tmp_path / "<b>&.jpg")))
    nowhere = make_lesson(face=make_lesson_face("y"))
    odd = make_lesson(face=make_lesson_face("z", path=os.fsdecode(b"/\xff.jpg")))
    page = page_of(make_head(), insight_of(make_head(), [gone, nowhere, odd]))
    assert page.count("not to be found") == 2 * 3
    assert "<b>&.jpg" not in page
    assert "&lt;b&gt;&amp;.jpg" in page
    save_page(make_head(), insight_of(make_head(), [odd]), tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8").endswith("</html>\n")


def test_frames_of_clips_are_shown_each_clip_read_once(tmp_path: Path) -> None:
    clip, torn = tmp_path / "clip.mp4", tmp_path / "torn.mp4"
    clip.write_bytes(b"clip")
    torn.write_bytes(b"torn")
    names = [frame_name("c", 40.0), frame_name("c", 40.0, person=1), frame_name("c", 120.0), frame_name("c", 999_000.0)]
    lessons = [make_lesson(face=make_lesson_face(name, path=str(clip))) for name in names]
    lessons.append(make_lesson(face=make_lesson_face(frame_name("t", 0.0), path=str(torn))))
    asked: list[Path] = []

    def frames_at(path: Path, times_ms: Sequence[float]) -> Iterator[Frame]:
        asked.append(path)
        if path == torn:
            raise SourceError("torn")
        for t_ms in (39.6, 120.5, 200.0):
            if any(abs(t_ms - wanted) <= 0.5 for wanted in times_ms):
                yield make_frame(t_ms=t_ms)

    page = page_of(make_head(), insight_of(make_head(), lessons), frames_at=frames_at)
    assert sorted(asked) == [clip, torn]
    assert page.count("data:image/jpeg;base64,") == 2 * 3  # liked most, and where it differs
    assert page.count("not to be found") == 2 * 2  # too far into the clip, and torn


def test_a_page_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write the page"):
        save_page(make_head(), insight_of(make_head(), []), tmp_path / "file" / "page.html")


def test_the_curve_and_the_calibration_are_drawn(tmp_path: Path) -> None:
    page = page_of(make_head(), insight_of(make_head(), _lessons(tmp_path)))
    assert re.search(r"<polyline points=\"40,\d+ 460,\d+\"", page)
    assert "expected" in page


def test_in_a_browser_it_shows_without_an_error(tmp_path: Path, tab: object) -> None:
    save_page(make_head(smile=-2.0), insight_of(make_head(smile=-2.0), _lessons(tmp_path)), tmp_path / "page.html")
    tab.goto((tmp_path / "page.html").as_uri())  # type: ignore[attr-defined]
    assert tab.locator("img").count() == 8  # type: ignore[attr-defined]
    assert tab.locator("h1").inner_text() == "Your taste"  # type: ignore[attr-defined]
