"""The stars that KDE's Dolphin and Gwenview keep with a file, in the file system's own attributes, on Linux.

``user.baloo.rating`` holds 0 to 10, two for each star (KFileMetaData, ``UserMetaData::setRating``).
"""

from __future__ import annotations

import os
from pathlib import Path

_RATING = "user.baloo.rating"
_MOST = 10


def desktop_stars(path: Path) -> int | None:
    """Return the stars of the file at path, 1 to 5, half ones rounded up; None if it has none. Never fails."""
    read = getattr(os, "getxattr", None)  # Linux alone
    if read is None:
        return None
    try:
        text = read(path, _RATING).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    if not text.isdecimal() or not 0 < len(text) <= 2 or not 0 < int(text) <= _MOST:
        return None
    return (int(text) + 1) // 2
