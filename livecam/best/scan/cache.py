"""Remembers what was found in a file, by the file's content: a second run over the same photos is almost free.

An SQLite database in the user's cache folder. Two processes may use it at once, and a kill at any moment loses no
more than the last few entries. It is only ever a help: where it cannot be opened or written, all goes on without it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from livecam.best.scan.cache_database import FAILED, delete_database, is_busy, is_damage, prepare
from livecam.closing import Closing

_FORMAT = 1
_NAME = f"records-{_FORMAT}.sqlite"
_FORMER_NAME = "looks-1.sqlite"  # before what it holds was called records; nobody else would ever delete it
_RETRY_S = 0.02  # seconds between two tries to open it
_BEGUN_ANEW = "{} is damaged, and begun anew: this once, photos that were looked at before are looked at again"
_IN_THE_WAY = "{} is damaged, and nothing can be remembered: delete it"


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """How large the cache may become, and how long it waits. Set by hand."""

    # Of the database, about; then what was not used for longest goes. Enough for some 100,000 photos.
    limit_bytes: int = 256 << 20
    # What is put is written after so many seconds at the latest: what a kill may cost.
    write_every_s: float = 2.0
    # The longest wait for another process that uses the database.
    wait_s: float = 5.0
    # A file that was changed less than this before it was read may change again without a new time (two seconds on
    # FAT), so its time proves nothing.
    settled_ns: int = 3_000_000_000


_SETTINGS = CacheSettings()


def content_of(data: bytes) -> bytes:
    """Return the key of a file's content: 32 bytes."""
    return hashlib.sha256(data).digest()


