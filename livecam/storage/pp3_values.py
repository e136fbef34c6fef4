"""Reads what RawTherapee's settings file NAME.EXT.pp3 says: Rank, 0 none to 5, and InTrash, which is rejected."""

from __future__ import annotations

import re

_RANK = re.compile(r"^Rank=(-?\d+)\s*$", re.MULTILINE)
_IN_TRASH = re.compile(r"^InTrash=(true|1)\s*$", re.MULTILINE | re.IGNORECASE)


def pp3_stars(text: str) -> int | None:
    """Return -1 rejected, 0 none, 1..5; None where nothing is said."""
    if _IN_TRASH.search(text):
        return -1
    rank = _RANK.search(text)
    return None if rank is None else max(-1, min(int(rank[1]), 5))
