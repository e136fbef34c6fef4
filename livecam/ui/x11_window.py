"""Tells this program's windows once more that they are on the screen of an X server.

The server says so once, and Qt's thread that reads from it now and then loses what has come in a bunch (Qt 5.15 in
OpenCV 5.1: 3 of 49 starts under a bare Xvfb, by screenshots). Qt then takes its window for hidden, and it stays black
for ever. To be told again changes nothing for a window that knows.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

from livecam.ui.x11 import connected, x11_library

_MAP_NOTIFY, _VIEWABLE, _CARDINAL = 19, 2, 6  # of X.h and Xatom.h
_DEPTH = 3  # a window manager puts a window into one or two others
_Handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


class _MapEvent(ctypes.Structure):
    """XMapEvent, in the room of an XEvent."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("event", ctypes.c_ulong),
        ("window", ctypes.c_ulong),
        ("override_redirect", ctypes.c_int),
        ("room", ctypes.c_long * 24),
    )


class _Attributes(ctypes.Structure):
    """XWindowAttributes."""

    _fields_ = (
        ("place", ctypes.c_int * 6),
        ("visual", ctypes.c_void_p),
        ("root", ctypes.c_ulong),
        ("kind", ctypes.c_int * 4),
        ("planes", ctypes.c_ulong * 2),
        ("save_under", ctypes.c_int),
        ("colours", ctypes.c_ulong),
        ("colours_there", ctypes.c_int),
        ("map_state", ctypes.c_int),
        ("masks", ctypes.c_long * 3),
        ("override_redirect", ctypes.c_int),
        ("screen", ctypes.c_void_p),
    )


def remind_own_windows() -> int:
    """Tell each window of this process that is on the screen that it is there; return how many there are."""
    x11 = x11_library()
    with connected(x11) as display:
        if x11 is None or display is None:
            return 0
        with _errors_ignored(x11):  # a window of another program may go while it is looked at
            root = _declared(x11).XDefaultRootWindow(display)
            own = [window for window in _below(x11, display, root, _DEPTH) if _is_own(x11, display, window)]
            for window in own:
                event = _MapEvent(type=_MAP_NOTIFY, display=display, event=window, window=window)
                x11.XSendEvent(display, window, 0, 0, ctypes.byref(event))  # to whoever made the window
            x11.XSync(display, 0)
            return len(own)


@contextmanager
def _errors_ignored(x11: ctypes.CDLL) -> Iterator[None]:
    """Xlib's own way with an error ends the process."""
    x11.XSetErrorHandler.restype = ctypes.c_void_p
    ignore = _Handler(lambda _, __: 0)
    before = x11.XSetErrorHandler(ignore)
    try:
        yield
    finally:
        x11.XSetErrorHandler(ctypes.c_void_p(before))


def _declared(x11: ctypes.CDLL) -> ctypes.CDLL:
    """Say what is wider than an int."""
    window, display = ctypes.c_ulong, ctypes.c_void_p
    x11.XDefaultRootWindow.restype = window
    x11.XInternAtom.restype = ctypes.c_ulong
    x11.XDefaultRootWindow.argtypes = (display,)
    x11.XSync.argtypes = (display, ctypes.c_int)
    x11.XInternAtom.argtypes = (display, ctypes.c_char_p, ctypes.c_int)
    x11.XQueryTree.argtypes = (display, window, *(ctypes.c_void_p,) * 4)
    x11.XGetWindowAttributes.argtypes = (display, window, ctypes.c_void_p)
    x11.XGetWindowProperty.argtypes = (
        display, window, ctypes.c_ulong, ctypes.c_long, ctypes.c_long, ctypes.c_int, ctypes.c_ulong,
        *(ctypes.c_void_p,) * 5,
    )  # fmt: skip
    x11.XSendEvent.argtypes = (display, window, ctypes.c_int, ctypes.c_long, ctypes.c_void_p)
    x11.XFree.argtypes = (ctypes.c_void_p,)
    return x11


def _below(x11: ctypes.CDLL, display: ctypes.c_void_p, window: int, depth: int) -> Iterator[int]:
    """All windows in window, down to so many levels."""
    root, parent, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_uint()
    found = ctypes.POINTER(ctypes.c_ulong)()
    given = (ctypes.byref(root), ctypes.byref(parent), ctypes.byref(found), ctypes.byref(count))
    if not x11.XQueryTree(display, window, *given):
        return
    children = [found[place] for place in range(count.value)]
    if count.value:
        x11.XFree(found)
    for child in children:
        yield child
        if depth > 1:
            yield from _below(x11, display, child, depth - 1)


def _is_own(x11: ctypes.CDLL, display: ctypes.c_void_p, window: int) -> bool:
    """Whether window is on the screen and says that it is this process's."""
    attributes = _Attributes()
    if not x11.XGetWindowAttributes(display, window, ctypes.byref(attributes)) or attributes.map_state != _VIEWABLE:
        return False
    kind, width, count, rest = ctypes.c_ulong(), ctypes.c_int(), ctypes.c_ulong(), ctypes.c_ulong()
    value = ctypes.POINTER(ctypes.c_ulong)()
    given = tuple(ctypes.byref(part) for part in (kind, width, count, rest, value))
    atom = x11.XInternAtom(display, b"_NET_WM_PID", 0)
    x11.XGetWindowProperty(display, window, atom, 0, 1, 0, _CARDINAL, *given)
    if count.value != 1:
        return False
    process = int(value[0])
    x11.XFree(value)
    return process == os.getpid()
