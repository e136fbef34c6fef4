"""``livecam taste``: what livecam has learned of a person's taste, and what becomes of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from livecam.taste.lessons import LessonStore


def taste(
    name: Annotated[
        str | None, typer.Option(help="Whose taste. Default: yours; with --forget and --export everybody's.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the page goes. Default: beside what was learned.")
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Delete all choices and what was learned from them.")
    ] = False,
    export: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the choices to a file, for another computer. A .csv gets the stars alone,"
            " for python -m model prepare.",
        ),
    ] = None,
    import_: Annotated[
        Path | None, typer.Option("--import", metavar="FILE", help="Add the choices that --export wrote.")
    ] = None,
    on: Annotated[
        bool | None,
        typer.Option("--on/--off", help="Use your taste, once it is surely better, or never, until you say otherwise."),
    ] = None,
) -> None:
    """Show what livecam has learned of your taste: in short here, in full on a page for the browser.

    Your choices are kept on this computer alone, as numbers that describe the faces, never as pictures.
    """
    from livecam.taste.lessons import LessonStore  # noqa: PLC0415  loads numpy
    from livecam.taste.places import DEFAULT_NAME, head_file, require_name  # noqa: PLC0415

    if (forget, export is not None, import_ is not None, page is not None, on is not None).count(True) > 1:
        raise typer.BadParameter(
            "one of them at a time", param_hint="--forget, --export, --import, --page, --on, --off"
        )
    if on is not None and name not in {None, DEFAULT_NAME}:
        raise typer.BadParameter(f"the taste of {name} is used only where --taste {name} names it", param_hint="--name")
    notes = Console(stderr=True, soft_wrap=True, highlight=False)
    store, whose = LessonStore(), require_name(name or DEFAULT_NAME)
    if on is not None:
        _turn(on, notes)
    elif forget:
        _forget(store, name, notes)
    elif export is not None:
        write = store.export_ratings if export.suffix.lower() == ".csv" else store.export
        notes.print(Text(f"{_choices(write(export, name))} written to {export}"))
    elif import_ is not None:
        added, skipped = store.bring_in(import_)
        notes.print(Text(f"{_choices(added)} added" + (f", {skipped} damaged lines passed over" if skipped else "")))
        notes.print("livecam learn learns from them")
    else:
        _show(store, whose, head_file(whose), page, notes)


def _forget(store: LessonStore, name: str | None, notes: Console) -> None:
    from livecam.taste.forgetting import forget  # noqa: PLC0415

    gone = forget(store, name)
    learned = f"{gone.learned} learned taste{'' if gone.learned == 1 else 's'}"
    notes.print(Text(f"{_choices(gone.choices)} forgotten, and {learned}"))


def _turn(on: bool, notes: Console) -> None:
    from livecam.taste.switch import turn  # noqa: PLC0415

    turn(on=on)
    if on:
        notes.print("your taste is on: livecam scores by it once it is surely better; livecam taste shows it")
    else:
        notes.print("your taste is off until livecam taste --on; what you choose is kept as before")


def _show(store: LessonStore, whose: str, file: Path, page: Path | None, notes: Console) -> None:
    from livecam.best.scan.clips import frames_at  # noqa: PLC0415  loads OpenCV
    from livecam.errors import ModelError  # noqa: PLC0415
    from livecam.photos.discover import printable  # noqa: PLC0415
    from livecam.taste.head_file import load_head  # noqa: PLC0415  these load numpy, Pillow
    from livecam.taste.insight import insight_of  # noqa: PLC0415
    from livecam.taste.page import save_page  # noqa: PLC0415
    from livecam.taste.places import DEFAULT_NAME  # noqa: PLC0415
    from livecam.taste.switch import is_off  # noqa: PLC0415

    read = store.read()
    lessons = read.of(whose)
    if read.skipped:
        notes.print(Text(f"{read.skipped} damaged line{'' if read.skipped == 1 else 's'} in {store.path} passed over"))
    others = [printable(other) for other in read.tastes if other != whose]
    if others:
        notes.print(Text(f"there are other tastes too: {', '.join(others)} (livecam taste --name NAME shows one)"))
    if not file.is_file():
        raise ModelError(_nothing_yet(whose, len(lessons)))
    head = load_head(file)
    insight = insight_of(head, [lesson for lesson in lessons if lesson.network == head.network])
    target = page or file.with_suffix(".html")
    off = whose == DEFAULT_NAME and is_off()
    save_page(head, insight, target, off=off, frames_at=frames_at)
    notes.print(Text(str(head.story.verdict)))
    if off:
        notes.print("it is off: livecam taste --on turns it on")
    for effect in insight.effects[:5]:
        notes.print(Text(f"  {effect.words}: +{effect.points:.1f} points for a usual difference"))
    notes.print(Text(f"page written: {target}"))


def _nothing_yet(whose: str, choices: int) -> str:
    from livecam.taste.places import DEFAULT_NAME  # noqa: PLC0415

    of, named = ("your taste", "") if whose == DEFAULT_NAME else (f"the taste of {whose}", f" --name {whose}")
    if choices:
        return f"nothing is learned of {of} yet, from {_choices(choices)} that livecam has: run livecam learn{named}"
    return f"nothing is known of {of} yet: choose on a page of livecam best, or run livecam rate{named} PHOTOS"


def _choices(count: int) -> str:
    return f"{count:,} choice{'' if count == 1 else 's'}"
