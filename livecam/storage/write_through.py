"""Replaces what a file holds so that all its names keep seeing the same file.

A file with one name is replaced in one step, one that a symbolic link names where it lies. One with hard links, as
``--link-to`` makes them, would fall apart into two that way, so it is written in place, and while that lasts a whole
copy of what it is to hold lies beside it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from livecam.errors import OutputError
from livecam.storage.durable import replace_file, sync_folder

_COPY = ".livecam-whole"  # behind the name


# A file's length in bytes, and time of its last change in ns. Not its inode, which some shares number anew.
Seen = tuple[int, int]


def seen(path: Path) -> Seen | None:
    """Return what tells that path still is the file that it was; None if there is none, or nobody may look."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def is_protected(path: Path) -> bool:
    """Whether path is a file that somebody, or their camera, has made read-only; by its folder it could be replaced."""
    try:
        return not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
    except OSError:
        return False


def put(path: Path, data: bytes, before: Seen | None, *, keep_times: bool = False) -> None:
    """Write data, made from what path held, to path, through all its names.

    before: ``seen`` before path was read.  keep_times: its times stay. Raises OSError; raises OutputError where another
    program has changed the file since, which then stays as that has it, or where a run that was killed at this left the
    file perhaps torn, and its whole copy beside it.
    """

    def require_same() -> None:
        if seen(path) != before:
            raise OutputError(f"another program has just changed {path}: run this again")

    path = Path(os.path.realpath(path))
    copy = path.with_name(path.name + _COPY)
    if os.path.lexists(copy):  # where its name is too long, it is not
        raise OutputError(
            f"an interrupted run may have left {path} torn; {copy.name} beside it is whole: keep the better of the two"
            f" as {path.name}"
        )
    status = path.stat() if path.exists() else None
    if status is None or status.st_nlink == 1:
        replace_file(path, data, keep_times=keep_times, at_last=require_same)
        return
    with path.open("rb+") as file:  # before the copy is made: a file that must not be written fails here
        require_same()
        replace_file(copy, data)
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    if keep_times:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    copy.unlink()
    sync_folder(path.parent)
