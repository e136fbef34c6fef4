"""The database of the cache of scans: its tables, and whether it is damaged or only not to be had now."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path

# What SQLite raises: it names what is damaged, and the name may be no text.
FAILED = (sqlite3.Error, UnicodeDecodeError)
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "files": ("path", "size", "mtime_ns", "content"),
    "found": ("content", "version", "value", "used"),
}
_TABLES = """
create table if not exists files (
    path blob primary key, size integer not null, mtime_ns integer not null, content blob not null
) without rowid;
create table if not exists found (
    content blob not null, version blob not null, value blob not null, used integer not null,
    primary key (content, version)
);
create index if not exists found_used on found (used);
"""


def prepare(database: sqlite3.Connection) -> None:
    """Make what is missing. Raises sqlite3.DatabaseError where what is there is not what it should be."""
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = normal")
    database.executescript(_TABLES)
    for table, columns in _COLUMNS.items():
        if tuple(row[1] for row in database.execute(f"pragma table_info({table})")) != columns:
            raise sqlite3.DatabaseError(f"the columns of {table} have other names")


def is_busy(error: Exception) -> bool:
    """Whether another process uses the database, which may be over soon."""
    return isinstance(error, sqlite3.OperationalError) and _code(error) == sqlite3.SQLITE_BUSY


def is_damage(error: Exception) -> bool:
    """Whether the database itself is to blame, not the disk: no column by that name is an error in what we ask."""
    return not isinstance(error, sqlite3.OperationalError) or _code(error) == sqlite3.SQLITE_ERROR


def _code(error: sqlite3.Error) -> int:
    """The error's kind, without what SQLite adds of how it came about."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


def delete_database(database: Path) -> None:
    """Delete a database and what SQLite keeps beside it, as far as that is possible."""
    with contextlib.suppress(OSError):
        for suffix in ("", "-wal", "-shm"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)
