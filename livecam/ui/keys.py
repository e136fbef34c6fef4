"""What a person asks for by a key, and which code of OpenCV means which."""

from __future__ import annotations

import enum


class Key(enum.Enum):
    """What a person asks for, by a key or by closing the window."""

    TAKE = "take"
    COUNTDOWN = "countdown"
    AUTO = "auto"
    PAUSE = "pause"
    HIGHER = "higher"
    LOWER = "lower"
    RATE_1 = "rate 1"
    RATE_2 = "rate 2"
    RATE_3 = "rate 3"
    RATE_4 = "rate 4"
    RATE_5 = "rate 5"
    DELETE = "delete"
    RESTORE = "restore"
    MIRROR = "mirror"
    GRID = "grid"
    FULL_SCREEN = "full screen"
    HELP = "help"
    ADDRESS = "address"
    QUIT = "quit"
    LEFT = "left"  # these four only livecam rate asks for
    RIGHT = "right"
    BACK = "back"
    WHOLE = "whole picture"

    @property
    def rating(self) -> int | None:
        """1..5 for the keys that rate."""
        return int(self.value[-1]) if self.value.startswith("rate ") else None


ESCAPE = 27
_KEYS = {
    " ": Key.TAKE, "c": Key.COUNTDOWN, "a": Key.AUTO, "p": Key.PAUSE, "+": Key.HIGHER, "=": Key.HIGHER,
    "-": Key.LOWER, "1": Key.RATE_1, "2": Key.RATE_2, "3": Key.RATE_3, "4": Key.RATE_4, "5": Key.RATE_5,
    "x": Key.DELETE, "u": Key.RESTORE, "m": Key.MIRROR, "g": Key.GRID, "f": Key.FULL_SCREEN, "h": Key.HELP,
    "i": Key.ADDRESS,
    "?": Key.HELP, "q": Key.QUIT, "b": Key.BACK, "\b": Key.BACK, "\x7f": Key.BACK, "w": Key.WHOLE,
}  # fmt: skip
# Arrows, Delete and Backspace have codes of their own: X11's (OpenCV's Qt and GTK), Windows' and macOS'. Their low
# bytes are those of letters, such as "Q" for the left arrow.
_NAMED_KEYS = {
    0xFF52: Key.HIGHER, 0x260000: Key.HIGHER, 0xF700: Key.HIGHER,
    0xFF54: Key.LOWER, 0x280000: Key.LOWER, 0xF701: Key.LOWER,
    0xFFFF: Key.DELETE, 0x2E0000: Key.DELETE, 0xF728: Key.DELETE,
    0xFF51: Key.LEFT, 0x250000: Key.LEFT, 0xF702: Key.LEFT,
    0xFF53: Key.RIGHT, 0x270000: Key.RIGHT, 0xF703: Key.RIGHT, 0xFF08: Key.BACK,
}  # fmt: skip


def read_key(code: int) -> Key | None:
    """Return what a key code of OpenCV's ``pollKey`` asks for; None for no key, and for one that means nothing."""
    if code < 0:
        return None
    if code in _NAMED_KEYS:
        return _NAMED_KEYS[code]
    plain = code & 0xFFFF  # some builds add the modifier keys above
    if plain in _NAMED_KEYS:
        return _NAMED_KEYS[plain]
    if plain == ESCAPE:
        return Key.QUIT
    return _KEYS.get(chr(plain).lower()) if 0 < plain < 0x80 else None