def content_of_file(path: Path) -> bytes:
    """Return the key of a file that is too large to be held in memory. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


class Remembering(Protocol):
    """Where results are found again and kept; ``Cache`` is the real one. It is used from several threads."""

    def content(self, path: Path) -> bytes | None:
        """See Cache."""
        ...

    def get(self, content: bytes, version: bytes) -> str | None:
        """See Cache."""
        ...

    def put(self, path: Path, status: os.stat_result, content: bytes, version: bytes, value: str) -> None:
        """See Cache."""
        ...


class Cache(Closing):
    """What was found in files, under their content and a version, which names all else that the finding depends on.

    It may be used from several threads. What is put is written a little later, many at once.
    """

    def __init__(
        self, folder: Path, settings: CacheSettings = _SETTINGS, *, say: Callable[[str], None] | None = None
    ) -> None:
        """Open the cache in folder, or make it. Where that fails it forgets everything at once.

        say: is told, in a line, where a damaged cache had to be begun anew.
        """
        self._path = folder / _NAME
        self._settings = settings
        self._say = say or (lambda _: None)
        self._damaged = False
        self._lock = threading.Lock()
        self._waiting: list[tuple[str, tuple[object, ...]]] = []
        self._written_s = time.monotonic()
        delete_database(folder / _FORMER_NAME)
        self._database = self._open()

    def content(self, path: Path) -> bytes | None:
        """Return the content's key by the file's size and time alone; None if that is not sure or not known."""
        with contextlib.suppress(OSError):
            status = path.stat()
            row = self._first(
                "select content from files where path = ? and size = ? and mtime_ns = ?",
                (_name(path), status.st_size, status.st_mtime_ns),
            )
            return None if row is None or not isinstance(row[0], bytes) else row[0]
        return None

    def get(self, content: bytes, version: bytes) -> str | None:
        """Return what was put under content and version; None if that is not there or damaged."""
        row = self._first("select value, used from found where content = ? and version = ?", (content, version))
        if row is None:
            return None
        if row[1] != (today := _today()):
            self._later("update found set used = ? where content = ? and version = ?", (today, content, version))
        with contextlib.suppress(zlib.error, UnicodeDecodeError, TypeError):  # a number, for SQLite keeps any
            return zlib.decompress(row[0]).decode()
        return None

    def put(self, path: Path, status: os.stat_result, content: bytes, version: bytes, value: str) -> None:
        """Remember value; and that the file at path, as it was when status was taken, has this content."""
        packed = zlib.compress(value.encode(), 1)
        self._later("insert or replace into found values (?, ?, ?, ?)", (content, version, packed, _today()))
        if time.time_ns() - status.st_mtime_ns > self._settings.settled_ns:
            self._later(
                "insert or replace into files values (?, ?, ?, ?)",
                (_name(path), status.st_size, status.st_mtime_ns, content),
            )

    def close(self) -> None:
        """Write what waits. May be called again; it remembers nothing from then on."""
        with self._lock:
            self._write()
            if self._database is not None:
                self._database.close()
            self._database = None

    def _open(self) -> sqlite3.Connection | None:
        until_s = time.monotonic() + self._settings.wait_s
        while True:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                # No transactions but those begun by name; several threads take turns by the lock.
                database = sqlite3.connect(
                    self._path, timeout=self._settings.wait_s, isolation_level=None, check_same_thread=False
                )
                try:
                    prepare(database)
                except FAILED:
                    database.close()
                    raise
            except OSError:
                return None
            except FAILED as error:
                if is_busy(error) and time.monotonic() <= until_s:
                    time.sleep(_RETRY_S)  # SQLite does not itself wait for another that is making the same new file
                elif not is_damage(error) or not self._forget():
                    return None  # read-only, no room, taken by another for long, or damaged again
            else:
                return database

    def _forget(self) -> bool:
        """Delete a damaged database, and say so; False where that was done already: nothing helps then."""
        if self._damaged:
            return False
        self._damaged = True
        delete_database(self._path)  # there is nothing in it that cannot be found again
        self._say((_IN_THE_WAY if self._path.exists() else _BEGUN_ANEW).format(self._path))
        return not self._path.exists()

    def _first(self, query: str, values: tuple[object, ...]) -> tuple[Any, ...] | None:
        with self._lock:
            if self._database is None:
                return None
            try:
                row: tuple[Any, ...] | None = self._database.execute(query, values).fetchone()
            except FAILED as error:
                self._give_up_on(error)
                return None
            return row

    def _later(self, change: str, values: tuple[object, ...]) -> None:
        with self._lock:
            self._waiting.append((change, values))
            if time.monotonic() - self._written_s > self._settings.write_every_s:
                self._write()

    def _write(self) -> None:
        """Make the changes that wait, in one short transaction, so that another process hardly waits for this one."""
        self._written_s = time.monotonic()
        if self._database is None or not self._waiting:
            self._waiting.clear()
            return
        try:
            self._database.execute("begin immediate")
            with self._database:  # commits, or takes all back
                for change, values in self._waiting:
                    self._database.execute(change, values)
                self._tidy(self._database)
        except FAILED as error:
            self._give_up_on(error)
        self._waiting.clear()

    def _tidy(self, database: sqlite3.Connection) -> None:
        """Let go of what was not used for longest when the limit is reached. What is freed is used again."""
        pages, free, size = (
            database.execute(f"pragma {what}").fetchone()[0] for what in ("page_count", "freelist_count", "page_size")
        )
        if (pages - free) * size > self._settings.limit_bytes:
            database.execute(
                "delete from found where rowid in (select rowid from found order by used, rowid"
                " limit (select count(*) / 4 + 1 from found))"
            )
            database.execute("delete from files where content not in (select content from found)")

    def _give_up_on(self, error: Exception) -> None:
        """A busy database may be free the next time, a damaged one is begun anew; any other trouble stays."""
        damaged = is_damage(error)
        if (damaged or not isinstance(error, sqlite3.OperationalError)) and self._database is not None:
            self._database.close()
            self._database = self._open() if damaged and self._forget() else None


def _name(path: Path) -> bytes:
    return os.fsencode(path.absolute())


def _today() -> int:
    return int(time.time() // 86400)
