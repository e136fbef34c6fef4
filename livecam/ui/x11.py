"""A connection to the X server of a Linux desktop, beside the one that the window has."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def x11_library() -> ctypes.CDLL | None:
    """Return the library that speaks to an X server; None where there is none."""
    if sys.platform != "linux":
        return None
    try:
        return ctypes.CDLL("libX11.so.6")
    except OSError:
        return None


@contextmanager
def connected(x11: ctypes.CDLL | None) -> Iterator[ctypes.c_void_p | None]:
    """Connect to the server that DISPLAY names; None when it does not answer, or without x11."""
    if x11 is None:
        yield None
        return
    x11.XOpenDisplay.restype = ctypes.c_void_p
    opened = x11.XOpenDisplay(None)
    if not opened:
        yield None
        return
    connection = ctypes.c_void_p(opened)
    try:
        yield connection
    finally:
        x11.XCloseDisplay(connection)
