"""Pictures that were taken and are on their way to the disk, which may be slow."""

from __future__ import annotations

import queue
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from livecam.storage.album import Shot
from livecam.types import Moment


class Saver(Protocol):
    """Writes pictures; ``livecam.storage.album.Album`` is the real one."""

    def save(self, peak: Moment, *, fired_t_ms: float, manual: bool = False) -> Shot:
        """Write the frame of peak. Raises OutputError."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    peak: Moment
    fired_t_ms: float
    manual: bool


class SaveQueue:
    """Saves pictures in the order in which they were taken, in a thread of its own.

    saved: the pictures saved so far; paths, because frames would fill the memory.
    """

    def __init__(self, album: Saver) -> None:
        """Borrow album."""
        self.saved: list[Path] = []
        self._album = album
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._new_shots: queue.SimpleQueue[Shot] = queue.SimpleQueue()

    def put(self, peak: Moment, fired_t_ms: float, *, manual: bool = False) -> None:
        """Have the frame of peak saved. See ``livecam.storage.album.Shot``."""
        self._requests.put(_Request(peak, fired_t_ms, manual))

    def end(self) -> None:
        """Mark the end: ``put`` is not called any more."""
        self._requests.put(None)

    def run(self) -> None:
        """Save until the end. Raises OutputError."""
        while self._save_next():
            pass

    def new_shots(self) -> list[Shot]:
        """Return the pictures saved since the last call, in order."""
        shots = []
        with suppress(queue.Empty):
            while True:
                shots.append(self._new_shots.get_nowait())
        return shots

    def _save_next(self) -> bool:
        """Save one. A method of its own, so that nothing holds the frame (25 MB if of 4K) until the next one comes."""
        request = self._requests.get()
        if request is None:
            return False
        shot = self._album.save(request.peak, fired_t_ms=request.fired_t_ms, manual=request.manual)
        self.saved.append(shot.path)
        self._new_shots.put(shot)
        return True
