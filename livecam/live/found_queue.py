"""What waits between the finder and the scorer of a run, and how much of it may."""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from dataclasses import dataclass

from livecam.live.frame_feed import POLL_S
from livecam.types import Face, Frame

# Frames of a file that may wait between finder and scorer, so that neither waits for the other's slow ones: with three
# two cores get 8 % more frames done than with one (115 for 106 a second).
# Of frames with more bytes than LARGE (set by hand) only one is on its way there: one of 4K has 25 MB.
_FOUND_AHEAD, _LARGE = 3, 16_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What came of a turn (see ``livecam.live.frame_feed.Turn``), and how long that took."""

    frame: Frame | None
    faces: tuple[Face, ...]
    work_ms: float
    alone: bool = False


class FoundQueue:
    """Hands on from one thread to another, in order.

    Live there is one place: the finder takes a frame only when the scorer has taken the one before, so that a frame
    never grows old in between.
    """

    def __init__(self, stop: threading.Event, *, live: bool) -> None:
        """Empty. stop: once it is set nobody waits any more."""
        self._stop = stop
        self._found: queue.Queue[Found | None] = queue.Queue()
        self._places = threading.Semaphore(1 if live else _FOUND_AHEAD)

    def wait_for_place(self) -> bool:
        """Wait until there is room for one more, and take it; False if the run ends."""
        while not self._stop.is_set():
            if self._places.acquire(timeout=POLL_S):
                return True
        return False

    def make_room_for(self, frame: Frame) -> None:
        """Let a large frame take all places that are free."""
        while frame.image.nbytes > _LARGE and self._places.acquire(blocking=False):
            pass  # one is left, which this frame has

    def put(self, found: Found | None) -> None:
        """Hand on; None: that was all."""
        self._found.put(found)

    def take(self) -> Found | None:
        """Wait for the next, whose place is then free; None at the end."""
        while not self._stop.is_set():
            with suppress(queue.Empty):
                found = self._found.get(timeout=POLL_S)
                if found is not None:
                    self._places.release()
                return found
        return None
