"""Writes what ``livecam taste --export`` gives, in place of an older export, and of nothing else."""

from __future__ import annotations

from pathlib import Path

from livecam.errors import OutputError
from livecam.storage.disk_errors import why
from livecam.storage.durable import replace_file
from livecam.storage.own_files import require_own
from livecam.taste.own_files import is_lessons

_OPTION = "--export"
_CHANGED = 1 << 16  # bytes that another program may add without a word more: ends of lines; set by hand


def write_lessons(to: Path, data: bytes, kept: Path) -> None:
    """Write lines of lessons to a file that is not kept, where all are. Raises OutputError."""
    _require_another(to, kept)
    require_own(to, is_lessons, "file of lessons", _OPTION)
    _write(to, data)


def write_ratings(to: Path, data: bytes, kept: Path) -> None:
    """Write a table of ratings to a file that is not kept, where the lessons are. Raises OutputError.

    Who wrote a table nobody can tell: one that is there must have no line that is not in data.
    """
    _require_another(to, kept)
    try:
        # One that is much larger has others, without a look.
        there = to.is_file() and to.stat().st_size
        known = {*data.splitlines(), b""}
        lost = bool(there) and (there > len(data) + _CHANGED or not known.issuperset(to.read_bytes().splitlines()))
    except OSError:
        lost = True
    if lost:
        raise OutputError(f"{to} says more than your stars, which would be lost: name another file with {_OPTION}")
    _write(to, data)


def _require_another(to: Path, kept: Path) -> None:
    try:
        same = to.exists() and kept.exists() and to.samefile(kept)
    except OSError as error:
        raise OutputError(f"cannot write {to}: {why(error)}") from error
    if same:
        raise OutputError(f"{to} holds your lessons themselves: write them to another file")


def _write(to: Path, data: bytes) -> None:
    try:
        replace_file(to, data)
    except OSError as error:
        raise OutputError(f"cannot write {to}: {why(error)}") from error
