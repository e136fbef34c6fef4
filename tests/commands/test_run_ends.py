"""How ``livecam run`` ends, and what does not end it: signals, a failing disk, a reader of its events who has gone."""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Self

import pytest

from livecam import cli, exit_codes, last_will, model_files, stop_signals
from livecam.live.save_queue import SaveQueue, SaveSettings
from livecam.live.save_state import SaveState
from livecam.stop_signals import StopSignals
from livecam.storage.durable import write_new
from livecam.types import Frame, UInt8Array
from livecam.ui.keys import Key
from livecam.ui.terminal import Reporter
from tests.commands.fake_models import SmilingModels
from tests.commands.run_factories import make_clip, pictures, use

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals that a process can send itself")


_ASKING = [getattr(signal, name) for name in stop_signals._NAMES if hasattr(signal, name)]


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """None is ignored, as a shell has it for what it starts in the background; then as pytest wants them, again."""
    before = {number: signal.getsignal(number) for number in _ASKING}
    for number, handler in before.items():
        if handler is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    with StopSignals():  # entered anew it forgets what one before was asked, which later tests would end with
        pass


def command(folder: Path) -> list[str]:
    clip = make_clip(folder / "clip.mp4", frames=300)
    return ["run", "--source", str(clip), "--headless", "--pace", "fast", "--out", str(folder / "out"), "--json"]


