"""Copies, links or moves photos into a folder, each with the files that belong to it, so that nothing is ever lost.

All that is to be done is in a journal on the disk before the first file is touched, and each step may be cut off
anywhere and begun again (see ``livecam.storage.transfer_step``). ``finish`` ends what was interrupted, ``undo`` takes
back what a journal says.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from livecam.errors import OutputError
from livecam.photos.folder_names import FolderNames
from livecam.storage import transfer_run, transfer_undo
from livecam.storage.disk_errors import why
from livecam.storage.journal import Action, Journal, interrupted, journal_to_undo, locked
from livecam.storage.later_files import look_like_belongings
from livecam.storage.transfer_plan import TransferPlan
from livecam.storage.transfer_run import OnFile, Report

__all__ = ["Action", "OnFile", "Report", "finish", "transfer", "undo"]


def _tell_nobody(_done: int, _of: int) -> None:
    """Nobody looks on."""


def transfer(
    photos: Sequence[Sequence[Path]], target: Path, action: Action, *, on_file: OnFile = _tell_nobody
) -> Report:
    """Bring photos into the folder target, which is made if need be.

    photos: each a photo and files that go where it goes; sidecars, settings and a live photo's clip go along by
    themselves, see ``livecam.photos.belongings``. All files of a photo come to lie beside each other, wherever they
    came from. A name that is taken gets a number: IMG_1.JPG, IMG_1.CR3 and IMG_1.JPG.xmp become IMG_1-2.JPG,
    IMG_1-2.CR3 and IMG_1-2.JPG.xmp. on_file is told as each file ends. A photo that fails is reported and the
    rest goes on. Raises OutputError if the folder is of no use, holds one of the photos itself, or gets full; then the
    same call later ends what was begun.
    """
    files = [[_absolute(path) for path in photo] for photo in photos]
    target = _absolute(target)
    for photo, *_ in files:
        if photo.resolve().is_relative_to(target.resolve()):
            raise OutputError(f"{photo} is in {target} itself: choose another folder to {action.value} to")
    with _at_work(f"{action.value} photos to {target}"):
        is_new = not target.exists()
        target.mkdir(parents=True, exist_ok=True)
        with locked(target):
            for journal in interrupted(target):
                _carry_on(journal, on_file)
            names = [*(path.name for path in target.iterdir()), *FolderNames().with_settings(target)]
            plan = TransferPlan(target, action, frozenset(map(str.casefold, names)))
            for photo, *others in files:
                plan.add(photo, others)
            if not plan.steps:
                if is_new:  # a folder that nothing came to is a riddle
                    with contextlib.suppress(OSError):
                        target.rmdir()
                return Report(action, present=tuple(plan.present), failed=tuple(plan.failed))
            there = look_like_belongings(names, plan.steps)
            report = transfer_run.run(Journal.create(target, action, plan.steps, there), on_file)
    return replace(report, present=tuple(plan.present), failed=(*plan.failed, *report.failed))


def finish(target: Path, *, on_file: OnFile = _tell_nobody) -> Report | None:
    """End what an interrupted transfer or undo left to do in target; None if there is nothing. Raises OutputError.

    To be called before photos are chosen: after an interrupted move, a choice among what is left would be another.
    """
    if not target.is_dir():
        return None
    report = None
    with _at_work(f"carry on in {target}"), locked(target):
        for journal in interrupted(_absolute(target)):
            report = _carry_on(journal, on_file)
    return report


def undo(journal: Path, *, on_file: OnFile = _tell_nobody) -> Report:
    """Take back what journal says, or the one in the folder journal that is not undone.

    Removes the copies and links, moves the photos back where they were, and with them the settings that an editor has
    written beside them since. What has been changed since stays and is reported, and so does a copy whose original is
    gone; a later undo does that rest. Raises OutputError.
    """
    folder = journal if journal.is_dir() else journal.parent
    with _at_work(f"undo {journal}"), locked(folder):
        record = Journal.read(_absolute(journal_to_undo(folder) if journal.is_dir() else journal))
        if record.undone:
            raise OutputError(f"{journal} has been undone already: there is nothing to do")
        return transfer_undo.undo(record, on_file)


def _carry_on(journal: Journal, on_file: OnFile) -> Report:
    """End what journal, interrupted, says. Raises OutputError."""
    if journal.undoing:
        return transfer_undo.undo(journal, on_file)
    return transfer_run.run(journal, on_file, resumed=True)


@contextlib.contextmanager
def _at_work(doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot {doing}: {why(error)}") from error


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  Path.absolute keeps "..", and links must stay what they are
