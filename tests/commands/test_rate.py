"""``livecam rate`` from its command line: what is asked of real files, kept, gone on with, learned from and used."""

from __future__ import annotations

import errno
import json
import re
import threading
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import pytest
from PIL import Image

from livecam import cli, model_files, pipeline
from livecam.taste.lesson import Kind, Lesson
from livecam.taste.lessons import LessonStore
from livecam.ui.keys import Key
from tests.rating.smiling_models import SmilingModels, make_clip, make_photo

if TYPE_CHECKING:
    from playwright.sync_api import Page

Rate = Callable[..., tuple[int, str]]


class Window:
    """A window in which a person presses the keys of ``pressed``, then Q. shown: how many pictures there were."""

    pressed: Sequence[Key] = ()
    shown = 0
    size = (1280, 720)

    def __init__(self, title: str) -> None:
        self._keys = list(self.pressed)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None: ...
    def toggle_full_screen(self) -> None: ...
    def show(self, image: np.ndarray) -> None:
        Window.shown += 1

    def key(self) -> Key | None:
        return self._keys.pop(0) if self._keys else Key.QUIT


@pytest.fixture
def rate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Rate:
    """Run ``livecam rate --window`` with fake models; keys: what the person presses. Code and what is told."""
    monkeypatch.setattr(pipeline, "default_models", SmilingModels)
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")
    monkeypatch.setattr("livecam.rating.asking.Window", Window)
    monkeypatch.setattr("livecam.ui.window.check_display", lambda: None)
    monkeypatch.setattr("livecam.rating.window._SHOWN_S", 0)

    def run(*words: str | Path, keys: Sequence[Key] = ()) -> tuple[int, str]:
        monkeypatch.setattr(Window, "pressed", keys)
        code = cli.run(["rate", "--window", *map(str, words)])
        return code, capsys.readouterr().err

    return run


def shoot(folder: Path, bursts: int = 3, frames: int = 3) -> Path:
    """Bursts in which somebody smiles more from frame to frame, each on a day of its own."""
    for burst in range(bursts):
        for i in range(frames):
            make_photo(folder / f"IMG_{burst}{i}.jpg", 90 + 60 * i + burst, 86_400 * burst + 0.4 * i)
    return folder


def make_dark(path: Path) -> None:
    """A photo in which there is nobody."""
    path.parent.mkdir()
    Image.new("RGB", (320, 240)).save(path)


def lessons() -> tuple[Lesson, ...]:
    return LessonStore().read().of("me")


def chosen() -> list[tuple[str, str]]:
    """Of each pair the better one and the other one."""
    return [
        (Path(lesson.face.path).stem, Path(lesson.other.path).stem) for lesson in lessons() if lesson.other is not None
    ]


def test_each_key_is_a_lesson_and_the_next_session_goes_on(tmp_path: Path, rate: Rate) -> None:
    folder = shoot(tmp_path / "shoot")
    code, told = rate(folder, "--count", "6", keys=[Key.LEFT, Key.RIGHT, Key.TAKE])
    assert code == 0
    assert "2 answers kept" in told
    assert len(chosen()) == 2
    assert {lesson.source for lesson in lessons()} == {"rate"}
    assert all(better[:5] == other[:5] for better, other in chosen()), "of one burst"
    first = set(map(frozenset, chosen()))
    code, told = rate(folder, "--count", "6", keys=[Key.LEFT] * 9)
    assert code == 0
    assert "3 answers kept" in told, "6 less the three that were asked before, of which one could not be told"
    assert len(set(map(frozenset, chosen()))) == 5
    assert first < set(map(frozenset, chosen()))


def test_who_has_answered_everything_is_told(tmp_path: Path, rate: Rate) -> None:
    folder = shoot(tmp_path / "shoot", bursts=1)
    assert rate(folder, keys=[Key.LEFT] * 3)[0] == 0
    code, told = rate(folder)
    assert code == 1
    assert "all that tells anything there was asked about" in told


