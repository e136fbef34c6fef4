"""Plays a file: what the reader thread does with clips and pictures."""

from __future__ import annotations

from collections.abc import Generator

from livecam.sources.decoding import UPRIGHT, Orientation, Picture
from livecam.sources.health import Health, StreamStats
from livecam.sources.threaded import Clock, FrameQueue
from livecam.types import Frame

# A clip's clock is set anew where its next picture is due in more than this, or has been for longer: it was recorded
# with a hole, was joined of recordings of which each has its own times, or the program was stopped (Ctrl-Z) meanwhile.
# Set by hand: longer than any slide stands still, or a busy computer is late.
_JUMP_S = 10.0


class FileReader:
    """Plays pictures: at once, or on the media clock when paced. Raises SourceError if there is no first picture."""

    def __init__(
        self, pictures: Generator[Picture], clock: Clock, *, paced: bool, orientation: Orientation = UPRIGHT
    ) -> None:
        self._pictures = pictures
        self._clock = clock
        self._paced = paced
        self._orientation = orientation
        self._next = next(pictures, None)
        self._index = 0
        self._start_s = 0.0

    def step(self, out: FrameQueue) -> float | None:
        """Put the next picture into out when it is due. A late one is not hurried: the queue drops what is stale."""
        if self._next is None:
            return None
        now = self._clock.now()
        if self._index == 0:
            self._start_s = now - self._next.t_ms / 1000
        wait = self._start_s + self._next.t_ms / 1000 - now
        if abs(wait) > _JUMP_S:
            self._start_s, wait = self._start_s - wait, 0.0
        if self._paced and wait > 0:
            return wait
        out.put(Frame(self._orientation.apply(self._next.image), self._next.t_ms, self._index, now, self._next.path))
        self._index += 1
        self._next = next(self._pictures, None)
        return 0.0

    def health(self) -> Health:
        """Always OK: a file does not stall."""
        return Health.OK

    def stream_stats(self) -> StreamStats | None:
        """None: a file is what it is."""
        return None

    def release(self) -> None:
        """Close the file."""
        self._pictures.close()
