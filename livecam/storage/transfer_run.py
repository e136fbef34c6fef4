"""Carries out what a transfer's journal says, or takes it back, and writes down in it how far that has come."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from livecam.errors import OutputError
from livecam.storage.disk_errors import why
from livecam.storage.durable import same_bytes
from livecam.storage.journal import Action, Journal
from livecam.storage.transfer_step import transfer_file

_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the photos.

    journal: for ``undo``; None if nothing had to be done.  done: (photo, where it is now).  present: photos whose
    bytes were in the folder under their name already.  failed: (file, why, one line).  undone: it was taken back,
    and done says (where it was, where it is again).
    """

    action: Action
    journal: Path | None = None
    done: tuple[tuple[Path, Path], ...] = ()
    present: tuple[Path, ...] = ()
    failed: tuple[tuple[Path, str], ...] = ()
    undone: bool = False


def carry_on(journal: Journal, on_photo: Callable[[Path], None] | None) -> Report:
    """End what journal, interrupted, says. Raises OutputError."""
    return undo(journal, on_photo) if journal.undoing else run(journal, on_photo, resumed=True)


def run(journal: Journal, on_photo: Callable[[Path], None] | None, *, resumed: bool = False) -> Report:
    """Do what is left of journal's steps.

    on_photo: called as each photo ends.  resumed: they may have been begun before. Raises OutputError.
    """
    failed: list[tuple[Path, str]] = []
    left_behind = {journal.steps[number].photo for number in journal.failed}
    for number, step in enumerate(journal.steps):
        if number not in journal.done | journal.failed and step.photo not in left_behind:
            here = journal.target(step)
            try:
                transfer_file(journal.action, step.source, here, _temporary(here, journal, number), resumed=resumed)
            except OSError as error:
                if error.errno in _FULL:
                    raise _full(journal, error) from error
                left_behind.add(step.photo)
                failed.append((step.source, _why(journal.action.value, step.source, here, error)))
                _note(journal, {"failed": number})
            else:
                _note(journal, {"done": number})
        if on_photo and step.source == step.photo:
            on_photo(step.photo)
    _note(journal, {"end": True})
    done = [
        (s.photo, journal.target(s)) for i, s in enumerate(journal.steps) if i in journal.done and s.source == s.photo
    ]
    return Report(journal.action, journal.path, tuple(done), failed=tuple(failed))


def undo(journal: Journal, on_photo: Callable[[Path], None] | None) -> Report:
    """Take back what journal's steps have done, the last first. on_photo: called for each photo. Raises OutputError."""
    resumed = journal.undoing
    _note(journal, {"undo": True})
    done, failed = [], []
    for number, step in reversed(list(enumerate(journal.steps))):
        here = journal.target(step)
        try:
            _temporary(here, journal, number).unlink(missing_ok=True)
            if (
                number not in journal.failed
                and _take_back(journal, number, resumed=resumed)
                and step.source == step.photo
            ):
                done.append((here, step.source))
        except OSError as error:
            failed.append((here, _why("take back", here, step.source, error)))
        if on_photo and step.source == step.photo:
            on_photo(step.photo)
    _note(journal, {"undone": True})
    return Report(journal.action, journal.path, tuple(done), failed=tuple(failed), undone=True)


def _take_back(journal: Journal, number: int, *, resumed: bool) -> bool:
    """Undo one step; False if there was nothing to undo. Raises OSError."""
    step = journal.steps[number]
    source, here = step.source, journal.target(step)
    if not os.path.lexists(here):
        if journal.action is Action.MOVE and not source.exists():
            raise FileNotFoundError(errno.ENOENT, "it is gone")
        return False
    if journal.action is Action.MOVE:
        source.parent.mkdir(parents=True, exist_ok=True)
        transfer_file(
            Action.MOVE,
            here,
            source,
            _temporary(source, journal, number),
            resumed=resumed or number not in journal.done,
        )
        return True
    if not source.exists():
        raise OSError(errno.EBUSY, "the original is gone, so this stays")
    if not same_bytes(source, here):
        raise OSError(errno.EBUSY, "it or the original has been changed since, so it stays")
    here.unlink()
    return True


def _temporary(here: Path, journal: Journal, number: int) -> Path:
    return here.with_name(f".{journal.path.stem}-{number}.tmp")


def _note(journal: Journal, line: dict[str, object]) -> None:
    try:
        journal.note(line)
    except OSError as error:
        raise _full(journal, error) from error


def _full(journal: Journal, error: OSError) -> OutputError:
    done = f"{len(journal.done)} of {len(journal.steps)} files are there"
    return OutputError(
        f"cannot {journal.action.value} to {journal.path.parent}, {done}: {why(error)}, then run this again"
    )


def _why(doing: str, source: Path, here: Path, error: OSError) -> str:
    match error:
        case FileExistsError():
            reason = f"there is another file at {here}: rename one of the two"
        case PermissionError() | OSError(errno=errno.EROFS):
            reason = "it or its folder is read-only: change its permissions, or copy instead"
        case FileNotFoundError():
            reason = "it is gone: look where it went"
        case _:
            reason = f"{error.strerror}"
    return f"cannot {doing} {source}: {reason}"
