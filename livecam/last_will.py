"""What is still done where a library ends the process: Qt calls C's ``exit`` when its X server has gone.

Python knows nothing of that, and whatever waits to be written would be lost.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

FAILED = 1  # with what such a process ends, as an expected failure does
_wills: list[Callable[[], None]] = []
_state = {"allowed": False, "made": False}


def allow() -> None:
    """Let wills count: whoever calls this ends its process by ``os._exit`` where one was made (``is_made``).

    Called after Python has ended, a will would crash it.
    """
    _state["allowed"] = True


def is_made() -> bool:
    """Whether the process has to be ended by ``os._exit``."""
    return _state["made"]


@contextmanager
def last_will(act: Callable[[], None]) -> Iterator[None]:
    """Have act done if a library ends the process while this is entered, by the thread that has entered it.

    Of several the one that was entered last is done first. It does nothing where wills do not count.
    """
    _wills.append(act)
    if _state["allowed"] and sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            libc = ctypes.CDLL("libc.so.6")
            # Of the thread that ends the process, this one, these come first: what libraries have set up since, to
            # encode a clip, say, is still there. Of another thread, what is registered last is called first.
            within = ctypes.cast(libc["exit"], ctypes.c_void_p)  # some address in a library that stays
            libc["__cxa_thread_atexit_impl"](_carry_out_of_c, None, within)
            libc["__cxa_atexit"](_carry_out_of_c, None, None)
            _state["made"] = True
    try:
        yield
    finally:
        _wills.remove(act)


def _carry_out(_: object = None) -> None:
    if not _wills:
        return
    while _wills:
        with suppress(Exception):
            _wills.pop()()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(FAILED)


_carry_out_of_c = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(_carry_out)
