"""Does on the disk what a person has chosen on the page or in a list: ``livecam best --apply``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from livecam.best.choices.choice import Choices, Flag, Source
from livecam.best.choices.chosen_photos import Chosen, ChosenPhoto, find_chosen
from livecam.best.choices.file import read_choices
from livecam.best.outputs.choice_marks import ChoiceMarkSettings, ChoiceMarksReport, mark_chosen
from livecam.best.outputs.earlier_transfers import end_interrupted
from livecam.best.outputs.export import export_frames_at
from livecam.best.outputs.write import bring, count_written
from livecam.best.ranking.human_choice import photo_files
from livecam.errors import OutputError
from livecam.photos.discover import printable
from livecam.photos.folder_names import FolderNames
from livecam.storage.brought import moved_into
from livecam.storage.marks import find_marks
from livecam.storage.transfer import Action
from livecam.wording import counted


@dataclass(frozen=True, slots=True)
class ApplyOutputs:
    """What to do; None: not that.

    keepers: the folder that they are brought to, and how.  frames: a folder for the kept frames of clips.  marks: how
    stars, rejects and labels are written.
    """

    keepers: tuple[Path, Action] | None = None
    frames: Path | None = None
    marks: ChoiceMarkSettings | None = None

    @property
    def anything(self) -> bool:
        """Whether there is anything to do."""
        return any(output is not None for output in (self.keepers, self.frames, self.marks))


def apply_choices(file: Path, outputs: ApplyOutputs, notes: Console, folders: Sequence[Path] = ()) -> list[str]:
    """Do what is chosen in file, and say what was done; return what could not be, a line each.

    Without outputs it is only said what would be done. What an interrupted run has left to do is done first; what is
    done already is not done again. folders: where to look for photos that are no longer where they were.
    Raises OutputError where nothing can be done.
    """
    choices = read_choices(file)
    if choices.source is Source.RATINGS and outputs.keepers is not None:
        folder, action = outputs.keepers
        raise OutputError(
            f"{printable(file)} is a list of ratings, which names no keepers to {action.value} to {printable(folder)}:"
            " choose what the page saves as choices or as list of keepers, or take --xmp"
        )
    failures = _finish(outputs, notes)
    moved = moved_into(_absolute(outputs.keepers[0])) if outputs.keepers is not None else {}
    chosen = find_chosen(choices, folders, moved)
    failures += chosen.failures
    keepers, lines = _without_rejected(chosen.keepers)
    failures += lines
    for line in _said_of_found(chosen, keepers, outputs):
        notes.print(line)
    if not outputs.anything:
        _preview(choices, chosen, keepers, notes)
    if outputs.marks is not None:
        report = mark_chosen(_kept_first(chosen, keepers), outputs.marks)
        failures += report.failures
        for line in _said_of_marks(report):
            notes.print(Text(line))
    if outputs.frames is not None:
        failures += count_written(export_frames_at(chosen.frames_ms, outputs.frames), "frame", notes)
    if outputs.keepers is not None:
        failures += _bring(keepers, *outputs.keepers, notes)
    return list(dict.fromkeys(failures))


def _finish(outputs: ApplyOutputs, notes: Console) -> list[str]:
    """End what an interrupted run has left to do; return what failed."""
    report = end_interrupted(outputs.keepers[0], notes) if outputs.keepers is not None else None
    return [why for _, why in report.failed] if report is not None else []


def _without_rejected(keepers: Sequence[ChosenPhoto]) -> tuple[list[ChosenPhoto], list[str]]:
    """Leave out what livecam chose and somebody rejected; what a person keeps on the page is theirs to keep."""
    kept: list[ChosenPhoto] = []
    failures: list[str] = []
    names = FolderNames()
    for photo in keepers:
        try:
            marks = find_marks(photo_files(photo.path, photo.files[1:]), names)
            rejected = not photo.by_person and marks.persons_rating < 0
        except OutputError as error:
            failures.append(str(error))
            rejected = False
        if not rejected:
            kept.append(photo)
    return kept, failures


def _kept_first(chosen: Chosen, keepers: Sequence[ChosenPhoto]) -> list[ChosenPhoto]:
    """All photos but those that are no longer keepers."""
    kept = {photo.path for photo in keepers}
    return [photo for photo in chosen.photos if photo.flag is not Flag.KEEP or photo.path in kept]


def _said_of_found(chosen: Chosen, keepers: Sequence[ChosenPhoto], outputs: ApplyOutputs) -> Iterator[str]:
    """Yield what differs from the page, and what there would be to do besides."""
    if chosen.changed:
        shown = counted(chosen.changed, "photo shows", "photos show")
        yield f"{shown} something else than on the page, and {_was(chosen.changed)} taken as now"
    if (left := len(chosen.keepers) - len(keepers)) > 0:
        was = counted(left, "photo that livecam chose was", "photos that livecam chose were")
        yield f"{was} rejected since (-1), and {_is(left)} not kept"
    if chosen.frames_ms and outputs.frames is None:
        count = counted(sum(map(len, chosen.frames_ms.values())), "frame of a clip is", "frames of clips are")
        yield f"{count} kept, and no file yet: add --out FOLDER to save them"
    rejects = sum(photo.flag is Flag.REJECT for photo in chosen.photos)
    rated = sum(photo.stars > 0 for photo in chosen.photos)
    if outputs.anything and outputs.marks is None and (rejects or rated):
        yield f"not written: {counted(rated, 'rating')}, {counted(rejects, 'reject')}: add --xmp for them"


def _bring(keepers: Sequence[ChosenPhoto], folder: Path, action: Action, notes: Console) -> list[str]:
    target = folder.resolve()
    away = [photo for photo in keepers if not photo.path.resolve().is_relative_to(target)]
    return bring([photo.files for photo in away], folder, action, notes, present=len(keepers) - len(away))


def _preview(choices: Choices, chosen: Chosen, keepers: Sequence[ChosenPhoto], notes: Console) -> None:
    """Say what could be done."""
    files = sum(len(photo.files) for photo in keepers)
    rejects = sum(photo.flag is Flag.REJECT for photo in chosen.photos)
    rated = sum(photo.stars > 0 for photo in chosen.photos)
    forgiven = sum(choice.eyes_forgiven for choice in choices.photos)
    notes.print(Text(f"{printable(choices.file)}, {choices.source.value} of {counted(len(choices.photos), 'photo')}:"))
    parts = [
        f"{counted(len(keepers), 'photo')} to keep ({counted(files, 'file')})",
        f"{rejects:,} rejected",
        f"{rated:,} with stars",
    ]
    parts += [f"{forgiven:,} with eyes closed on purpose"] if forgiven else []
    notes.print(", ".join(parts))
    ways = "--xmp" if choices.source is Source.RATINGS else "--copy-to, --link-to or --move-to FOLDER, or --xmp"
    notes.print(f"nothing is done yet: add {ways}")


def _said_of_marks(report: ChoiceMarksReport) -> Iterator[str]:
    """Yield what was written, and what stands otherwise than it was chosen."""
    rejects, labels = counted(report.rejected, "reject"), counted(report.labelled, "label")
    yield f"{counted(report.rated, 'rating')}, {rejects}, {labels} written"
    if report.raised:
        yield f"{counted(report.raised, 'photo')} had fewer stars, and now {_has(report.raised)} those that you gave"
    if report.overruled:
        yield f"{counted(report.overruled, 'photo')} had stars or a flag, and {_is(report.overruled)} rejected now"
    if report.more_stars:
        kept = counted(report.more_stars, "photo keeps its", "photos keep their")
        yield f"{kept} own stars, which are more than you gave on the page: take them away elsewhere if they are wrong"
    if report.starred:
        keep = counted(report.starred, "photo that you rejected keeps its", "photos that you rejected keep their")
        yield f"{keep} stars or flag: add --rejects mark to have -1 instead"
    if report.own_rejects:
        stay = counted(report.own_rejects, "photo stays", "photos stay")
        yield f"{stay} rejected (-1), though not on the page: take the -1 away elsewhere if it is wrong"
    if report.own_labels:
        yield f"{counted(report.own_labels, 'photo keeps its', 'photos keep their')} own label"


def _has(count: int) -> str:
    return "has" if count == 1 else "have"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _absolute(path: Path) -> Path:
    return path.absolute()
