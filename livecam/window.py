"""The window on the screen, by OpenCV: shows a picture, reads the keys, notices when it is closed."""

from __future__ import annotations

import ctypes
import enum
import os
import sys
from types import TracebackType
from typing import Self

import cv2

from livecam.errors import DisplayError
from livecam.types import UInt8Array

# A 4K picture does not fit on most screens; the window can be enlarged by hand.
_LARGEST_AT_FIRST = (1280, 800)


class Key(enum.Enum):
    """What a person asks for, by a key or by closing the window."""

    TAKE = "take"
    QUIT = "quit"
    MIRROR = "mirror"
    HELP = "help"


_ESCAPE = 27
_KEYS = {
    ord(" "): Key.TAKE,
    ord("q"): Key.QUIT,
    _ESCAPE: Key.QUIT,
    ord("m"): Key.MIRROR,
    ord("h"): Key.HELP,
}


def check_display() -> None:
    """Make sure that a window can be opened. Raises DisplayError if there is no screen.

    On Linux OpenCV's Qt ends the whole process when it cannot reach an X server, and no exception can be caught,
    so the server is called first, as Qt will call it.
    """
    if sys.platform != "linux":
        return
    name = os.environ.get("DISPLAY")
    if not name:
        raise DisplayError("no display for the window (DISPLAY is not set): run on a desktop, or add --headless")
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        raise DisplayError("no libX11 for the window: install it (apt install libx11-6), or add --headless") from None
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    connection = x11.XOpenDisplay(None)
    if not connection:
        raise DisplayError(f"display {name} does not answer: check DISPLAY and its access rights, or add --headless")
    x11.XCloseDisplay(connection)


def has_display() -> bool:
    """Whether a window can be opened."""
    try:
        check_display()
    except DisplayError:
        return False
    return True


class Window:
    """A window that a person may resize and close. Use it from the thread that made it."""

    def __init__(self, title: str = "livecam") -> None:
        """Open it. Raises DisplayError if there is no screen."""
        check_display()
        if sys.platform == "linux":
            # OpenCV brings only this plug-in of Qt; with a desktop's own setting (wayland) Qt would end the process.
            os.environ["QT_QPA_PLATFORM"] = "xcb"
        self._title = title
        self._shown = self._destroyed = False
        try:
            cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        except cv2.error as error:
            raise DisplayError(
                "this OpenCV cannot open windows (opencv-python-headless?): install opencv-python, or add --headless"
            ) from error

    def show(self, image: UInt8Array) -> Key | None:
        """Show image, uint8 (H, W, 3) RGB, and return the key pressed since the last call; QUIT if it was closed."""
        if self._closed():
            return Key.QUIT
        cv2.imshow(self._title, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        if not self._shown:
            height, width = image.shape[:2]
            scale = min(1.0, _LARGEST_AT_FIRST[0] / width, _LARGEST_AT_FIRST[1] / height)
            cv2.resizeWindow(self._title, max(1, round(width * scale)), max(1, round(height * scale)))
            self._shown = True
        code = cv2.pollKey()
        if self._closed():
            return Key.QUIT
        return None if code < 0 else _KEYS.get(ord(chr(code & 0xFF).lower()))

    def close(self) -> None:
        """Close it, if the person has not yet. May be called again."""
        if not self._closed():
            cv2.destroyWindow(self._title)
            cv2.pollKey()
        self._destroyed = True

    def _closed(self) -> bool:
        """Whether it is gone; OpenCV would quietly open a new one at the next picture."""
        if self._destroyed or not self._shown:
            return self._destroyed
        try:
            return cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) < 1
        except cv2.error:  # Qt took all of itself down with its last window
            return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
