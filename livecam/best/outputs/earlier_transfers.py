"""Takes back or ends what an earlier run has begun to bring to a folder, and says so on the terminal."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from livecam.best.outputs.report import print_failures, transfer_progress
from livecam.photos.discover import printable
from livecam.storage.transfer import Action, Report, finish, undo
from livecam.wording import counted

_SHOWN = 5  # of many names


def take_back(journal: Path, notes: Console) -> bool:
    """Undo a transfer, by its journal or folder; tell whether all could be taken back. Raises OutputError."""
    with transfer_progress("undo", notes) as on_file:
        report = undo(journal, on_file=on_file)
    print_failures([why for _, why in report.failed], notes)
    if report.stay:
        names = ", ".join(printable(path.name) for path in report.stay[:_SHOWN])
        names += " …" if len(report.stay) > _SHOWN else ""
        came = f"{counted(len(report.stay), 'file')} came later and may not belong to a photo"
        notes.print(Text(f"{came}: left in {report.stay[0].parent}, move what you want: {names}"))
    later = f" ({counted(report.later, 'file')} written since)" if report.later else ""
    back = f"{counted(len(report.done), 'photo')}, {counted(report.files, 'file')} taken back{later}"
    left = f"; {len(report.failed)} not, see above: mend it, then run the same again" if report.failed else ""
    notes.print(Text(back + left))
    return not report.failed


def end_interrupted(folder: Path, notes: Console) -> Report | None:
    """End what an interrupted run has left to do in folder; None if there is nothing. Raises OutputError."""
    with transfer_progress("finish", notes) as on_file:
        report = finish(folder, on_file=on_file)
    if report is not None:
        what = f"undo of a {report.action.value}" if report.undone else report.action.value
        amount = f"{counted(len(report.done), 'photo')}, {counted(report.files, 'file')}"
        notes.print(f"finished an interrupted {what}: {amount}")
    return report


def has_ended_a_move(folder: Path, notes: Console) -> bool:
    """End what an interrupted run left to do; True after a move: its photos are no longer there to choose from."""
    report = end_interrupted(folder, notes)
    if report is None:
        return False
    print_failures([why for _, why in report.failed], notes)
    return report.action is Action.MOVE and not report.undone
