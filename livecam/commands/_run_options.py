"""What is checked of the options of ``livecam run`` before anything is opened. Raises typer's usage errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

if TYPE_CHECKING:
    from livecam.serve.live_server import ServeOptions

_Parsed = TypeVar("_Parsed")


def serve_options(
    address: str | None, pin: str | None, tls: tuple[Path, Path] | None, *, guests_shoot: bool
) -> ServeOptions | None:
    """Return what --serve and what goes with it ask for; None without it."""
    for option, given in (("--pin", pin is not None), ("--tls", tls is not None), ("--guests-shoot", guests_shoot)):
        if given and address is None:
            raise typer.BadParameter("it goes with --serve", param_hint=option)
    if address is None:
        return None
    from livecam.serve.live_server import ServeOptions  # noqa: PLC0415

    return ServeOptions(address, pin, guests_shoot, tls)


def parsed(option: str, parse: Callable[[str | None], _Parsed], text: str | None) -> _Parsed:
    """Return what parse makes of an option's text."""
    try:
        return parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def check_followed(source: str | None, out: Path, spare: Path | None, *, follow: bool) -> None:
    """Refuse a folder to be followed that is not named, or that the pictures go to."""
    if not follow:
        return
    if source is None:
        raise typer.BadParameter("name the folder with --source", param_hint="--follow")
    for option, folder in (("--out", out), ("--spare", spare)):
        if folder is not None and folder.resolve() == Path(source).resolve():
            raise typer.BadParameter(
                "the pictures taken would be followed in turn: choose another folder", param_hint=option
            )
