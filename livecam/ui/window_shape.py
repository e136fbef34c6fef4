"""How large the window is that opens for a picture, and what lies beside the picture in a window of another shape."""

from __future__ import annotations

import ctypes
import sys

import cv2
import numpy as np

from livecam.types import UInt8Array
from livecam.ui.x11 import connected, x11_library

# A 4K picture does not fit on most screens, and a small camera's would be lost there; the window can be resized.
AT_FIRST = (1280, 720)
_OF_LARGE = 0.5  # of a screen's width and height: on 3840 x 2160 the words of 1280 x 720 are too small; set by hand
_OF_SCREEN = 0.85  # of its height, for an upright picture: bars of the desktop need some; set by hand
_AT_MOST = 0.9  # of its height, for any picture: a window has a title, and a desktop a bar; set by hand
_BARS = 30  # grey, 0..255, of what the picture leaves free: as where there is no picture yet
_ROUNDED = 2  # pixels by which a window may miss the picture's shape: it has whole pixels only


def first_size(width: int, height: int, screen: tuple[int, int] | None) -> tuple[int, int]:
    """Return width and height of the window that opens for a picture of so many pixels.

    screen: in pixels; None: unknown. On a large one it is larger, and an upright picture gets more height, or its words
    would be small; on a small one it fits.
    """
    wide, high = AT_FIRST
    if screen is not None:
        wide = min(max(wide, round(_OF_LARGE * screen[0])), screen[0])
        high = max(high, round(_OF_LARGE * screen[1]), round(_OF_SCREEN * screen[1]) if height > width else 0)
        high = min(high, round(_AT_MOST * screen[1]))
    scale = min(wide / width, high / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def screen_size() -> tuple[int, int] | None:
    """Return width and height of the screen, pixels; None if nobody knows."""
    if sys.platform == "win32":
        user = ctypes.windll.user32
        return user.GetSystemMetrics(0), user.GetSystemMetrics(1)
    x11 = x11_library()
    with connected(x11) as connection:
        if x11 is None or connection is None:
            return None
        number = x11.XDefaultScreen(connection)
        return int(x11.XDisplayWidth(connection, number)), int(x11.XDisplayHeight(connection, number))


def with_bars(image: UInt8Array, room: tuple[int, int] | None) -> UInt8Array:
    """Return image, uint8 (H, W, 3), with dark bars that give it the shape of room; without them they would be white.

    room: width and height of the window; None: unknown, and the image is as it was.
    """
    if room is None:
        return image
    height, width = image.shape[:2]
    scale = max(width / room[0], height / room[1])
    more_x, more_y = max(round(room[0] * scale) - width, 0), max(round(room[1] * scale) - height, 0)
    if max(more_x, more_y) <= _ROUNDED:
        return image
    left, top, colour = more_x // 2, more_y // 2, (_BARS,) * 3
    barred = cv2.copyMakeBorder(image, top, more_y - top, left, more_x - left, cv2.BORDER_CONSTANT, value=colour)
    return np.asarray(barred, np.uint8)
