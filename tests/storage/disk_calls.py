"""Stops a piece of work just before any one of its changes of the disk, as a kill or a failing disk would."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

# What changes the disk. Between two of these it stays as it is, so that all the moments to be stopped at are seen.
CHANGES = {
    *("open", "link", "unlink", "rename", "replace", "mkdir", "rmdir", "symlink", "utime", "chmod", "setxattr"),
    *("write", "flush", "truncate", "close"),
}
# These only wait for it, which a failing disk may refuse.
WAITS = {"fsync"}


def is_killed(work: Callable[[], object], at: int) -> bool:
    """Do work in a copy of this process, killed just before its change number at; False if it came to an end."""
    child = os.fork()
    if not child:
        _before(CHANGES, at, lambda: os.kill(os.getpid(), signal.SIGKILL))
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def fails(work: Callable[[], object], at: int, error: BaseException) -> bool:
    """Do work with error in place of its call number at, of those that change the disk or wait for it.

    Return whether work raised it.
    """

    def fail() -> None:
        raise error

    _before(CHANGES | WAITS, at, fail)
    try:
        work()
    except type(error) as raised:
        if raised is not error:
            raise
        return True
    finally:
        sys.setprofile(None)
    return False


def disk_calls_of(work: Callable[[], object]) -> int:
    """Do work and return how often it changes the disk or waits for it."""
    count = 0

    def hook(frame: object, event: str, function: object) -> None:
        nonlocal count
        count += event == "c_call" and getattr(function, "__name__", "") in CHANGES | WAITS

    sys.setprofile(hook)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def _before(calls: set[str], at: int, happens: Callable[[], None]) -> None:
    left = at

    def hook(frame: object, event: str, function: object) -> None:
        nonlocal left
        if event == "c_call" and getattr(function, "__name__", "") in calls:
            left -= 1
            if left < 0:
                happens()

    sys.setprofile(hook)
