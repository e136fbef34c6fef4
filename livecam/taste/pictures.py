"""What a picture is known by, whatever is written into its file's headers later."""

from __future__ import annotations

import hashlib
import io
import math
from pathlib import Path
from typing import BinaryIO

from livecam.errors import SourceError
from livecam.photos.jpeg_segments import DamagedError, segments

_BLOCK = 1 << 20  # bytes that are read at once: clips are larger than memory


def picture_of(data: bytes, t_ms: float | None = None) -> str:
    """Return what the picture in a file's bytes is known by. t_ms: of a frame of a clip.

    16 bytes of SHA-256, hexadecimal; of a JPEG only from its pixels on, for stars and other marks stand before them.
    """
    return frame_name(_digest(io.BytesIO(data), len(data)), t_ms)


def picture_of_file(path: Path) -> str:
    """Return ``picture_of`` the file at path, which is read block by block. Raises SourceError."""
    try:
        with path.open("rb") as file:
            return _digest(file, path.stat().st_size)
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}): check its permissions") from error


def frame_name(picture: str, t_ms: float | None, person: int = 0) -> str:
    """Return what a frame of a file is known by, and in it a person after the first. picture: of the file."""
    at = "" if t_ms is None else f"@{t_ms:.0f}"
    return f"{picture}{at}" + (f"#{person}" if person else "")


def parts_of(picture: str) -> tuple[str, float | None, int]:
    """Undo ``frame_name``: return what the file is known by, the frame's time in milliseconds, and which person.

    A name that ``frame_name`` never gave, as it may come in by --import, is a file's.
    """
    name, _, person = picture.partition("#")
    name, _, t_ms = name.partition("@")
    try:
        at, who = float(t_ms) if t_ms else None, int(person or 0)
    except ValueError:
        return picture, None, 0
    if at is not None and not math.isfinite(at):
        return picture, None, 0
    return name, at, who


def _digest(file: BinaryIO, size: int) -> str:
    def read(at: int, count: int) -> bytes:
        file.seek(at)
        return file.read(count)

    try:
        before = segments(read, size, bodies=frozenset())
        start = before[-1].stop if before else 2
    except DamagedError:
        start = 0
    file.seek(start)
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()[:32]
