"""What the readers of requests and questions call a crash besides an exception: each was seen to be noticed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("duckdb", reason="needs the archive extra")

import duckdb

from livecam.serve import live_routes, session_routes
from livecam.serve.requests import answer
from tools.fuzz.fence import OutsideError, fenced
from tools.fuzz.kinds.wire import SECRET
from tools.fuzz.reader import is_crash
from tools.fuzz.readers import reader_of

GET_ME = b"GET /api/me HTTP/1.1\r\nHost: localhost\r\n\r\n"
LOG_IN = b'POST /api/login HTTP/1.1\r\nHost: localhost\r\n\r\n{"pin": "1"}'


@pytest.mark.parametrize(
    "reach",
    [
        lambda outside: (outside / "a").read_bytes(), lambda outside: (outside / "new").write_bytes(b""),
        lambda outside: (outside / "a").unlink(), lambda outside: (outside / "a").rename(outside / "b"),
        lambda outside: (outside / "new").mkdir(), lambda outside: os.link(outside / "a", outside / "b"),
        lambda outside: (outside / "b").symlink_to("a"), lambda _: Path("/etc/passwd").read_bytes(),
        lambda _: subprocess.run([sys.executable, "-c", ""], check=False),
        lambda _: _connect(),
    ],
    ids=["read", "write", "delete", "rename", "make", "link", "symlink", "passwd", "start", "connect"],
)  # fmt: skip
def test_who_reaches_outside_of_the_folder_is_stopped(reach: Callable[[Path], object], tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "a").write_bytes(b"kept")
    with pytest.raises(OutsideError), fenced(inside):
        reach(outside)
    assert [(path.name, path.read_bytes()) for path in outside.iterdir()] == [("a", b"kept")]
    with pytest.raises(OutsideError), fenced(inside):
        _in_a_thread_that_swallows_it(reach, outside)
    (outside / "after").write_bytes(b"")


def _in_a_thread_that_swallows_it(reach: Callable[[Path], object], outside: Path) -> None:
    thread = threading.Thread(target=_quietly, args=(reach, outside))
    thread.start()
    thread.join()


def _connect() -> None:
    with socket.socket() as connection:
        connection.connect(("127.0.0.1", 9))


def _quietly(reach: Callable[[Path], object], outside: Path) -> None:
    with suppress(OutsideError):
        reach(outside)


def test_what_a_reader_does_in_its_folder_is_its_own_affair(tmp_path: Path) -> None:
    with fenced(tmp_path):
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "a").write_bytes(b"a")
        (tmp_path / "new" / "a").rename(tmp_path / "b")
        assert (tmp_path / "b").read_bytes() == b"a"
        os.close(os.open(os.devnull, os.O_WRONLY))


def test_an_answer_that_holds_a_secret_or_is_an_error_of_the_server_is_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = reader_of("live-remote")
    assert is_crash(reader.read, GET_ME, tmp_path) is None
    monkeypatch.setattr(live_routes, "pin_words", lambda _: {"pin": SECRET.decode()})
    assert "none of its business" in str(is_crash(reader.read, GET_ME, tmp_path))
    monkeypatch.setattr(live_routes, "pin_words", lambda _: 1 / 0)
    assert isinstance(is_crash(reader.read, GET_ME, tmp_path), ZeroDivisionError | AssertionError)
    monkeypatch.setattr(session_routes, "wrong_pin", lambda _: answer({}, HTTPStatus(500)))
    assert "status 500" in str(is_crash(reader.read, LOG_IN, tmp_path))


@pytest.mark.parametrize("asked", ["select * from read_text('SECRET/*')", "select file from glob('SECRET/*')"])
def test_a_question_that_reaches_a_file_is_a_crash(asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = reader_of("question")
    for name in ("locked", "open"):
        (tmp_path / name).mkdir()
    assert is_crash(reader.read, asked.encode(), tmp_path / "locked") is None
    connect = duckdb.connect

    class Open:
        """A database that lets nobody lock it."""

        def __init__(self, config: Any) -> None:  # noqa: ANN401  as DuckDB takes them
            self.database = connect(config=config)

        def execute(self, what: Any) -> object:  # noqa: ANN401
            locks = isinstance(what, str) and what.startswith("set ")
            return None if locks else self.database.execute(what)

        def __getattr__(self, name: str) -> object:
            return getattr(self.database, name)

    monkeypatch.setattr(duckdb, "connect", Open)
    assert isinstance(is_crash(reader.read, asked.encode(), tmp_path / "open"), AssertionError)
