"""The window on the screen, by OpenCV: shows a picture, reads the keys, notices when it is closed."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import cv2

from livecam.closing import Closing
from livecam.errors import DisplayError
from livecam.types import UInt8Array
from livecam.ui.keys import ESCAPE, Key, read_key
from livecam.ui.window_shape import AT_FIRST, first_size, screen_size, with_bars
from livecam.ui.x11 import ServerWatch, connected, x11_library
from livecam.ui.x11_window import remind_own_windows

_ROUNDED = 2  # pixels by which a window may be another than it was asked to be
_REMINDED = frozenset((2, 20, 60, 180))  # looks for keys, 60 a second, after which the window is told it is there


def check_display() -> None:
    """Make sure that a window can be opened. Raises DisplayError if there is no screen.

    On Linux OpenCV's Qt ends the whole process when it cannot reach an X server, and no exception can be caught,
    so the server is called first, as Qt will call it.
    """
    if sys.platform != "linux":
        return
    name = os.environ.get("DISPLAY")
    if not name:
        raise DisplayError("no display for the window (DISPLAY is not set): run on a desktop")
    x11 = x11_library()
    if x11 is None:
        raise DisplayError("no libX11 for the window: install it (apt install libx11-6)")
    with connected(x11) as connection:
        if connection is None:
            raise DisplayError(f"display {name} does not answer: check DISPLAY and its access rights")


@contextmanager
def or_else(option: str) -> Iterator[None]:
    """Let a DisplayError also say what to do without a window, such as "add --headless"."""
    try:
        yield
    except DisplayError as error:
        raise DisplayError(f"{error}, or {option}") from error


def has_display() -> bool:
    """Whether a window can be opened."""
    try:
        check_display()
    except DisplayError:
        return False
    return True


class Screen(Protocol):
    """Shows pictures and reads keys; ``Window`` is the real one."""

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of the room for the picture, pixels, if known."""
        ...

    def show(self, image: UInt8Array) -> None:
        """Show image, uint8 (H, W, 3) RGB."""
        ...

    def key(self) -> Key | None:
        """Return the next key pressed, None when there is none."""
        ...

    def toggle_full_screen(self) -> None:
        """Fill the screen, or no longer."""
        ...


class Window(Closing):
    """A window that a person may resize and close. Use it from the thread that made it."""

    def __init__(self, title: str = "livecam") -> None:
        """Open it. Raises DisplayError if there is no screen."""
        self._title = title
        self._shown = self._destroyed = False
        self._looks = 0
        self._pressed: deque[Key] = deque()
        self._opened, self._screen = AT_FIRST, screen_size()
        self._server = ServerWatch()  # also lest a bare server start anew, as one does when its last client goes
        check_display()
        if sys.platform == "linux":
            # OpenCV brings only this plug-in of Qt; with a desktop's own (wayland) Qt would end the process.
            os.environ["QT_QPA_PLATFORM"] = "xcb"
        try:
            cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_FREERATIO | cv2.WINDOW_GUI_NORMAL)
        except cv2.error as error:
            raise DisplayError(
                "this OpenCV cannot open windows (opencv-python-headless?): install opencv-python"
            ) from error

    def show(self, image: UInt8Array) -> None:
        """Show image, uint8 (H, W, 3) RGB; does nothing once the window is closed."""
        if self._closed():
            return
        self._follow_shape(image.shape[1], image.shape[0])
        cv2.imshow(self._title, cv2.cvtColor(with_bars(image, self.size), cv2.COLOR_RGB2BGR))
        if not self._shown:
            cv2.resizeWindow(self._title, *self._opened)
            self._shown = True
        self._poll()  # this is when it is painted

    def key(self) -> Key | None:
        """Return the next key pressed, None when there is none; QUIT once the window is closed.

        To be called often: OpenCV keeps only the last key between two calls. Escape leaves the full screen first.
        """
        if not self._closed():
            self._poll()
        if self._closed():
            return Key.QUIT
        return self._pressed.popleft() if self._pressed else None

    def _follow_shape(self, width: int, height: int) -> None:
        """Give the window the picture's shape at first, and again when that changes, if no person has resized it."""
        wanted = first_size(width, height, self._screen)
        size = self.size
        if size is None:
            self._opened = wanted
            return
        untouched = all(abs(is_now - was) <= _ROUNDED for is_now, was in zip(size, self._opened, strict=True))
        new_shape = any(abs(new - old) > _ROUNDED for new, old in zip(wanted, self._opened, strict=True))
        if untouched and new_shape and not self._full_screen():
            self._opened = wanted
            cv2.resizeWindow(self._title, *wanted)

    def _poll(self) -> None:
        if self._shown:
            self._looks += 1
            if self._looks in _REMINDED:
                remind_own_windows()
        if self._server.gone:  # only just
            return
        code = cv2.pollKey()
        key = read_key(code)
        if key is Key.QUIT and code & 0xFFFF == ESCAPE and not self._closed() and self._full_screen():
            key = Key.FULL_SCREEN
        if key is not None:
            self._pressed.append(key)

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of the room for the picture, pixels; None before the first picture, or if nobody knows."""
        if not self._shown or self._closed():
            return None
        _, _, width, height = cv2.getWindowImageRect(self._title)
        return (width, height) if width > 0 and height > 0 else None

    def toggle_full_screen(self) -> None:
        """Fill the screen, or no longer."""
        if self._shown and not self._closed():
            mode = cv2.WINDOW_NORMAL if self._full_screen() else cv2.WINDOW_FULLSCREEN
            cv2.setWindowProperty(self._title, cv2.WND_PROP_FULLSCREEN, mode)

    def close(self) -> None:
        """Close it, if the person has not yet. May be called again."""
        if not self._closed():
            cv2.destroyWindow(self._title)
            cv2.pollKey()
        self._destroyed = True

    def _full_screen(self) -> bool:
        return cv2.getWindowProperty(self._title, cv2.WND_PROP_FULLSCREEN) == cv2.WINDOW_FULLSCREEN

    def _closed(self) -> bool:
        """Whether it is gone, or its screen; OpenCV would quietly open a new one at the next picture."""
        self._destroyed = self._destroyed or self._server.gone
        if self._destroyed or not self._shown:
            return self._destroyed
        try:
            return cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) < 1
        except cv2.error:  # Qt took all of itself down with its last window
            return True
