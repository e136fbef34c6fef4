"""What a person writes about a camera, as settings."""

from __future__ import annotations

import math
import re


def parse_size(text: str | None) -> tuple[int, int] | None:
    """Return width and height, pixels, of text such as 1280x720; None of None. Raises ValueError, with words."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d{2,5})[x×](\d{2,5})", text.lower())
    if match is None:
        raise ValueError(f"{text!r} is not a size: write it as 1280x720")
    return int(match[1]), int(match[2])


def parse_exposure(text: str | None) -> float | str | None:
    """Return milliseconds, "auto", or None of None. Raises ValueError, with words."""
    return _number_or_auto(text, least=math.ulp(0.0))


def parse_focus(text: str | None) -> float | str | None:
    """Return a number, 0 included, "auto", or None of None. Raises ValueError, with words."""
    return _number_or_auto(text, least=0.0)


def _number_or_auto(text: str | None, least: float) -> float | str | None:
    if text is None or text == "auto":
        return text
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value < math.inf:
        raise ValueError(f"{text!r} is neither auto nor a number {'above' if least else 'from'} 0")
    return value
