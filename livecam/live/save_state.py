"""How saving goes, as it is told on the screen, at the terminal and to programs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SaveState:
    """How saving goes.

    trouble: why it does not, one line; None when it does.  waiting: pictures kept in memory.  lost: pictures for which
    there was no room in memory.  elsewhere: pictures written to the spare folder.  last: of a run that is over, and has
    been for a moment, how many pictures were still to be written then; 0 before.  left: and how many are now.
    """

    trouble: str | None = None
    waiting: int = 0
    lost: int = 0
    elsewhere: int = 0
    last: int = 0
    left: int = 0

    @property
    def message(self) -> str | None:
        """The same in words, one line; None when all is well."""
        if self.trouble is None:
            return f"writing {count_pictures(self.last)}, {self.left} left" if self.left else None
        lost = f", {count_pictures(self.lost)} lost" if self.lost else ""
        kept = (
            f"{count_pictures(self.waiting)} kept in memory{lost}" if self.waiting or self.lost else "saved elsewhere"
        )
        return f"{kept}, trying again: {self.trouble}"


def count_pictures(count: int) -> str:
    """Return "1 picture", "2 pictures"."""
    return f"{count} picture{'s' * (count != 1)}"
