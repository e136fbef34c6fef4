"""Says on the terminal what came of copying a card."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from livecam.best.ingest.card import ingest
from livecam.best.ingest.file_copy import CAN_DROP_CACHE
from livecam.best.outputs.report import print_failures, progress
from livecam.wording import counted

_MAX_LINES = 10


def ingest_and_tell(card: Path, folder: Path, notes: Console) -> bool:
    """Copy card into folder and say it; return whether any file failed. Raises SourceError or OutputError."""
    with progress(notes) as bar:
        task = bar.add_task("copying", total=None)
        report = ingest(card, folder, lambda done, total: bar.update(task, completed=done, total=total))
    for lines in (report.renamed, report.elsewhere, report.kept):
        for line in lines[:_MAX_LINES]:
            notes.print(Text(line))
        if len(lines) > _MAX_LINES:
            notes.print(f"and {len(lines) - _MAX_LINES:,} more")
    print_failures(report.failed, notes)
    there = f", {counted(report.present, 'file')} there already" if report.present else ""
    amount = (
        f"{counted(report.copied, 'file')} copied ({report.bytes_copied / 1e6:,.1f} MB), each read back and the same"
    )
    notes.print(Text(f"{amount if report.copied else 'nothing to copy'}{there}"))
    if report.copied and not CAN_DROP_CACHE:
        notes.print(
            "this system may have read the copies back from memory: to be sure, eject the disk and run it again"
        )
    return bool(report.failed)
