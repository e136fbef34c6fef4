"""Waiting for a source that is not there yet."""

from __future__ import annotations

import time
from collections.abc import Callable

from livecam.errors import SourceBusyError, SourceError, SourceRefusedError
from livecam.sources.source import Source
from livecam.sources.stream import NoVideoYetError

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 8.0  # between two tries; it doubles; set by hand
STARTS_S = 10.0  # for so long a camera that is not ready is tried again unasked; set by hand


def open_when_there(
    open_it: Callable[[], Source],
    tell: Callable[[str], None],
    pause: Callable[[float], object] = time.sleep,
    *,
    give_up_s: float | None = None,
    only: type[SourceError] = SourceError,
) -> Source:
    """Try open_it until it gives a source. tell is told why it is not there, each reason once in a row.

    give_up_s: after so long, tries and pauses together, else never.  only: other failures are raised at once. Raises
    SourceRefusedError: trying again changes nothing; and what open_it raises once the time is over.
    """
    pause_s, told, spent_s = FIRST_PAUSE_S, "", 0.0
    while True:
        begun_s = time.monotonic()
        try:
            return open_it()
        except SourceRefusedError:
            raise
        except SourceError as error:
            if not isinstance(error, only):
                raise
            if str(error) != told:
                told = str(error)
                tell(f"waiting: {told}")
            spent_s += time.monotonic() - begun_s
            if give_up_s is not None and spent_s >= give_up_s:
                raise
        if give_up_s is not None:
            pause_s = min(pause_s, give_up_s - spent_s)
        pause(pause_s)
        spent_s += pause_s
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def open_when_ready(
    open_it: Callable[[], Source], tell: Callable[[str], None], pause: Callable[[float], object] = time.sleep
) -> Source:
    """Try open_it once, and for STARTS_S while the camera says that it is not ready. Raises what open_it raises."""
    try:
        return open_when_there(open_it, tell, pause, give_up_s=STARTS_S, only=SourceBusyError)
    except SourceBusyError as error:
        raise SourceBusyError(f"{error}; with --wait it is waited for") from None
    except NoVideoYetError as error:
        raise NoVideoYetError(f"{error}; with --wait it is waited for longer") from None
