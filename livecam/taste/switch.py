"""Whether a person wants their taste to be used at all: a file in the folder of tastes says no while it is there."""

from __future__ import annotations

import os

from livecam.errors import OutputError
from livecam.storage.disk_errors import why
from livecam.storage.durable import replace_file
from livecam.taste.places import taste_dir

_SAYS = b"livecam scores as it comes while this file is here; livecam taste --on takes it away.\n"


def is_off() -> bool:
    """Whether what was learned is not to be used unless it is named."""
    return os.path.lexists(taste_dir() / "off")


def turn(*, on: bool) -> None:
    """Turn the taste on or off, for every command from now on. Raises OutputError, one line."""
    file = taste_dir() / "off"
    try:
        if on:
            file.unlink(missing_ok=True)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            replace_file(file, _SAYS)  # whole or not at all: on a full disk an empty one would say no
    except OSError as error:
        what = "take away" if on else "write"
        raise OutputError(f"your taste is as it was, for livecam cannot {what} {file}: {why(error)}") from error
