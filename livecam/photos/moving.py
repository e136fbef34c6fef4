"""Which picture files hold several pictures that follow each other: they are watched as clips."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, features

from livecam.photos.on_disk import is_file

AVIF_SUFFIXES = frozenset((".avif", ".avifs"))
MOVING_SUFFIXES = AVIF_SUFFIXES | {".apng", ".gif", ".png", ".webp"}
_SEQUENCE_SUFFIXES = frozenset((".heic", ".heics", ".heif", ".heifs", ".hif"))
# Brands of ISO 23008-12 and of AVIF. Of a HEIC the first is asked: cameras name "msf1" among the others of a still.
_AVIF_SEQUENCE = b"avis"
_SEQUENCES = frozenset((_AVIF_SEQUENCE, b"hevc", b"hevx", b"msf1"))
_LONGEST = 1 << 10  # bytes of the box with a file's brands; set by hand


def moves(path: Path) -> bool:
    """Tell whether the file is an animated GIF, PNG, WebP or AVIF; False if it cannot be read."""
    suffix = path.suffix.lower()
    if suffix not in MOVING_SUFFIXES or (suffix in AVIF_SUFFIXES and not features.check("avif")):
        return False
    try:
        if not is_file(path):  # opening a pipe would wait for ever
            return False
        if suffix in AVIF_SUFFIXES and _AVIF_SEQUENCE not in _brands(path):  # as nearly all: spares the decoder
            return False
        with Image.open(path, formats=("AVIF", "GIF", "PNG", "WEBP")) as image:
            return bool(getattr(image, "is_animated", False))
    except (OSError, EOFError, ValueError, SyntaxError, IndexError, OverflowError):
        return False  # said where it is read


def is_sequence(path: Path) -> bool:
    """Tell whether the file is a HEIF that moves, of which only the first picture can be read here."""
    if path.suffix.lower() not in _SEQUENCE_SUFFIXES or not is_file(path):
        return False
    try:
        return not _SEQUENCES.isdisjoint(_brands(path)[:1])
    except OSError:
        return False  # said where it is read


def _brands(path: Path) -> list[bytes]:
    """The brands of a file made of ISO boxes, the major one first; none if it is no such file. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(_LONGEST)
    if head[4:8] != b"ftyp":
        return []
    stop = min(int.from_bytes(head[:4], "big"), len(head))
    return [head[8:12], *(head[at : at + 4] for at in range(16, stop - 3, 4))]
