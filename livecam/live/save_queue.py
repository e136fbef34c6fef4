"""Pictures that were taken and are on their way to the disk, which may be slow."""

from __future__ import annotations

import queue
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from livecam.storage.album import Shot
from livecam.types import Moment

if TYPE_CHECKING:  # it brings MediaPipe and ONNX Runtime along
    from livecam.pipeline import Saver


@dataclass(frozen=True, slots=True, eq=False)
class _Exposure:
    moment: Moment
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
        self._waiting: queue.SimpleQueue[_Exposure | None] = queue.SimpleQueue()
        self._new: queue.SimpleQueue[Shot] = queue.SimpleQueue()

    def take(self, moment: Moment, fired_t_ms: float, *, manual: bool = False) -> None:
        """Have the frame of moment saved. See ``livecam.storage.album.Shot``."""
        self._waiting.put(_Exposure(moment, fired_t_ms, manual))

    def end(self) -> None:
        """Say that nothing more is taken."""
        self._waiting.put(None)

    def run(self) -> None:
        """Save until the end. Raises OutputError."""
        while self._save_next():
            pass

    def new(self) -> list[Shot]:
        """Return the pictures saved since the last call, in order."""
        shots = []
        with suppress(queue.Empty):
            while True:
                shots.append(self._new.get_nowait())
        return shots

    def _save_next(self) -> bool:
        """Save one; of its own, so that nothing holds the frame (25 MB if of 4K) until the next one comes."""
        exposure = self._waiting.get()
        if exposure is None:
            return False
        shot = self._album.save(exposure.moment, fired_t_ms=exposure.fired_t_ms, manual=exposure.manual)
        self.saved.append(shot.path)
        self._new.put(shot)
        return True
