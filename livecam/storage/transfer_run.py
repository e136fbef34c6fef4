"""Carries out what a transfer's journal says, and writes down in it how far that has come."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from livecam.errors import OutputError
from livecam.storage.disk_errors import why
from livecam.storage.journal import Action, Journal
from livecam.storage.transfer_step import make_folders, transfer_file

TAKE_BACK = "take back"  # what an undo does with a file
_FULL = (errno.ENOSPC, errno.EDQUOT)
OnFile = Callable[[int, int], None]  # told how many of how many files are dealt with


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the photos.

    journal: for ``undo``; None if nothing had to be done.  done: (photo, where it is now).  present: photos whose
    bytes were in the folder under their name already.  failed: (file, why, one line).  undone: it was taken back,
    and done says (where it was, where it is again).  files: how many files that were, with what belongs to the photos.
    later: of these, settings that were written since and came back with their photo.  stay: what else appeared beside
    a photo since; whether it belongs to it is for a person to say.
    """

    action: Action
    journal: Path | None = None
    done: tuple[tuple[Path, Path], ...] = ()
    present: tuple[Path, ...] = ()
    failed: tuple[tuple[Path, str], ...] = ()
    undone: bool = False
    files: int = 0
    later: int = 0
    stay: tuple[Path, ...] = ()


def run(journal: Journal, on_file: OnFile, *, resumed: bool = False) -> Report:
    """Do what is left of journal's steps.

    on_file: told as each file ends.  resumed: they may have been begun before. Raises OutputError.
    """
    failed: list[tuple[Path, str]] = []
    left_behind = {journal.steps[number].photo for number in journal.failed}
    for number, step in enumerate(journal.steps):
        if number in journal.done | journal.failed:
            pass
        elif step.photo in left_behind:
            note(journal, {"failed": number})  # whatever gets its name later is not of this journal
        else:
            here = journal.target(step)
            try:
                make_folders(journal.path.parent, here.parent)
                work_at = temporary_beside(here, journal, number)
                transfer_file(journal.action, step.source, here, work_at, resumed=resumed)
            except OSError as error:
                if error.errno in _FULL:
                    raise _full(journal, error) from error
                left_behind.add(step.photo)
                failed.append((step.source, why_not(journal.action.value, step.source, here, error)))
                note(journal, {"failed": number})
            else:
                note(journal, {"done": number})
        on_file(number + 1, len(journal.steps))
    note(journal, {"end": True})
    done = [
        (s.photo, journal.target(s)) for i, s in enumerate(journal.steps) if i in journal.done and s.source == s.photo
    ]
    return Report(journal.action, journal.path, tuple(done), failed=tuple(failed), files=len(journal.done))


def temporary_beside(here: Path, journal: Journal, number: int) -> Path:
    """Return the name beside here to work at for step number, the same at each try."""
    return here.with_name(f".{journal.path.stem}-{number}.tmp")


def note(journal: Journal, line: dict[str, object]) -> None:
    """Add a line to journal, and wait until the disk has it. Raises OutputError."""
    try:
        journal.note(line)
    except OSError as error:
        raise _full(journal, error) from error


def _full(journal: Journal, error: OSError) -> OutputError:
    done = f"{len(journal.done)} of {len(journal.steps)} files are there"
    return OutputError(
        f"cannot {journal.action.value} to {journal.path.parent}, {done}: {why(error)}, then run this again"
    )


def why_not(doing: str, source: Path, here: Path, error: OSError) -> str:
    """Say in one line what could not be done with source, why, and what to do."""
    match error:
        case FileExistsError():
            reason = f"there is another file at {here}: rename one of the two"
        case PermissionError() | OSError(errno=errno.EROFS) if doing == Action.MOVE.value:
            reason = "it or its folder is read-only: change its permissions, or copy instead"
        case PermissionError() | OSError(errno=errno.EROFS):
            places = f"{source.parent} or {here.parent}" if doing == TAKE_BACK else here.parent
            reason = f"you may not read it, or not write to {places}: change the permissions"
        case FileNotFoundError():
            reason = "it is gone: look where it went"
        case _:
            reason = f"{error.strerror}"
    return f"cannot {doing} {source}: {reason}"
