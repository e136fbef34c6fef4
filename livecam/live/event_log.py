"""The log of a run: one JSON object a line, in a file that does not grow for ever and never holds up the camera.

``livecam.explain.run_log`` reads it. The first line of each file says what wrote it; when a file is full it becomes
FILE.1 (and that FILE.2), and a new one begins with the same first line. A thread of its own writes, so a disk that is
full, slow or gone costs lines, never frames: what could not be written is counted in the next line that can.
"""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from livecam.addresses import without_passwords
from livecam.errors import OutputError
from livecam.storage.disk_errors import why

FORMAT, KEY = 1, "livecam_log"  # of the first line of each file: {"livecam_log": 1, "event": "start", …}
KEPT = 2  # older files: with one line a second twenty hours and more; set by hand
Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EventLogSettings:
    """All set by hand. most_bytes: of a file.  waiting: lines that may wait for the disk.  retry_s: after a failure.

    close_s: how long the end of a run waits for the disk.
    """

    most_bytes: int = 5_000_000
    waiting: int = 1000
    retry_s: float = 5.0
    close_s: float = 2.0


class EventLog:
    """Writes events while it is entered.

    tell: called once with a line for a person when the file cannot be written, and when it can again; from another
    thread.
    """

    def __init__(
        self, path: Path, about: Event, tell: Callable[[str], object], settings: EventLogSettings | None = None
    ) -> None:
        """about: what the first line of each file says. Raises OutputError if path is something of another kind."""
        self._path = path
        self._about = {KEY: FORMAT, "event": "start", "at": _now(), **about}
        self._tell = tell
        self._settings = settings or EventLogSettings()
        self._lines: queue.Queue[bytes | None] = queue.Queue(self._settings.waiting)
        self._lost = 0
        self._began_s = time.monotonic()
        self._failed_s: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="livecam log", daemon=True)
        _require_ours(path)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        with suppress(queue.Full):
            self._lines.put_nowait(None)
        self._thread.join(self._settings.close_s)

    def write(self, event: Event) -> None:
        """Have event written: with the seconds since the run began, and without any password. Never waits."""
        try:
            self._lines.put_nowait(self._line({"s": round(time.monotonic() - self._began_s, 3), **event}))
        except queue.Full:
            self._lost += 1

    def _line(self, event: Event) -> bytes:
        return json.dumps(_clean(event), separators=(",", ":"), allow_nan=False).encode() + b"\n"

    def _run(self) -> None:
        self._append(b"", begins=True)
        while (line := self._lines.get()) is not None:
            if self._failed_s is not None and time.monotonic() - self._failed_s < self._settings.retry_s:
                self._lost += 1
                continue
            self._append(line)
            if self._stop.is_set() and self._lines.empty():
                return

    def _append(self, line: bytes, *, begins: bool = False) -> None:
        try:
            lost, before = self._lost, b""
            if lost:
                before = self._line({"event": "log", "lost": lost})
            self._put(before + line, begins=begins)
        except OSError as error:
            self._lost += not begins
            if self._failed_s is None:
                self._tell(f"the camera goes on without its log {self._path}: {why(error)}")
            self._failed_s = time.monotonic()
            return
        self._lost -= lost
        if self._failed_s is not None:
            self._failed_s = None
            self._tell(f"the log {self._path} is written again")

    def _put(self, data: bytes, *, begins: bool) -> None:
        """Append data. A file that begins, or that is a new one, gets its first line. Raises OSError."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o644)
        try:
            size = os.fstat(descriptor).st_size
            full = size + len(data) > self._settings.most_bytes and size > 0
            if not full:
                first = self._line(self._about) if begins or size == 0 else b""
                # A line that a dead run has left half written is ended first.
                torn = size > 0 and _last_byte(descriptor, size) != b"\n"
                _write_all(descriptor, b"\n" * torn + first + data, size)
        finally:
            os.close(descriptor)
        if full:
            for number in range(KEPT, 0, -1):
                older = self._path if number == 1 else _numbered(self._path, number - 1)
                with suppress(FileNotFoundError):
                    older.replace(_numbered(self._path, number))
            self._put(data, begins=begins)


def files_of(path: Path) -> list[Path]:
    """Return the log and the older ones beside it, the oldest first, as far as they are there."""
    return [file for file in (*(_numbered(path, n) for n in range(KEPT, 0, -1)), path) if file.is_file()]


def is_log(first_line: bytes) -> bool:
    """Whether a file that begins with this line is a log of livecam, of whatever version."""
    try:
        return KEY in json.loads(first_line)
    except (ValueError, TypeError, RecursionError):
        return False


def require_log_place(path: Path) -> None:
    """Raise OutputError, which says what to do, where a log can never be written: at the start, not in the morning.

    A disk that is full or fails may be well again: that is only told, when it is written.
    """
    _require_ours(path)
    folder = path.parent
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise OutputError(f"the log cannot be written: {folder} {what}: make it, or choose another place with --log")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise OutputError(f"the log {path} cannot be written: change its permissions, or choose another with --log")


def _require_ours(path: Path) -> None:
    """A mistyped --log must not write into a person's own file, or move it away."""
    if path.is_dir():
        raise OutputError(f"{path} is a folder: name a file with --log")
    if path.exists() and not path.is_file():  # to read from a pipe would wait for ever
        raise OutputError(f"{path} is no file: choose another one with --log")
    try:
        with path.open("rb") as file:
            first = file.readline(1 << 16)
    except OSError:
        return  # not there yet, or told when it is written
    if first and not is_log(first):
        raise OutputError(f"{path} is no log of livecam: choose another file with --log")


def _write_all(descriptor: int, data: bytes, size: int) -> None:
    """Write data at the end, or nothing: half a line would spoil the next one. Raises OSError."""
    done = 0
    try:
        while done < len(data):
            done += os.write(descriptor, data[done:])
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, size)
        raise


def _last_byte(descriptor: int, size: int) -> bytes:
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1)


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def _clean(value: object) -> object:
    """The value without passwords, and with text for whatever JSON does not know."""
    match value:
        case str():
            return without_passwords(value).encode("utf-8", "backslashreplace").decode()
        case Mapping():
            return {str(key): _clean(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_clean(inner) for inner in value]
        case float():
            return value if abs(value) < float("inf") else None  # false for nan, too
        case bool() | int() | None:
            return value
        case _:
            return _clean(str(value))


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
