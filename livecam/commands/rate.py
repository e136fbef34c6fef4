"""``livecam rate``: shows faces of a person's own pictures, two at a time or one, and learns from what they say."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from livecam import command_options

_COUNT = 60  # pairs that take five minutes


def rate(  # noqa: PLR0913, PLR0917  a command has the options that it has
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Photos, clips, folders, or patterns in quotes.")],
    one: Annotated[bool, typer.Option("--one", help="One face at a time, 1 to 5, not two side by side.")] = False,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many questions.")] = _COUNT,
    window: Annotated[bool, typer.Option("--window", help="Ask in a window, not in the browser.")] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Open no browser: only print the address of the page.")
    ] = False,
    name: command_options.TasteName = "me",
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Go into the folders of folders.")] = False,
    gap: Annotated[float, typer.Option(min=0, help="The longest pause within a burst, seconds.")] = 2.0,
    model: command_options.Model = None,
) -> None:
    """Teach livecam your taste: which of two faces of one person do you like better?

    What tells it most is asked first. Each answer is kept at once, on this computer alone and without the picture;
    stop when you like, and start again to go on.

    Keys: left and right choose the better one, 1 to 5 rate a single face, space says that you cannot tell or skips,
    b goes back, u undoes, w shows the whole picture, q finishes.
    """
    from livecam.rating.asking import RateWanted, ask  # noqa: PLC0415  heavy: OpenCV, ONNX Runtime
    from livecam.taste.places import require_name  # noqa: PLC0415
    from livecam.ui.window import check_display, or_else  # noqa: PLC0415

    notes = Console(stderr=True, soft_wrap=True, highlight=False)
    wanted = RateWanted(require_name(name), not one, count, window, not no_browser, recursive, gap, model)
    with or_else("leave out --window"):
        if window:
            check_display()
        failed = ask(paths, wanted, notes)
    if failed:
        raise typer.Exit(1)
