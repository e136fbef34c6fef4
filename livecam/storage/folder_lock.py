"""Keeps two runs of livecam from one folder: one that is watched or served, or that a card is copied to."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from livecam import model_files
from livecam.errors import LivecamError, OutputError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextlib.contextmanager
def alone_at(folder: Path, doing: str, error: type[LivecamError] = OutputError) -> Iterator[None]:
    """Hold folder for one run; doing ("watches", "copies into", "serves") is what the other one does. Raises error.

    The lock is a file in the user's cache: nothing is written into a folder for it. It ends with the process, however
    that ends.
    """
    path = model_files.cache_dir() / "locks" / f"{key_of(folder)}.{doing.split(maxsplit=1)[0]}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:  # no cache to write to: better unguarded than not at all
        yield
        return
    try:
        _lock(descriptor, folder, doing, error)
        yield
    finally:
        os.close(descriptor)


def key_of(folder: Path) -> str:
    """Return a file name for what is kept of folder elsewhere."""
    return hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:32]


def _lock(descriptor: int, folder: Path, doing: str, error: type[LivecamError]) -> None:
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        raise error(f"another livecam {doing} {folder} already: end it, or choose another folder") from None
    except OSError:
        pass  # some network file systems know no locks
