"""How ``livecam run`` ends, and what does not end it: signals, and a reader of its events who has gone."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from livecam import cli
from livecam.types import Frame
from tests.commands.fake_models import SmilingModels
from tests.commands.run_factories import make_clip, pictures, use

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals that a process can send itself")


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """As pytest wants them, again."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def command(folder: Path) -> list[str]:
    clip = make_clip(folder / "clip.mp4", frames=300)
    return ["run", "--source", str(clip), "--headless", "--pace", "fast", "--out", str(folder / "out"), "--json"]


@pytest.mark.parametrize("times", [1, 5])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
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
