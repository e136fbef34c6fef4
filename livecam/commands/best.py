"""``livecam best``: the best frame of each burst and clip."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

if TYPE_CHECKING:
    from livecam.best.ranking import RankedGroup
    from livecam.best.scan import PhotoScanner, ScanResult
    from livecam.errors import LivecamError
    from livecam.photos.discover import Item
    from livecam.storage.journal import Action

_MOST_LINES = 20  # of complaints that differ only in the file's name


class Xmp(StrEnum):
    """Where ratings and labels go: a file beside the photo, or into the JPEG itself."""

    SIDECAR = "sidecar"
    EMBED = "embed"


def best(  # noqa: PLR0913, PLR0917  a command has the options that it has
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH…", help="Photos, clips, folders, or patterns in quotes.")
    ] = None,
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Go into the folders of folders.")] = False,
    gap: Annotated[float, typer.Option(min=0, help="The longest pause within a burst, seconds.")] = 2.0,
    top: Annotated[int, typer.Option(min=1, help="How many to keep of each burst or clip.")] = 1,
    faces: Annotated[int, typer.Option(min=1, help="The most faces to look for in a picture.")] = 10,
    out: Annotated[Path | None, typer.Option(help="Write the best frames of clips into this folder.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="Write a contact sheet of each burst into this folder.")] = None,
    page: Annotated[Path | None, typer.Option(help="Write one page for the browser, to look and choose.")] = None,
    copy_to: Annotated[Path | None, typer.Option(help="Copy the keepers into this folder.")] = None,
    link_to: Annotated[Path | None, typer.Option(help="Link the keepers into this folder.")] = None,
    move_to: Annotated[Path | None, typer.Option(help="Move the keepers into this folder.")] = None,
    undo: Annotated[Path | None, typer.Option(help="Take back a copy, link or move by its journal.")] = None,
    xmp: Annotated[Xmp | None, typer.Option(help="Write stars, and a green label for keepers.")] = None,
    model: Annotated[Path | None, typer.Option(help="A scorer (ONNX, schema 1) instead of the one that ships.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each group on stdout.")] = False,
) -> None:
    """Find the best frame of each burst and clip, and say why the others lost.

    Photos are grouped by the time they were taken, by what they look like, and by the names that cameras give bursts.
    Nothing is changed or written unless an option says so. What cannot be read is named and passed over; the exit
    code is 1 then.
    """
    from livecam import model_files  # noqa: PLC0415  heavy from here on: MediaPipe and ONNX Runtime
    from livecam.best.cache import Cache  # noqa: PLC0415
    from livecam.best.report import as_json as group_as_json  # noqa: PLC0415
    from livecam.best.report import table  # noqa: PLC0415
    from livecam.best.scan import PhotoScanner  # noqa: PLC0415
    from livecam.best.selection import choose  # noqa: PLC0415
    from livecam.photos.discover import collect  # noqa: PLC0415

    notes = Console(stderr=True, soft_wrap=True)
    bring = _bring(copy_to, link_to, move_to)
    if undo is not None:
        if paths or bring:
            raise typer.BadParameter("--undo stands alone", param_hint="--undo")
        raise typer.Exit(_undo(undo, notes))
    if not paths:
        raise typer.BadParameter("name photos, clips or folders", param_hint="PATH")
    if bring is not None and _finished_a_move(bring, notes):
        return
    started = time.monotonic()
    outside = [path for path in (out, sheet, copy_to, link_to, move_to) if path is not None]
    items, skipped = collect(paths, recursive=recursive, outside=outside)
    with Cache(model_files.cache_dir()) as cache, PhotoScanner(cache, faces=faces, model=model) as shoot:
        seen = _look_through(shoot, items, notes)
    groups = choose(seen, gap_s=gap)
    for group in groups if as_json else ():
        typer.echo(json.dumps(group_as_json(group)))
    if groups and not as_json:
        Console().print(table(groups, top))
    complaints = [one.why for one in skipped] + [one.error for one in seen if one.error is not None]
    complaints += _write(groups, top, notes, out=out, sheet=sheet, page=page, xmp=xmp)
    if bring is not None:
        complaints += _transfer(groups, top, bring, notes)
    _complain(complaints, notes)
    notes.print(_summary(groups, seen, len(complaints), time.monotonic() - started))
    if complaints:
        raise typer.Exit(1)


def _bring(copy_to: Path | None, link_to: Path | None, move_to: Path | None) -> tuple[Path, Action] | None:
    from livecam.storage.transfer import Action  # noqa: PLC0415

    given = [
        (target, action)
        for target, action in ((copy_to, Action.COPY), (link_to, Action.LINK), (move_to, Action.MOVE))
        if target is not None
    ]
    if len(given) > 1:
        raise typer.BadParameter("only one of --copy-to, --link-to and --move-to", param_hint="--copy-to")
    return given[0] if given else None


def _undo(journal: Path, notes: Console) -> int:
    """Take back a transfer; the exit code."""
    from livecam.storage.transfer import undo  # noqa: PLC0415

    report = undo(journal)
    _complain([why for _, why in report.failed], notes)
    notes.print(f"{_many(len(report.done), 'photo')} taken back")
    return 1 if report.failed else 0


def _finished_a_move(bring: tuple[Path, Action], notes: Console) -> bool:
    """End what an interrupted run left to do; True after a move: its photos are no longer there."""
    from livecam.storage.transfer import Action, finish  # noqa: PLC0415

    report = finish(bring[0])
    if report is None:
        return False
    notes.print(f"finished an interrupted {report.action.value}: {_many(len(report.done), 'photo')}")
    _complain([why for _, why in report.failed], notes)
    return report.action is Action.MOVE and not report.undone


def _look_through(shoot: PhotoScanner, items: Sequence[Item], notes: Console) -> list[ScanResult]:
    with _progress(notes) as progress:
        task = progress.add_task("looking", total=len(items))
        seen: list[ScanResult] = []
        # A clip counts as one, and fills its part of the bar as it plays.
        for one in shoot.scan(items, on_clip=lambda done: progress.update(task, completed=len(seen) + done)):
            seen.append(one)
            progress.update(task, completed=len(seen))
    return seen


def _write(
    groups: Sequence[RankedGroup],
    top: int,
    notes: Console,
    *,
    out: Path | None,
    sheet: Path | None,
    page: Path | None,
    xmp: Xmp | None,
) -> list[str]:
    """Write what was asked for; what went wrong with single files, a line each."""
    from livecam.best.export import export_frames, mark  # noqa: PLC0415
    from livecam.best.selection import Pictures  # noqa: PLC0415
    from livecam.errors import LivecamError  # noqa: PLC0415

    failed: list[str] = []

    def count(outcomes: Iterator[Path | LivecamError], what: str) -> None:
        written = 0
        for outcome in outcomes:
            if isinstance(outcome, LivecamError):
                failed.append(str(outcome))
            else:
                written += 1
        notes.print(f"{_many(written, what)} written")

    if out is not None:
        count(export_frames(groups, top, out), "frame")
    if sheet is not None:
        from livecam.best import contact_sheet as sheets  # noqa: PLC0415

        with _progress(notes) as progress:
            several = [group for group in groups if len(group.records) > 1]  # there is nothing to compare in one photo
            for group in progress.track(several, description="sheets"):
                sheets.save(group, sheet, Pictures([group], least_side=sheets.SIDE))
        notes.print(Text(f"{_many(len(several), 'sheet')} written to {sheet}"))
    if page is not None:
        from livecam.best import page as pages  # noqa: PLC0415

        with _progress(notes) as progress:
            task = progress.add_task("page", total=sum(len(group.records) for group in groups))
            pictures = Pictures(groups, least_side=pages.SIDE)
            pages.save(groups, page, pictures, top=top, on_photo=lambda: progress.advance(task))
        notes.print(Text(f"page written: {page}"))
    if xmp is not None:
        count(mark(groups, top, embed=xmp is Xmp.EMBED), "rating")
    return failed


def _transfer(groups: Sequence[RankedGroup], top: int, bring: tuple[Path, Action], notes: Console) -> list[str]:
    from livecam.best.export import to_bring  # noqa: PLC0415
    from livecam.storage.transfer import transfer  # noqa: PLC0415

    target, action = bring
    photos = to_bring(groups, top)
    with _progress(notes) as progress:
        task = progress.add_task(action.value, total=len(photos))
        report = transfer(photos, target, action, on_photo=lambda _: progress.advance(task))
    there = f", {_many(len(report.present), 'photo')} there already" if report.present else ""
    notes.print(Text(f"{action.value}: {_many(len(report.done), 'file')} in {target}{there}"))
    if report.journal is not None:
        notes.print(Text(f"to take that back: livecam best --undo {report.journal}"))
    return [why for _, why in report.failed]


def _complain(complaints: Sequence[str], notes: Console) -> None:
    for line in complaints[:_MOST_LINES]:
        notes.print(Text(f"livecam: {line}"))
    if len(complaints) > _MOST_LINES:
        notes.print(Text(f"livecam: and {len(complaints) - _MOST_LINES} more"))


def _summary(groups: Sequence[RankedGroup], seen: Sequence[ScanResult], skipped: int, seconds: float) -> Text:
    looked = sum(bool(one.records) for one in seen)
    text = f"{_many(looked, 'photo or clip', 'photos and clips')} in {_many(len(groups), 'group')}, {seconds:.1f} s"
    return Text(text + (f", {skipped} skipped or failed, see above" if skipped else ""))


def _many(count: int, one: str, more: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def _progress(console: Console) -> Progress:
    return Progress(
        *Progress.get_default_columns()[:-1],
        TextColumn("{task.completed:.0f} of {task.total:.0f}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
