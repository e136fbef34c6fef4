"""``livecam run`` learns from the keys: a picture that is rated or thrown out is a lesson in the user's own file."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Self

import numpy as np
import pytest

from livecam import cli
from livecam.taste.lesson import Kind
from livecam.taste.lessons import LessonStore
from livecam.ui.keys import Key
from tests.commands.fake_models import OneSmile, SmilingModels
from tests.commands.run_factories import make_clip, use

pytestmark = pytest.mark.slow


def window(folder: Path) -> type:
    """A window in which a person rates the first picture 4, throws it out, and quits."""

    class Window:
        size = None
        looked = False

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *exception: object) -> None: ...
        def show(self, image: np.ndarray) -> None:
            self.looked = True

        def key(self) -> Key | None:
            """At most one a picture that is shown; each again until it has done its work."""
            if not self.looked:
                return None
            self.looked = False
            if list(folder.glob("deleted/*.jpg")):
                return Key.QUIT
            if (folder / "ratings.csv").exists():
                return Key.DELETE
            return Key.RATE_4 if list(folder.glob("*.jpg")) else None

    return Window


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "out"
    monkeypatch.setattr(OneSmile, "metadata", MappingProxyType({"model_version": "default-3"}))
    use(monkeypatch, SmilingModels())
    monkeypatch.setattr("livecam.ui.window.Window", window(folder))
    monkeypatch.setattr("livecam.ui.window.check_display", lambda: None)
    return folder


def test_the_keys_are_lessons(tmp_path: Path, out: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", frames=900)
    assert cli.run(["run", "--source", str(clip), "--out", str(out), "--no-sound"]) == 0
    lessons = LessonStore().read().all
    assert {(lesson.kind, lesson.stars) for lesson in lessons[:-1]} == {(Kind.STARS, 4)}
    assert lessons[-1].kind is Kind.REJECT
    assert {lesson.source for lesson in lessons} == {"window"}
    assert Path(lessons[-1].face.path).parent.name == "deleted"


def test_the_demo_teaches_nothing(out: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", frames=900)
    monkeypatch.setattr("livecam.sources.source.demo_clip", lambda: clip)
    assert cli.run(["run", "--source", "demo", "--out", str(out), "--no-sound"]) == 0
    assert list(out.glob("deleted/*.jpg"))
    assert LessonStore().read().all == ()


def test_lessons_that_cannot_be_kept_are_one_line_and_the_run_goes_on(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LIVECAM_TASTE", str(tmp_path / "file"))
    clip = make_clip(tmp_path / "clip.mp4", frames=900)
    assert cli.run(["run", "--source", str(clip), "--out", str(out), "--no-sound"]) == 0
    said = capsys.readouterr().err
    assert "not learned from: cannot keep what you chose" in said
    assert (out / "ratings.csv").exists()
