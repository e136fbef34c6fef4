"""Where photos are now that were moved into a folder, by the journals in it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from livecam.errors import OutputError
from livecam.storage.journal import Action, Journal, journals_in


def moved_into(folder: Path) -> dict[Path, Path]:
    """Return, by where each file came from, where in folder it is that was moved there and not taken back.

    Empty where there is no such folder. What a journal of another livecam says is left out.
    """
    found: dict[Path, Path] = {}
    with contextlib.suppress(OSError):
        for path in journals_in(folder):
            with contextlib.suppress(OutputError):
                found |= _moved(Journal.read(path))
    return found


def _moved(journal: Journal) -> dict[Path, Path]:
    if journal.action is not Action.MOVE:
        return {}
    return {
        step.source: journal.target(step)
        for number, step in enumerate(journal.steps)
        if number in journal.done and number not in journal.back and journal.target(step).exists()
    }
