"""The log that ``livecam run --log`` writes, from its first line on."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from livecam import __version__
from livecam.live.event_log import EventLog
from livecam.sources.source import Source

Note = Callable[[Mapping[str, object]], None]


def open_log(
    parts: ExitStack, path: Path | None, source: Source, settings: Mapping[str, object], console: Console
) -> Note | None:
    """Begin to write path until parts are closed, and return what notes an event; None without a path.

    settings: what the person asked for. Raises OutputError if path is a file of another kind; what cannot be written is
    only told.
    """
    if path is None:
        return None
    about = {
        "version": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "source": source.name,
        "live": source.live,
        "settings": {name: value for name, value in settings.items() if value not in {None, False}},
    }
    return parts.enter_context(EventLog(path, about, lambda line: console.print(line, markup=False))).write
