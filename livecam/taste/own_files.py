"""How livecam knows, by their first bytes, the files that it has written of a taste: what is another's stays."""

from __future__ import annotations

_ZIP, _FIRST_NAME_AT, _FIRST = b"PK\x03\x04", 30, b"about.npy"  # of what numpy.savez writes, see ``head_file``
LESSON_KEY = "livecam_lesson"  # the first of each line of lessons


def is_head(beginning: bytes) -> bool:
    """Whether a file that begins so is what was learned of a taste, whole or cut off, of whatever version."""
    return beginning.startswith(_ZIP) and beginning.startswith(_FIRST, _FIRST_NAME_AT)


def is_lessons(beginning: bytes) -> bool:
    """Whether a file that begins so holds lessons, of whatever version."""
    return beginning.startswith(b'{"' + LESSON_KEY.encode() + b'":')


def is_taste_page(beginning: bytes) -> bool:
    """Whether a file that begins so is a page on a taste; those of older versions do not say what wrote them."""
    titled = b"<title>Your taste</title>" in beginning or b"<title>The taste of " in beginning
    return titled and beginning.startswith(b"<!doctype html>")
