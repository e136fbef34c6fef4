"""Which picture files hold several pictures that follow each other: they are watched as clips."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

MOVING_SUFFIXES = frozenset((".apng", ".gif", ".png", ".webp"))


def moves(path: Path) -> bool:
    """Tell whether the file is an animated GIF, PNG or WebP; False if it cannot be read."""
    if path.suffix.lower() not in MOVING_SUFFIXES:
        return False
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            return False
        with Image.open(path, formats=("GIF", "PNG", "WEBP")) as image:
            return bool(getattr(image, "is_animated", False))
    except (OSError, EOFError, ValueError, SyntaxError, IndexError, OverflowError):
        return False  # said where it is read
