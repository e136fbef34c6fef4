"""Letters that OpenCV's own font lacks are drawn by one of the system's, or said."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]

from livecam.types import UInt8Array
from livecam.ui import draw, fonts


@pytest.fixture(autouse=True)
def _no_fonts_known() -> Iterator[None]:
    caches = fonts._best_for, draw.text_width, draw._glyphs
    for cache in caches:
        cache.cache_clear()
    fonts._served.clear()
    fonts._nowhere.clear()
    yield
    for cache in caches:
        cache.cache_clear()
    fonts._served.clear()
    fonts._nowhere.clear()


def make_font(path: Path, letters: str) -> str:
    """A font in which each of letters is a black square."""
    pen = TTGlyphPen(None)
    for step, point in enumerate(((100, 0), (100, 700), (800, 700), (800, 0))):
        (pen.lineTo if step else pen.moveTo)(point)
    pen.closePath()
    square, builder = pen.glyph(), FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "square"])
    builder.setupCharacterMap({ord(letter): "square" for letter in letters})
    builder.setupGlyf({".notdef": square, "square": square})
    builder.setupHorizontalMetrics({".notdef": (900, 100), "square": (900, 100)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Square", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)
    return str(path)


def written(text: str) -> UInt8Array:
    picture = np.zeros((60, 300, 3), np.uint8)
    draw.write(picture, text, 10, 40, 30)
    return picture


def test_letters_that_opencv_lacks_are_drawn_by_a_font_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [make_font(tmp_path / "one.ttf", "式"), make_font(tmp_path / "two.ttf", "式場")]
    asked: list[int] = []

    def ask(letters: frozenset[str]) -> Sequence[str]:
        asked.append(len(letters))
        return ["/nowhere.ttf", *made]

    monkeypatch.setattr(fonts, "_asked_for", ask)

    assert not np.array_equal(written("式場 IMG_1"), written("?? IMG_1"))
    assert fonts.undrawable("結婚式場") == "婚結"
    assert fonts.font_for("式").getName() == made[0]
    assert fonts.font_for("IMG_1.jpg é…").getName() == "sans"


def test_nobody_is_asked_twice_for_a_letter_that_no_font_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_font(tmp_path / "one.ttf", "式")
    asked: list[str] = []

    def ask(letters: frozenset[str]) -> Sequence[str]:
        asked.append("".join(sorted(letters)))
        return [made] if "式" in letters else []

    monkeypatch.setattr(fonts, "_asked_for", ask)

    names = ("花式", "花婚", "花嫁婚", "花嫁", "婚式嫁")
    assert [fonts.undrawable(name) for name in names] == ["花", "婚花", "婚嫁花", "嫁花", "婚嫁"]
    assert asked == ["式花", "婚花", "嫁"]


def test_what_no_font_has_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_asked_for", lambda _: [])

    assert fonts.undrawable("花嫁 IMG_1.JPG é") == "嫁花"
    assert np.array_equal(written("花嫁"), written("??"))


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="fontconfig is Linux's")
@pytest.mark.parametrize("error", [FileNotFoundError(), subprocess.TimeoutExpired("fc-match", 5)])
def test_a_fontconfig_that_does_not_answer_costs_the_letters_alone(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/fc-match")
    monkeypatch.setattr(subprocess, "run", fail)

    assert fonts.undrawable("花") == "花"
