"""Keeps two servers from one folder: each would show and change what the other does not know of."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from livecam import model_files
from livecam.errors import ServeError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextlib.contextmanager
def served_alone(folder: Path) -> Iterator[None]:
    """Hold folder for one server. Raises ServeError if another one has it.

    The lock is a file in the user's cache, so that nothing is written beside the photos.
    """
    whole = os.fsencode(folder.resolve())
    path = model_files.cache_dir() / "serve" / f"{hashlib.sha256(whole).hexdigest()[:32]}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:  # no cache to write to: better unguarded than not at all
        yield
        return
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        raise ServeError(f"another livecam serves {folder} already: end it, or choose another folder") from None
    except OSError:
        pass  # some network file systems know no locks