def test_undo_takes_the_lesson_back(tmp_path: Path, rate: Rate) -> None:
    code, told = rate(shoot(tmp_path / "shoot"), keys=[Key.LEFT, Key.RESTORE])
    assert code == 0
    assert chosen() == []
    assert "nothing was answered" in told


def test_one_at_a_time_gives_stars(tmp_path: Path, rate: Rate) -> None:
    rate(shoot(tmp_path / "shoot"), "--one", keys=[Key.RATE_5, Key.RATE_2])
    assert [(lesson.kind, lesson.stars) for lesson in lessons()] == [(Kind.STARS, 5), (Kind.STARS, 2)]


def test_photos_that_stand_alone_are_asked_about_one_at_a_time(tmp_path: Path, rate: Rate) -> None:
    for i in range(3):
        make_photo(tmp_path / "shoot" / f"{i}.jpg", 100 + 40 * i, 900 * i)
    code, told = rate(tmp_path / "shoot", keys=[Key.RATE_3])
    assert code == 0
    assert "one at a time then" in told
    assert [lesson.stars for lesson in lessons()] == [3]


def test_frames_of_a_clip_are_compared_and_known_by_their_times(tmp_path: Path, rate: Rate) -> None:
    clip = make_clip(tmp_path / "clip.mp4", [60, 60, 120, 120, 180, 180, 240, 240, 180, 120, 60] * 3)
    code, _ = rate(clip, keys=[Key.LEFT] * 4)
    assert code == 0
    assert len(chosen()) == 4
    assert all(re.search(r"@\d+$", lesson.face.picture) for lesson in lessons())
    code, told = rate(clip, "--count", "4", keys=[Key.LEFT] * 4)
    assert code == 0
    assert "4 answers kept" in told, "four more"
    assert len(chosen()) == 8


def test_several_people_have_a_taste_each(tmp_path: Path, rate: Rate) -> None:
    folder = shoot(tmp_path / "shoot")
    rate(folder, keys=[Key.LEFT])
    rate(folder, "--name", "Ann", keys=[Key.RIGHT, Key.RIGHT])
    read = LessonStore().read()
    assert (len(read.of("me")), len(read.of("Ann"))) == (1, 2)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: None, "no such file or folder"),
        (lambda folder: folder.mkdir(), "holds no photos or clips"),
        (lambda folder: make_dark(folder / "dark.jpg"), "it needs photos or clips with faces"),
        (lambda folder: (folder.mkdir(), (folder / "a.jpg").write_bytes(b"no picture")), "a.jpg"),
    ],
    ids=["nothing there", "empty", "nobody in it", "no picture"],
)
def test_bad_input_is_a_clear_line(tmp_path: Path, rate: Rate, make: Callable[[Path], object], said: str) -> None:
    make(tmp_path / "shoot")
    code, told = rate(tmp_path / "shoot")
    assert code == 1
    assert said in told
    assert "Traceback" not in told
    assert lessons() == ()


def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, rate: Rate) -> None:
    code, told = rate(shoot(tmp_path / "shoot"), "--name", "../me")
    assert code == 1
    assert "is no name for a taste" in told


