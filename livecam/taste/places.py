"""Where lessons and what is learned from them lie: in the user's data folder, unless LIVECAM_TASTE names another."""

from __future__ import annotations

import os
import re
from pathlib import Path

import platformdirs

from livecam.errors import OutputError

DEFAULT_NAME = "me"
_NAME = re.compile(r"[\w][\w .-]{0,39}")


def taste_dir() -> Path:
    """Return the folder; it may not exist yet."""
    named = os.environ.get("LIVECAM_TASTE")
    return Path(named) if named else Path(platformdirs.user_data_dir("livecam", appauthor=False)) / "taste"


def is_own_folder() -> bool:
    """Whether the folder is livecam's own, and not one that a person names."""
    return not os.environ.get("LIVECAM_TASTE")


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
