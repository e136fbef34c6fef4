"""Where lessons and what is learned from them lie: in the user's data folder, unless LIVECAM_TASTE names another."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path

import platformdirs

from livecam.errors import OutputError

DEFAULT_NAME = "me"
_OF_A_HEAD = {"about.npy", "thresholds.npy"}  # see ``head_file.save_head``
_NAME = re.compile(r"[\w][\w .-]{0,39}")


def taste_dir() -> Path:
    """Return the folder; it may not exist yet."""
    named = os.environ.get("LIVECAM_TASTE")
    return Path(named) if named else Path(platformdirs.user_data_dir("livecam", appauthor=False)) / "taste"


def lessons_file() -> Path:
    """Return the file of all lessons, of every name."""
    return taste_dir() / "lessons.jsonl"


def head_file(name: str = DEFAULT_NAME) -> Path:
    """Return the file of what was learned from the lessons of name. Raises OutputError for what is no name."""
    return taste_dir() / f"{require_name(name)}.npz"


def require_name(name: str) -> str:
    """Return name. Raises OutputError unless it can be a file's name everywhere: letters, digits, blank, dot, dash."""
    if _NAME.fullmatch(name) is None or name.endswith((".", " ")):
        raise OutputError(f"{name!r} is no name for a taste: use up to 40 letters, digits, dots and dashes")
    return name


def forget_learned(name: str | None = None) -> int:
    """Delete what was learned of name, or of everybody, with its pages; return how many. Raises OutputError."""
    heads = sorted(filter(_is_learned, taste_dir().glob("*.npz"))) if name is None else [head_file(name)]
    count = 0
    for head in heads:
        try:
            count += head.is_file()
            for file in (head, head.with_suffix(".html")):
                file.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"cannot forget {head} ({error.strerror}): check its permissions") from error
    return count


def _is_learned(file: Path) -> bool:
    """Whether a file with NumPy's arrays is a taste: LIVECAM_TASTE may name a folder with others."""
    if file == head_file():
        return True  # also where it is torn
    if not file.is_file():
        return False
    try:
        with zipfile.ZipFile(file) as arrays:
            return set(arrays.namelist()) >= _OF_A_HEAD
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile):
        return False
