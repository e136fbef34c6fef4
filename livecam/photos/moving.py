"""Which picture files hold several pictures that follow each other: they are watched as clips."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from livecam.photos.on_disk import is_file

MOVING_SUFFIXES = frozenset((".apng", ".gif", ".png", ".webp"))
_SEQUENCE_SUFFIXES = frozenset((".avif", ".avifs", ".heic", ".heics", ".heif", ".heifs", ".hif"))
_SEQUENCES = frozenset((b"avis", b"hevc", b"hevx", b"msf1"))  # brands of ISO 23008-12 and of AVIF


def moves(path: Path) -> bool:
    """Tell whether the file is an animated GIF, PNG or WebP; False if it cannot be read."""
    if path.suffix.lower() not in MOVING_SUFFIXES:
        return False
    try:
        if not is_file(path):  # opening a pipe would wait for ever
            return False
        with Image.open(path, formats=("GIF", "PNG", "WEBP")) as image:
            return bool(getattr(image, "is_animated", False))
    except (OSError, EOFError, ValueError, SyntaxError, IndexError, OverflowError):
        return False  # said where it is read


def is_sequence(path: Path) -> bool:
    """Tell whether the file is an AVIF or HEIF that moves, of which only the first picture can be read here."""
    if path.suffix.lower() not in _SEQUENCE_SUFFIXES:
        return False
    try:
        if not is_file(path):
            return False
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return False  # said where it is read
    return head[4:8] == b"ftyp" and head[8:] in _SEQUENCES
