"""``livecam cameras``: which cameras there are, and what they can do."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from livecam.sources.camera_list import Camera
    from livecam.sources.v4l2 import Mode

_MODES_SHOWN = 4


def cameras(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each camera on stdout.")] = False,
) -> None:
    """List the cameras by number, name and identity, with their modes.

    livecam run --source takes any of the three. The identity stays the same when the camera is plugged in elsewhere.
    """
    from livecam.sources.camera_list import list_cameras  # noqa: PLC0415  loads OpenCV

    found = list_cameras()
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    if not found:
        console.print("no camera: plug one in and allow programs to use it; livecam run --source demo needs none")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("number", "name", "identity", "modes"):
        table.add_column(title, overflow="fold")
    for camera in found:
        modes, error = _modes(camera)
        if as_json:
            described = {**asdict(camera), "modes": [asdict(mode) for mode in modes], "error": error}
            typer.echo(json.dumps(described))
        else:
            table.add_row(
                Text(str(camera.number), style="bold"), Text(camera.name), Text(camera.identity), _text(modes, error)
            )
    if not as_json:
        Console(highlight=False).print(table)


def _modes(camera: Camera) -> tuple[tuple[Mode, ...], str | None]:
    from livecam.errors import SourceError  # noqa: PLC0415
    from livecam.sources.camera_list import modes  # noqa: PLC0415  loads OpenCV

    try:
        return modes(camera), None
    except SourceError as error:  # the other cameras are still listed
        return (), str(error)


def _text(modes: tuple[Mode, ...], error: str | None) -> Text:
    if error is not None:
        return Text(error, style="yellow")
    if not modes:
        return Text("the system does not say", style="dim")
    lines = []
    for (width, height), ways in groupby(modes, key=lambda mode: (mode.width, mode.height)):
        rates: dict[str, float] = {}
        for way in ways:
            rates.setdefault(way.format, way.fps)
        lines.append(f"{width} × {height}: " + ", ".join(f"{fmt} {fps:g}/s" for fmt, fps in rates.items()))
    more = len(lines) - _MODES_SHOWN
    return Text("\n".join([*lines[:_MODES_SHOWN], *([f"and {more} smaller sizes"] if more > 0 else [])]))
