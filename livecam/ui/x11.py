"""A connection to the X server of a Linux desktop, beside the one that the window has."""

from __future__ import annotations

import ctypes
import select
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
    connection = _connection(x11) if x11 is not None else None
    try:
        yield connection
    finally:
        if x11 is not None and connection is not None:
            x11.XCloseDisplay(connection)


def _connection(x11: ctypes.CDLL) -> ctypes.c_void_p | None:
    x11.XOpenDisplay.restype = ctypes.c_void_p
    opened = x11.XOpenDisplay(None)
    return ctypes.c_void_p(opened) if opened else None


class ServerWatch:
    """Notices that the X server has gone before Qt does, which would end the process with pictures still to save."""

    def __init__(self) -> None:
        """Keep a connection to the server that DISPLAY names; where there is none nothing is ever gone."""
        self._poll: select.poll | None = None
        x11 = x11_library()
        if x11 is not None and (connection := _connection(x11)) is not None:
            # It is never closed: on one that is gone that would end the process, too.
            self._poll = select.poll()
            self._poll.register(x11.XConnectionNumber(connection), select.POLLRDHUP)

    @property
    def gone(self) -> bool:
        """Whether it has closed the connection."""
        return self._poll is not None and bool(self._poll.poll(0))
