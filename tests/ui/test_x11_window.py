from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator

import pytest

from livecam.ui.x11 import connected, x11_library
from livecam.ui.x11_window import remind_own_windows
from tests.ui.virtual_screen import xvfb

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has X11")

MAP_NOTIFY, CARDINAL, REPLACE = 19, 6, 0


class Program:
    """Somebody with windows, of a process of this number."""

    def __init__(self, display: ctypes.c_void_p, process: int) -> None:
        self._display, self._process = display, process
        self._x11 = x11_library()

    def window(self, *, shown: bool) -> int:
        x11, display = self._x11, self._display
        assert x11 is not None
        root = ctypes.c_ulong(x11.XDefaultRootWindow(display))
        x11.XCreateSimpleWindow.restype = ctypes.c_ulong
        window: int = x11.XCreateSimpleWindow(display, root, 0, 0, 20, 20, 0, ctypes.c_ulong(0), ctypes.c_ulong(0))
        x11.XInternAtom.restype = ctypes.c_ulong
        atom = ctypes.c_ulong(x11.XInternAtom(display, b"_NET_WM_PID", 0))
        number = ctypes.c_ulong(self._process)
        place = ctypes.c_ulong(window)
        x11.XChangeProperty(display, place, atom, ctypes.c_ulong(CARDINAL), 32, REPLACE, ctypes.byref(number), 1)
        if shown:
            x11.XMapWindow(display, place)
        x11.XSync(display, 0)
        return window

    def told(self, window: int) -> bool:
        """Whether somebody has sent it word that it is on the screen."""
        assert self._x11 is not None
        event = (ctypes.c_long * 24)()
        self._x11.XSync(self._display, 0)
        place = ctypes.c_ulong(window)
        found = self._x11.XCheckTypedWindowEvent(self._display, place, MAP_NOTIFY, ctypes.byref(event))
        return bool(found)


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> Iterator[ctypes.c_void_p]:
    with xvfb() as name:
        monkeypatch.setenv("DISPLAY", name)
        with connected(x11_library()) as opened:
            assert opened is not None
            yield opened


def test_a_window_that_is_on_the_screen_is_told_so_as_often_as_asked(display: ctypes.c_void_p) -> None:
    program = Program(display, os.getpid())
    window = program.window(shown=True)
    assert not program.told(window), "nobody has asked for the server's own word"
    for _ in range(2):
        assert remind_own_windows() == 1
        assert program.told(window)
        assert not program.told(window)


def test_neither_hidden_windows_nor_those_of_others_are_told(display: ctypes.c_void_p) -> None:
    own, other = Program(display, os.getpid()), Program(display, os.getpid() + 1)
    hidden, foreign = own.window(shown=False), other.window(shown=True)
    assert remind_own_windows() == 0
    assert not own.told(hidden)
    assert not other.told(foreign)


def test_without_a_screen_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":65000")
    assert remind_own_windows() == 0
