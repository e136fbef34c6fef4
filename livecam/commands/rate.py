"""``livecam rate``: shows faces of a person's own pictures, two at a time or one, and learns from what they say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from livecam.photos.discover import Item
    from livecam.rating.dialogue import Dialogue
    from livecam.rating.material import Material
    from livecam.rating.questions import Question
    from livecam.taste.lessons import LessonStore

_COUNT = 60  # pairs that take five minutes


def rate(  # noqa: PLR0913, PLR0917  a command has the options that it has
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Photos, clips, folders, or patterns in quotes.")],
    one: Annotated[bool, typer.Option("--one", help="One face at a time, 1 to 5, not two side by side.")] = False,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many questions.")] = _COUNT,
    window: Annotated[bool, typer.Option("--window", help="Ask in a window, not in the browser.")] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Open no browser: only print the address of the page.")
    ] = False,
    name: Annotated[str, typer.Option(help="Whose taste it is, where several people use livecam.")] = "me",
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Go into the folders of folders.")] = False,
    gap: Annotated[float, typer.Option(min=0, help="The longest pause within a burst, seconds.")] = 2.0,
    model: Annotated[Path | None, typer.Option(help="A scorer (ONNX, schema 1) instead of the one that ships.")] = None,
) -> None:
    """Teach livecam your taste: which of two faces of one person do you like better?

    What tells it most is asked first. Each answer is kept at once, on this computer alone and without the picture;
    stop when you like, and start again to go on.

    Keys: left and right choose the better one, 1 to 5 rate a single face, space says that you cannot tell or skips,
    b goes back, u undoes, w shows the whole picture, q finishes.
    """
    from livecam.best.report import print_failures  # noqa: PLC0415  heavy from here on: OpenCV, ONNX Runtime
    from livecam.errors import SourceError  # noqa: PLC0415
    from livecam.photos.discover import collect, printable  # noqa: PLC0415
    from livecam.rating.answers import Answers  # noqa: PLC0415
    from livecam.rating.cuts import Cuts  # noqa: PLC0415
    from livecam.rating.dialogue import Dialogue  # noqa: PLC0415
    from livecam.rating.session import RatingSession  # noqa: PLC0415
    from livecam.taste.lessons import LessonStore  # noqa: PLC0415
    from livecam.taste.places import require_name  # noqa: PLC0415

    require_name(name)
    if window:
        _require_display()
    notes = Console(stderr=True, soft_wrap=True)
    store = LessonStore()
    items, skipped = collect(paths, recursive=recursive)
    failures = [each.why for each in skipped if each.failed]
    material = _look(items, gap, model, notes)
    print_failures(list(dict.fromkeys(failures + material.failures)), notes)
    questions, before = _choose(material, store, name, count, notes, pairs=not one)
    if not questions:
        raise SourceError(f"nothing to ask about in {printable(paths[0])}: {_NOTHING[bool(before)]}")
    with Cuts(questions) as cuts:
        answers = Answers(store, material.network, name)
        dialogue = Dialogue(RatingSession(questions, answers.save, before=before), cuts)
        if window:
            _ask_in_window(dialogue)
            _say(_ended(dialogue, store, name), notes)
        else:
            _ask_on_page(dialogue, store, name, notes, open_it=not no_browser)
    if failures or material.failures or dialogue.failures:
        raise typer.Exit(1)


_NOTHING = {
    False: "it needs photos or clips with faces; for pairs several of one person within --gap seconds, or a clip",
    True: "all that differs there was asked about; name other photos or clips",
}


def _require_display() -> None:
    from livecam.errors import DisplayError  # noqa: PLC0415
    from livecam.ui.window import check_display  # noqa: PLC0415

    try:
        check_display()
    except DisplayError as error:
        raise DisplayError(str(error).replace("add --headless", "leave out --window")) from None


def _look(items: Sequence[Item], gap: float, model: Path | None, notes: Console) -> Material:
    from livecam.best.report import progress  # noqa: PLC0415
    from livecam.rating.material import Material, look_through  # noqa: PLC0415

    if not items:
        return Material("")
    with progress(notes) as bar:
        task = bar.add_task("looking", total=sum(not item.clip or item.live_of is None for item in items))
        return look_through(items, gap_s=gap, model=model, on_progress=lambda done: bar.update(task, completed=done))


def _choose(
    material: Material, store: LessonStore, name: str, count: int, notes: Console, *, pairs: bool
) -> tuple[list[Question], int]:
    """Choose what is asked, pairs if there are any, and say how many of the same kind were answered before."""
    from livecam.rating.answers import answered_before  # noqa: PLC0415
    from livecam.rating.questions import generic_value, pair_questions, single_questions  # noqa: PLC0415

    value = generic_value
    known = answered_before(lesson for lesson in store.read().all if lesson.taste == name)
    here = {str(record.path and record.path.absolute()) for _, records in material.groups for record in records}
    asked = {pair for pair in known[0] if all(key[0] in here for key in pair)}
    if pairs and not asked and not pair_questions(material.groups, value, 1):
        notes.print("there are no two faces of one person to choose from: one at a time then")
        pairs = False
    if pairs:
        before = len(asked) % count  # whoever stopped goes on; whoever had come to the end gets as many again
        return pair_questions(material.groups, value, count - before, asked), before
    rated = {key for key in known[1] if key[0] in here}
    before = len(rated) % count
    return single_questions(material.groups, value, count - before, rated), before


def _ask_in_window(dialogue: Dialogue) -> None:
    from livecam.rating.window import RatingWindow  # noqa: PLC0415
    from livecam.ui.window import Window  # noqa: PLC0415

    with Window("livecam rate") as screen:
        RatingWindow(screen, dialogue).ask()


def _ask_on_page(dialogue: Dialogue, store: LessonStore, name: str, notes: Console, *, open_it: bool) -> None:
    import webbrowser  # noqa: PLC0415

    from livecam.rating.page import RatingPage  # noqa: PLC0415

    with RatingPage(dialogue) as page:
        opened = open_it and webbrowser.open(page.address)
        what = "asking in your browser" if opened else "open this page in a browser on this computer"
        notes.print(Text(f"{what}: {page.address}"))
        notes.print("each answer is kept at once; end on the page, or here with Ctrl-C")
        while not page.finished.wait(0.2):
            pass
        lines = _ended(dialogue, store, name)
        page.say_result(lines)
    _say(lines, notes)


def _ended(dialogue: Dialogue, store: LessonStore, name: str) -> list[str]:
    """Learn from all answers, and say what came of it and what to do next."""
    answered = dialogue.session.answered
    if not answered:
        return ["nothing answered, nothing learned"]
    return ["next: livecam learn"]


def _say(lines: Sequence[str], notes: Console) -> None:
    for line in lines:
        notes.print(Text(line))