@pytest.mark.parametrize("times", [1, 5])
@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGQUIT, 131),
        (signal.SIGUSR1, 128 + signal.SIGUSR1), (signal.SIGXCPU, 128 + signal.SIGXCPU),
    ],
)  # fmt: skip
def test_asked_to_end_however_often_it_saves_what_was_taken_and_sums_up(
    number: int,
    code: int,
    times: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ask(frame: Frame) -> None:
        if 60 <= frame.index < 60 + times:
            os.kill(os.getpid(), number)

    use(monkeypatch, SmilingModels(on_find=ask))

    assert cli.run(command(tmp_path)) == code

    printed = capsys.readouterr()
    shot, summary = map(json.loads, printed.out.splitlines())
    assert [Path(shot["path"])] == pictures(tmp_path / "out")
    assert summary["event"] == "summary"
    assert summary["shots"] == 1
    assert summary["frames_read"] < 300
    assert printed.err == ""
    assert signal.getsignal(number) is signal.SIG_IGN, "one that comes while Python ends would crash it"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_asked_to_end_while_the_camera_is_opened_it_ends_at_once(
    number: int, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, SmilingModels())

    def wait_for_a_camera(*_: object, **__: object) -> None:
        try:
            os.kill(os.getpid(), number)
            pytest.fail("it went on")
        finally:
            os.kill(os.getpid(), number)  # again, while what was begun is closed

    monkeypatch.setattr("livecam.sources.source.open_source", wait_for_a_camera)

    assert cli.run(command(tmp_path)) == code
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_asked_to_end_while_a_library_is_loaded_it_is_no_bug_of_the_library(
    number: int, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(*_: object, **__: object) -> None:
        try:
            os.kill(os.getpid(), number)
            while True:  # until Python looks for signals
                pass
        except BaseException:  # noqa: BLE001  what CPython makes of it within a module written in C
            raise ImportError("initialization failed") from None

    use(monkeypatch, SmilingModels())
    monkeypatch.setattr("livecam.sources.source.open_source", load)

    assert cli.run(command(tmp_path)) == code
    assert capsys.readouterr() == ("", "")


def test_what_was_ignored_stays_ignored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    use(monkeypatch, SmilingModels(on_find=lambda _: os.kill(os.getpid(), signal.SIGHUP)))

    assert cli.run(command(tmp_path)) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["frames_read"] == 300


def test_who_was_not_asked_leaves_the_handlers_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGINT)
    use(monkeypatch, SmilingModels())

    assert cli.run(command(tmp_path)) == 0
    assert signal.getsignal(signal.SIGINT) is before


FULL = OSError(errno.ENOSPC, "No space left on device")


def refuse(folder: Path, when: Callable[[], bool], monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk of folder is full at such times."""

    def write(path: Path, data: bytes, *, numbering: str, temporary: Path) -> Path:
        if path.parent == folder and when():
            raise FULL
        return write_new(path, data, numbering=numbering, temporary=temporary)

    monkeypatch.setattr("livecam.storage.album.write_new", write)


def test_a_full_disk_is_told_while_the_camera_goes_on_and_the_picture_is_written_when_there_is_room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Frame] = []
    use(monkeypatch, SmilingModels(on_find=seen.append))
    refuse(tmp_path / "out", lambda: len(seen) < 300, monkeypatch)

    assert cli.run(command(tmp_path)) == 0

    printed = capsys.readouterr()
    events = [json.loads(line) for line in printed.out.splitlines()]
    assert [e["event"] for e in events if e["event"] != "disk"] == ["shot", "summary"]
    assert len(pictures(tmp_path / "out")) == events[-1]["shots"] == 1
    assert events[-1]["frames_analysed"] == 300


def test_a_disk_that_stays_full_ends_in_one_line_and_a_spare_folder_saves_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(tmp_path / "out", lambda: True, monkeypatch)
    use(monkeypatch, SmilingModels())
    assert cli.run(command(tmp_path)) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("livecam: 1 picture not saved: cannot save pictures in ")
    assert "the disk is full" in last
    assert pictures(tmp_path / "out") == []

    use(monkeypatch, SmilingModels())
    assert cli.run([*command(tmp_path), "--spare", str(tmp_path / "spare")]) == 0
    printed = capsys.readouterr()
    events = [json.loads(line) for line in printed.out.splitlines()]
    (shot,) = [event for event in events if event["event"] == "shot"]
    assert [Path(shot["path"])] == pictures(tmp_path / "spare")


def test_asked_again_and_again_while_the_last_pictures_are_written_it_says_how_many_are_left_and_writes_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, told = threading.Event(), threading.Event()
    use(monkeypatch, SmilingModels(on_find=lambda frame: ask_once() if frame.index == 60 else None))
    at_once = partial(SaveQueue, settings=SaveSettings(said_s=0.0))
    monkeypatch.setattr("livecam.live.run.SaveQueue", at_once)
    report_saving = Reporter.report_saving

    def ask_once() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        asked.set()

    def report(self: Reporter, state: SaveState) -> None:
        report_saving(self, state)
        if state.left:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            told.set()

    def write(path: Path, data: bytes, *, numbering: str, temporary: Path) -> Path:
        assert asked.wait(10.0)
        assert told.wait(10.0), "nobody said what is waited for"
        return write_new(path, data, numbering=numbering, temporary=temporary)

    monkeypatch.setattr(Reporter, "report_saving", report)
    monkeypatch.setattr("livecam.storage.album.write_new", write)

    assert cli.run(command(tmp_path)) == 130

    printed = capsys.readouterr()
    writing, shot, summary = map(json.loads, printed.out.splitlines())
    assert (writing["event"], writing["state"], writing["waiting"]) == ("disk", "writing", 1)
    assert [Path(shot["path"])] == pictures(tmp_path / "out")
    assert summary["shots"] == 1
    assert printed.err == "writing 1 picture, 1 left\n"


def test_who_stops_reading_the_events_does_not_stop_the_camera(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, SmilingModels())
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as closed:  # noqa: PTH123  a number is no path
        monkeypatch.setattr(sys, "stdout", closed)
        assert cli.run(command(tmp_path)) == 0
        monkeypatch.undo()

    assert len(pictures(tmp_path / "out")) == 1
    assert capfd.readouterr().err.count("nobody reads the events any more") == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_what_a_library_makes_a_ctrl_c_of_keeps_its_own_code(number: int, code: int) -> None:
    def act() -> None:
        try:
            os.kill(os.getpid(), number)
        except (KeyboardInterrupt, SystemExit):
            raise SystemExit(130) from None

    with StopSignals():
        assert exit_codes.code_of(act, "livecam") == code


def test_where_the_screen_ends_the_process_clip_hook_and_log_are_finished_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, hooked, log = tmp_path / "out", tmp_path / "hooked", tmp_path / "run.log"
    left: list[tuple[list[str], str, str]] = []

    class Screen:
        size = None

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *exception: object) -> None: ...

        def key(self) -> Key | None:
            return Key.QUIT if left else None

        def show(self, image: UInt8Array) -> None:
            if left or not list(out.glob("*.jpg")):
                return
            for act in reversed(last_will._wills):  # what C's exit does, which Qt calls
                act()
            names = sorted(path.suffix for path in out.iterdir() if path.is_file())
            left.append((names, hooked.read_text(), log.read_text().splitlines()[-1]))

    use(monkeypatch, SmilingModels())
    monkeypatch.setattr("livecam.ui.window.Window", Screen)
    monkeypatch.setattr("livecam.ui.window.check_display", lambda: None)
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")
    write = f"{sys.executable} -c 'import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])' {hooked}"
    words = [*command(tmp_path), "--clip", "--log", str(log), "--no-sound", "--hook", write + " {path}"]

    cli.run([word for word in words if word != "--headless"])

    ((names, path, last),) = left
    assert names == [".jpg", ".mp4"]
    assert path == str(next(out.glob("*.jpg")))
    assert json.loads(last)["event"] == "summary"
