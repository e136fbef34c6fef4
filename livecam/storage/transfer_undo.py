"""Takes back what a transfer's journal says, and writes down in it how far that has come.

What an editor has written beside a moved photo since goes back with it; a copy that has got such settings was edited,
and stays. A journal of which something could not be taken back stays open, so that a later undo does the rest.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path

from livecam.storage.durable import same_bytes
from livecam.storage.journal import Action, Journal
from livecam.storage.later_files import LaterFiles, find_later
from livecam.storage.transfer_run import TAKE_BACK, OnFile, Report, note, temporary_beside, why_not
from livecam.storage.transfer_step import remove_empty_folders, transfer_file
from livecam.storage.write_through import seen


def undo(journal: Journal, on_file: OnFile) -> Report:
    """Take back what journal's steps have done, the last first. on_file: told as each file ends. Raises OutputError."""
    work = _Undo(journal, find_later(journal), resumed=journal.undoing and not journal.closed)
    note(journal, {"undo": True})
    for number in reversed(range(len(journal.steps))):
        if number not in journal.failed and work.take_back(number):
            work.bring_later_files(number)
        on_file(len(journal.steps) - number, len(journal.steps))
    note(journal, {"undone": not work.failed})
    return work.report()


@dataclass(slots=True)
class _Undo:
    """One undo of journal, and what has come of it. resumed: a try before may have been cut off anywhere."""

    journal: Journal
    later: LaterFiles
    resumed: bool
    done: list[tuple[Path, Path]] = field(default_factory=list)
    failed: list[tuple[Path, str]] = field(default_factory=list)
    kept: set[Path] = field(default_factory=set)
    files: int = 0
    came_later: int = 0

    def take_back(self, number: int) -> bool:
        """Undo one step and write that down; False if it cannot be, which is noted. Raises OutputError."""
        if number in self.journal.back:
            return True
        step = self.journal.steps[number]
        here = self.journal.target(step)
        try:
            temporary_beside(here, self.journal, number).unlink(missing_ok=True)
            taken = self._take_back(number)
        except OSError as error:
            self.kept.add(step.photo)
            self.failed.append((here, why_not(TAKE_BACK, here, step.source, error)))
            return False
        note(self.journal, {"back": number})
        remove_empty_folders(self.journal.path.parent, here.parent)
        if taken:
            self.files += 1
            self.done += [(here, step.source)] if step.source == step.photo else []
        return True

    def bring_later_files(self, number: int) -> None:
        """Bring what was written since beside the moved photo of a step, which is back."""
        if self.journal.action is not Action.MOVE:
            return
        for path, name in self.later.own.get(number, ()):
            to = self.journal.steps[number].source.parent / name
            work_at = temporary_beside(to, self.journal, number)
            try:
                to.parent.mkdir(parents=True, exist_ok=True)
                transfer_file(Action.MOVE, path, to, work_at, resumed=self.resumed)
            except OSError as error:
                self.failed.append((path, why_not(TAKE_BACK, path, to, error)))
            else:
                remove_empty_folders(self.journal.path.parent, path.parent)
                self.files += 1
                self.came_later += 1

    def report(self) -> Report:
        return Report(
            self.journal.action,
            self.journal.path,
            tuple(self.done),
            failed=tuple(self.failed),
            undone=True,
            files=self.files,
            later=self.came_later,
            stay=self.later.stay,
        )

    def _take_back(self, number: int) -> bool:
        """Undo one step; False if there was nothing to undo. Raises OSError."""
        step, action = self.journal.steps[number], self.journal.action
        source, here = step.source, self.journal.target(step)
        if not os.path.lexists(here):
            if action is Action.MOVE and not source.exists():
                raise FileNotFoundError(errno.ENOENT, "it is gone")
            return False
        if action is Action.MOVE:
            source.parent.mkdir(parents=True, exist_ok=True)
            again = self.resumed or number not in self.journal.done
            transfer_file(action, here, source, temporary_beside(source, self.journal, number), resumed=again)
            return True
        if not source.exists():
            raise OSError(errno.EBUSY, "the original is gone, so this stays")
        before = seen(here)
        if not same_bytes(source, here) or seen(here) != before:  # to compare takes its time
            raise OSError(errno.EBUSY, "it or the original has been changed since, so it stays")
        if settings := self.later.own.get(number):
            raise OSError(errno.EBUSY, f"it has been edited since ({settings[0][0].name}), so both stay")
        if source == step.photo and step.photo in self.kept:
            raise OSError(errno.EBUSY, "what belongs to it stays, so it does too")
        here.unlink()
        return True
