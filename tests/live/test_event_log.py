"""The log of a run: whole lines whatever the disk does, no secrets, no growth without end, nobody else's file."""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livecam.errors import OutputError
from livecam.live.event_log import EventLog, EventLogSettings, files_of, require_log_place

ABOUT = {"version": "1", "source": "demo clip"}
SOON = EventLogSettings(retry_s=0)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_event_is_a_line_behind_one_that_says_what_began(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    for number in range(2):  # a second run goes on in the same file
        with EventLog(log, ABOUT, pytest.fail) as events:
            events.write({"event": "shot", "path": Path("a.jpg"), "score": float("nan"), "held": {"x": 1}, "n": number})

    first, shot, again, other = lines(log)
    assert first | {"at": ""} == {"livecam_log": 1, "event": "start", "at": "", **ABOUT} == again | {"at": ""}
    assert {k: v for k, v in shot.items() if k != "s"} == {
        "event": "shot", "path": "a.jpg", "score": None, "held": {"x": 1}, "n": 0,
    }  # fmt: skip
    assert 0 <= shot["s"] < 60
    assert other["n"] == 1


def test_no_password_is_ever_written(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    about = ABOUT | {"source": "rtsp://admin:hunter2@10.0.0.5/x", "settings": {"source": ["http://a:hunter2@b/"]}}
    with EventLog(log, about, pytest.fail) as events:
        events.write(
            {"event": "camera", "message": "http://cam/x?user=a&pwd=hunter2 is gone", "b": {"c": "x:hunter2@y"}}
        )

    assert "hunter2" not in log.read_text()
    assert "10.0.0.5" in log.read_text()


def test_a_full_file_becomes_an_older_one_and_each_begins_with_what_began(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    with EventLog(log, ABOUT, pytest.fail, EventLogSettings(most_bytes=2000)) as events:
        for number in range(200):
            events.write({"event": "second", "number": number})

    files = files_of(log)
    assert [file.name for file in files] == ["run.log.2", "run.log.1", "run.log"]
    assert all(file.stat().st_size <= 2000 for file in files)
    assert [lines(file)[0]["event"] for file in files] == ["start"] * 3
    numbers = [line["number"] for file in files for line in lines(file) if "number" in line]
    assert numbers == list(range(numbers[0], 200)), "the oldest are gone, and none between"


def test_a_line_that_a_dead_run_left_half_written_spoils_no_other(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_text('{"livecam_log": 1, "event": "start"}\n{"event": "sec')
    with EventLog(log, ABOUT, pytest.fail) as events:
        events.write({"event": "shot"})

    first, torn, start, shot = log.read_text().splitlines()
    assert torn == '{"event": "sec'
    assert [json.loads(line)["event"] for line in (first, start, shot)] == ["start", "start", "shot"]


@pytest.mark.parametrize("content", [b"my diary\n", b"\xff\xd8\xff", b"{}\n", b"[]\n", b"3\n", b"[" * 9000])
def test_a_file_of_another_kind_is_refused_and_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "diary.txt"
    path.write_bytes(content)
    with pytest.raises(OutputError, match=r"diary\.txt is no log of livecam: choose another"):
        EventLog(path, ABOUT, pytest.fail)
    assert path.read_bytes() == content

    with pytest.raises(OutputError, match="is a folder"):
        EventLog(tmp_path, ABOUT, pytest.fail)


class Told:
    """What was said, and when somebody may wait for it."""

    def __init__(self, count: int) -> None:
        self.lines: list[str] = []
        self._count, self._there = count, threading.Event()

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        if len(self.lines) == self._count:
            self._there.set()

    def wait(self) -> list[str]:
        assert self._there.wait(60)
        return self.lines


def failing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], bool]) -> None:
    """Writing finds the disk full while act says so, half of it written."""
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if act() and b'"event"' in data:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr("livecam.live.event_log.os.write", full)


def test_a_full_disk_costs_lines_which_are_counted_and_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, told, is_full = tmp_path / "run.log", Told(1), threading.Event()
    is_full.set()
    failing(monkeypatch, is_full.is_set)
    with EventLog(log, ABOUT, told, SOON) as events:
        (line,) = told.wait()
        assert line.startswith(f"the camera goes on without its log {log}: the disk is full")
        events.write({"event": "second", "number": 1})
        is_full.clear()
        events.write({"event": "second", "number": 2})
        events.write({"event": "second", "number": 3})

    assert [line[:8] for line in told.lines] == ["the came", "the log "]
    start, *rest = lines(log)
    assert start["event"] == "start"
    counted = sum(line.get("lost", 0) for line in rest)
    assert counted + len([line for line in rest if "number" in line]) == 3


def test_a_log_that_cannot_be_is_told_and_nobody_waits_for_it(tmp_path: Path) -> None:
    told = Told(1)
    with EventLog(tmp_path / "no such folder" / "run.log", ABOUT, told) as events:
        told.wait()
        for number in range(5000):
            events.write({"event": "second", "number": number})
    assert len(told.lines) == 1
    assert "no such folder" in told.lines[0]


@pytest.mark.parametrize(
    ("place", "said"),
    [("none/run.log", "does not exist"), ("a.txt/run.log", "is no folder"), ("folder", "is a folder"),
     ("pipe", "is no file"), ("a.txt", "is no log of livecam")],
)  # fmt: skip
def test_where_no_log_can_ever_be_written_is_said_before_anything_begins(tmp_path: Path, place: str, said: str) -> None:
    (tmp_path / "a.txt").write_text("mine\n")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match=said):
        require_log_place(tmp_path / place)


def test_a_log_that_may_not_be_written_is_said_before_anything_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(OutputError, match="cannot be written"):
        require_log_place(tmp_path / "run.log")
