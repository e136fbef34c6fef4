"""The order in which things are measured that are compared."""

from __future__ import annotations


def rotated(names: list[str], round_number: int) -> list[str]:
    """Return names in an order that begins with another one each round, so that each is measured first in its turn."""
    first = round_number % len(names)
    return names[first:] + names[:first]
