"""Waiting for a source that is not there yet."""

from __future__ import annotations

import time
from collections.abc import Callable

from livecam.errors import SourceError, SourceRefusedError
from livecam.sources.source import Source

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 8.0  # between two tries; it doubles; set by hand


def open_when_there(
    open_it: Callable[[], Source], tell: Callable[[str], None], pause: Callable[[float], object] = time.sleep
) -> Source:
    """Try open_it until it gives a source, for ever. tell is told why it is not there, each reason once in a row.

    Raises SourceRefusedError: trying again changes nothing.
    """
    pause_s, told = FIRST_PAUSE_S, ""
    while True:
        try:
            return open_it()
        except SourceRefusedError:
            raise
        except SourceError as error:
            if str(error) != told:
                told = str(error)
                tell(f"waiting: {told}")
        pause(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
