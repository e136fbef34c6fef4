"""What archives need that a plain installation has not."""

from __future__ import annotations

from importlib.util import find_spec

from livecam.errors import ArchiveError


def require_extra(*libraries: str) -> None:
    """Raise ArchiveError, which names the extra, unless all of these libraries are installed. None is loaded."""
    missing = [name for name in libraries if find_spec(name) is None]
    if missing:
        names = ", ".join(missing)
        raise ArchiveError(f'archives need {names}, not installed here: pip install "livecam[archive]"')
