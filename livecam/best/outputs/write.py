"""Writes what ``livecam best`` is asked for, and says on the terminal what was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.text import Text

from livecam.best.outputs import contact_sheet, page
from livecam.best.outputs.export import export_frames, to_transfer
from livecam.best.outputs.marking import MarkingReport, MarkingSettings, mark
from livecam.best.outputs.pictures import Pictures
from livecam.best.outputs.report import progress, transfer_progress
from livecam.best.ranking.ranked import RankedGroup
from livecam.errors import LivecamError, OutputError
from livecam.storage.transfer import Action, transfer
from livecam.wording import counted

_SHOWN = 10  # of many letters


@dataclass(frozen=True, slots=True)
class Outputs:
    """What to write; None: not that.

    frames, sheets: folders for the best frames of clips, and for contact sheets.  page: a file for the browser.
    marks: how stars and labels are written.  keepers: the folder that they are brought to, and how.
    left: files that are not brought there, nor is a photo that one of them belongs to.
    by_taste: what the page says of the taste that scored.
    """

    frames: Path | None = None
    sheets: Path | None = None
    page: Path | None = None
    marks: MarkingSettings | None = None
    keepers: tuple[Path, Action] | None = None
    left: frozenset[Path] = frozenset()
    by_taste: str = ""

    @property
    def folders(self) -> list[Path]:
        """The folders that are written to."""
        keepers = self.keepers[0] if self.keepers is not None else None
        return [folder for folder in (self.frames, self.sheets, keepers) if folder is not None]


def write_outputs(groups: Sequence[RankedGroup], top: int, outputs: Outputs, notes: Console) -> list[str]:
    """Write outputs; return what went wrong with single files, a line each. top: how many are kept of each group.

    A page or sheets that cannot be written keep no marks and no photo from what is asked for. Raises OutputError where
    nothing more can be written.
    """
    failures: list[str] = []
    if outputs.frames is not None:
        failures += count_written(export_frames(groups, top, outputs.frames), "frame", notes)
    if outputs.sheets is not None:
        failures += _failure_of(partial(_write_sheets, groups, outputs.sheets, notes))
    if outputs.page is not None:
        failures += _failure_of(partial(_write_page, groups, top, outputs.page, outputs.by_taste, notes))
    if outputs.marks is not None:
        failures += _mark(groups, top, outputs.marks, notes)
    if outputs.keepers is not None:
        photos = [files for files in to_transfer(groups, top) if outputs.left.isdisjoint(files)]
        failures += bring(photos, *outputs.keepers, notes)
    return failures


def _failure_of(write: Callable[[], None]) -> list[str]:
    try:
        write()
    except OutputError as error:
        return [str(error)]
    return []


def count_written(outcomes: Iterator[Path | LivecamError], what: str, notes: Console) -> list[str]:
    """Let the files be written, say how many were, and return the failures."""
    failures: list[str] = []
    written = 0
    for outcome in outcomes:
        if isinstance(outcome, LivecamError):
            failures.append(str(outcome))
        else:
            written += 1
    notes.print(f"{counted(written, what)} written")
    return failures


def _mark(groups: Sequence[RankedGroup], top: int, settings: MarkingSettings, notes: Console) -> list[str]:
    report = mark(groups, top, settings)
    rejects = f" ({counted(report.rejected, 'reject')})" if report.rejected else ""
    labels = f", {counted(report.labelled, 'label')}" if report.labelled else ""
    notes.print(f"{counted(report.rated, 'rating')} written{rejects}{labels}")
    for line in _left_as_it_is(report, settings):
        notes.print(line)
    return report.failures


def _left_as_it_is(report: MarkingReport, settings: MarkingSettings) -> Iterator[str]:
    yield from _of_earlier_runs(report, settings)
    if report.own_stars:
        yield f"{counted(report.own_stars, 'photo kept its', 'photos kept their')} own stars"
    if settings.embed and report.in_sidecars:
        count = counted(report.in_sidecars, "photo has", "photos have")
        yield f"{count} stars in a sidecar, so none were written inside: move the .xmp files away to have them inside"
    if report.poor:
        count = counted(report.poor, "keeper is", "keepers are")
        why = f" ({report.poor_for_eyes:,} with closed eyes)" if report.poor_for_eyes else ""
        way_out = "; --eyes any judges the rest of the face" if report.poor_for_eyes else ""
        yield f"{count} the best there is, but worth one star{why}: left without stars and label, look at them{way_out}"
    if report.unseen:
        count = counted(report.unseen, "photo has", "photos have")
        yield f"{count} hidden eyes or mouths and would get one star: left without, for it would be a guess"
    if report.darktables:
        count = counted(report.darktables, "photo has", "photos have")
        yield f"{count} only the one star that darktable gives every photo: take it away there to have livecam's"
    if report.own_rejects:
        yield f"{counted(report.own_rejects, 'photo stays', 'photos stay')} rejected"


def _of_earlier_runs(report: MarkingReport, settings: MarkingSettings) -> Iterator[str]:
    if report.renewed:
        count = counted(report.renewed, "photo", "photos")
        yield f"{count} had another rating by an earlier run of livecam: replaced, for nobody has changed it"
    if report.earlier:
        count = counted(report.earlier, "photo has", "photos have")
        yield f"{count} the rating that an earlier run of livecam gave"
    if report.stale and not settings.embed:
        yield f"{report.stale:,} of them would get another now, but it stands inside the photo: take --xmp embed"
    if report.unlabelled:
        count = counted(report.unlabelled, "photo is no keeper any more: its", "photos are no keepers any more: their")
        yield f"{count} label, which an earlier run of livecam gave, is taken away"
    if report.old_labels:
        count = counted(report.old_labels, "photo that is no keeper keeps its", "photos that are no keepers keep their")
        yield f"{count} label {settings.keep_label}: an earlier run gave it, or you"


def _write_sheets(groups: Sequence[RankedGroup], folder: Path, notes: Console) -> None:
    several = [group for group in groups if len(group.records) > 1]  # there is nothing to compare in one photo
    for group in several:
        contact_sheet.place(group, folder)  # before any is drawn
    with progress(notes) as bar:
        for group in bar.track(several, description="sheets"):
            contact_sheet.save(group, folder, Pictures(group.records, min_side_px=contact_sheet.SIDE))
    notes.print(Text(f"{counted(len(several), 'sheet')} written to {folder}"))
    if letters := contact_sheet.undrawable_letters(several):
        shown = letters[:_SHOWN] + " …" * (len(letters) > _SHOWN)
        notes.print(Text(f"no font here has {shown}, for which ? stands there: install one, such as Noto Sans CJK"))


def _write_page(groups: Sequence[RankedGroup], top: int, path: Path, by_taste: str, notes: Console) -> None:
    with progress(notes) as bar:
        task = bar.add_task("page", total=sum(len(group.records) for group in groups))
        pictures = Pictures(chain.from_iterable(group.records for group in groups), min_side_px=page.SIDE)
        page.save(groups, path, pictures, top=top, note=by_taste, on_photo=lambda: bar.advance(task))
    notes.print(Text(f"page written: {path}"))


def bring(
    photos: Sequence[Sequence[Path]], folder: Path, action: Action, notes: Console, present: int = 0
) -> list[str]:
    """Copy, link or move photos, each with the files that go where it goes; say what came of it; return failures.

    present: how many more photos are in folder already. Raises OutputError.
    """
    with transfer_progress(action.value, notes) as on_file:
        report = transfer(photos, folder, action, on_file=on_file)
    present += len(report.present)
    there = f", {counted(present, 'photo')} there already" if present else ""
    amount = f"{counted(len(report.done), 'photo')}, {counted(report.files, 'file')}"
    notes.print(Text(f"{action.value}: {amount} in {folder}{there}"))
    if report.journal is not None and report.files:
        notes.print(Text(f"to take that back: livecam best --undo {report.journal}"))
    return [why for _, why in report.failed]
