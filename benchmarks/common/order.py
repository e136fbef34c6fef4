"""The order in which things are measured that are compared."""

from __future__ import annotations


def turned(names: list[str], turn: int) -> list[str]:
    """Return names, begun with another one each turn, so that each has its turn at being first."""
    first = turn % len(names)
    return names[first:] + names[:first]
