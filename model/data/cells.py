"""Reads the cells of a table of labels, in which people and programs write one thing in several ways."""

from __future__ import annotations

import math
from collections.abc import Mapping

from livecam.types import RATINGS

EYES = ("open", "closed")


def parse_labels(row: Mapping[str, str], photo: str) -> tuple[int, int, str, str, int]:
    """Return rating, eyes, person, session and face of a row about photo. Raises ValueError."""
    rating, eyes = parse_rating(row.get("rating", "")), parse_eyes(row.get("eyes", ""))
    if not rating and eyes < 0:
        raise ValueError(f"{photo} has no rating")
    person, session = (row.get(name, "").strip() for name in ("person", "session"))
    return rating, eyes, person, session, parse_face(row.get("face", ""))


def parse_rating(text: str) -> int:
    """Return a rating 1..5, 0 for empty text. Raises ValueError."""
    if not text.strip():
        return 0
    value = _number(text)
    if value not in RATINGS:
        raise ValueError(f"rating {text.strip()} is not a whole number from 1 to 5")
    return int(value)


def parse_face(text: str) -> int:
    """Return which face from the left, from 1, is meant; 0 for empty text. Raises ValueError."""
    if not text.strip():
        return 0
    value = _number(text)  # a table with empty cells makes 1.0 of 1
    if not (value >= 1 and value.is_integer()):
        raise ValueError(f"face {text.strip()} is not a number from 1, the leftmost")
    return int(value)


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return math.nan


def parse_eyes(text: str) -> int:
    """Return 0 for open, 1 for closed, -1 for empty text. Raises ValueError."""
    word = text.strip().lower()
    if word not in (*EYES, ""):
        raise ValueError(f"eyes {text.strip()!r} is neither open nor closed")
    return EYES.index(word) if word else -1