def test_without_a_screen_it_says_what_to_leave_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert cli.run(["rate", "--window", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert "leave out --window" in told
    assert "--headless" not in told


def test_a_full_disk_loses_no_answer_that_was_kept(tmp_path: Path, rate: Rate, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shoot(tmp_path / "shoot")
    rate(folder, keys=[Key.LEFT])
    kept = chosen()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("livecam.taste.lessons._append", full)
    code, told = rate(folder, keys=[Key.LEFT, Key.LEFT])
    assert code == 0
    assert "nothing was answered" in told
    assert chosen() == kept


@pytest.fixture
def page_address(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The address that the browser is opened with."""
    opened: list[str] = []

    def open_it(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr("webbrowser.open", open_it)
    monkeypatch.setenv("DISPLAY", ":0")
    return opened


def test_in_the_browser_it_ends_when_the_page_is_finished(
    tmp_path: Path, rate: Rate, page_address: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, codes = shoot(tmp_path / "shoot"), list[int]()
    command = threading.Thread(target=lambda: codes.append(cli.run(["rate", str(folder)])), daemon=True)
    command.start()
    while not page_address:
        command.join(0.05)
        assert command.is_alive(), capsys.readouterr().err
    for what in ('{"act": "give", "answer": 1, "number": 0}', '{"act": "finish"}', '{"act": "seen"}'):
        sent = urllib.request.Request(  # noqa: S310  its own address
            page_address[0] + "do", what.encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(sent, timeout=30) as answer:  # noqa: S310
            assert answer.status == 200
    command.join(60)
    assert codes == [0]
    assert len(chosen()) == 1
    assert page_address[0] in capsys.readouterr().err


@pytest.mark.slow
def test_rate_learn_best_and_run_in_chromium_as_a_person_does(
    tmp_path: Path, rate: Rate, page_address: list[str], tab: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody who likes serious looks: until then a smile wins, afterwards the face at rest, in other bursts too."""
    other = shoot(tmp_path / "other", 3)
    assert best(other, capsys) == {"IMG_02.jpg", "IMG_12.jpg", "IMG_22.jpg"}
    folder, codes = shoot(tmp_path / "shoot", 16, 4), list[int]()
    words = ["rate", str(folder), "--count", "40"]
    command = threading.Thread(target=lambda: codes.append(cli.run(words)), daemon=True)
    command.start()
    while not page_address:
        command.join(0.05)
        assert command.is_alive(), capsys.readouterr().err
    tab.goto(page_address[0])
    for number in range(1, 41):
        tab.get_by_text(f"{number} of 40 pairs").wait_for()
        darker = tab.evaluate(DARKER)
        tab.keyboard.press("ArrowLeft" if darker == 0 else "ArrowRight")
    tab.get_by_text("You can close this page").wait_for()
    assert "agrees with you in" in tab.inner_text("#end")
    command.join(60)
    assert codes == [0]
    assert len(chosen()) == 40
    assert cli.run(["learn"]) == 0
    assert "livecam scores by your taste from now on" in capsys.readouterr().err
    assert best(other, capsys) == {"IMG_00.jpg", "IMG_10.jpg", "IMG_20.jpg"}
    clip = make_clip(tmp_path / "clip.mp4", [100] * 60 + [230] * 30 + [100] * 60, fps=30)
    assert smiles_taken(clip, tmp_path / "generic", "off", capsys) == 1
    assert smiles_taken(clip, tmp_path / "own", "me", capsys) == 0


# Which of the two faces is darker, which is the one that smiles less.
DARKER = """() => {
  const light = [...document.querySelectorAll("#faces img")].map((image) => {
    const canvas = new OffscreenCanvas(1, 1), context = canvas.getContext("2d");
    context.drawImage(image, image.naturalWidth / 2, image.naturalHeight / 2, 8, 8, 0, 0, 1, 1);
    return context.getImageData(0, 0, 1, 1).data[0];
  });
  return light[0] < light[1] ? 0 : 1;
}"""


def smiles_taken(clip: Path, out: Path, taste: str, capsys: pytest.CaptureFixture[str]) -> int:
    """How often ``livecam run`` takes the smile of the clip, which lasts from 2 to 3 s."""
    words = ["--headless", "--pace", "fast", "--json", "--taste", taste]
    assert cli.run(["run", "--source", str(clip), "--out", str(out), *words]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return sum(event["event"] == "shot" and 2000 <= event["peak_t_ms"] < 3000 for event in events)


def best(folder: Path, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """The names of the pictures that ``livecam best`` picks."""
    assert cli.run(["best", "--json", str(folder)]) == 0
    return {Path(json.loads(line)["best"]).name for line in capsys.readouterr().out.splitlines()}
