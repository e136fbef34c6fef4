"""What a picture is known by, whatever is written into its file's headers later."""

from __future__ import annotations

import hashlib
from pathlib import Path

from livecam.errors import SourceError
from livecam.photos.jpeg_segments import DamagedError, segments


def picture_of(data: bytes, t_ms: float | None = None) -> str:
    """Return what the picture in a file's bytes is known by. t_ms: of a frame of a clip.

    16 bytes of SHA-256, hexadecimal; of a JPEG only from its pixels on, for stars and other marks stand before them.
    """
    try:
        before = segments(lambda at, count: data[at : at + count], len(data), bodies=frozenset())
        start = before[-1].stop if before else 2
    except DamagedError:
        start = 0
    name = hashlib.sha256(memoryview(data)[start:]).hexdigest()[:32]
    return name if t_ms is None else f"{name}@{t_ms:.0f}"


def picture_of_file(path: Path, t_ms: float | None = None) -> str:
    """Return ``picture_of`` the file at path. Raises SourceError."""
    try:
        return picture_of(path.read_bytes(), t_ms)
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}): check its permissions") from error
