"""Pictures that were taken and are on their way to the disk, which may be slow, full, read-only or gone for a while.

One thread makes files of them, another writes these, so that what waits for the disk are files in memory, a tenth of
the frames. A write that fails is tried again until it works; the camera goes on meanwhile.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from livecam.errors import OutputError
from livecam.live.save_state import SaveState, count_pictures
from livecam.storage.album import Developed, Shot
from livecam.types import Moment


class Saver(Protocol):
    """Keeps pictures; ``livecam.storage.album.Album`` is the real one."""

    def develop(self, peak: Moment, *, fired_t_ms: float, manual: bool = False) -> Developed:
        """Make a file of the frame of peak, in memory."""
        ...

    def write(self, picture: Developed) -> Shot:
        """Write it to the disk. Raises OutputError."""
        ...


@dataclass(frozen=True, slots=True)
class SaveSettings:
    """How a disk that fails is waited for. All set by hand: nobody measured them.

    first_pause_s, last_pause_s: between two attempts; it doubles.  most_bytes: of files that wait in memory (400 or so
    of 720p); one always may.  most_frames: that may wait to become files, 25 MB each of 4K.
    hangs_s: a write that takes so long will never end, as on a network disk whose server is gone.
    said_s: once a run is over and the disk has taken so long, it is said how many pictures are left.
    """

    first_pause_s: float = 0.5
    last_pause_s: float = 4.0
    most_bytes: int = 256_000_000
    most_frames: int = 16
    hangs_s: float = 30.0
    said_s: float = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    peak: Moment
    fired_t_ms: float
    manual: bool


class SaveQueue:
    """Saves pictures in the order in which they were taken, in two threads, ``develop`` and ``write``.

    saved: the pictures saved so far; paths, because frames would fill the memory.
    """

    def __init__(self, album: Saver, spare: Saver | None = None, settings: SaveSettings | None = None) -> None:
        """Borrow album, and spare, for what album cannot write."""
        self.saved: list[Path] = []
        self._album, self._spare = album, spare
        self._settings = settings or SaveSettings()
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._new_shots: queue.SimpleQueue[Shot] = queue.SimpleQueue()
        self._changed = threading.Condition()  # of all below; its lock may be taken again by who holds it
        self._waiting: deque[Developed] = deque()  # the first may be being written
        self._over = False  # no more will come
        self._left = 0  # taken, and neither written nor lost
        self._last, self._ended_s = 0, math.inf  # how many these were when the run was over, and when that was
        self._write_began_s: float | None = None
        self._trouble: str | None = None
        self._lost = self._elsewhere = 0

    @property
    def state(self) -> SaveState:
        """How saving goes now."""
        with self._changed:
            waiting = len(self._waiting) if self._trouble is not None else 0
            slow = self._left and time.monotonic() - self._ended_s >= self._settings.said_s
            last, left = (self._last, self._left) if slow else (0, 0)
            return SaveState(self._trouble, waiting, self._lost, self._elsewhere, last, left)

    @property
    def hanging(self) -> OutputError | None:
        """What to raise where a write does not end; None while all is well, or fails as it should."""
        with self._changed:
            began_s, waiting = self._write_began_s, len(self._waiting)
        if began_s is None or time.monotonic() - began_s < self._settings.hangs_s:
            return None
        return OutputError(
            f"{count_pictures(waiting)} not saved: the disk does not answer: check it, and choose another"
        )

    def put(self, peak: Moment, fired_t_ms: float, *, manual: bool = False) -> None:
        """Have the frame of peak saved. See ``livecam.storage.album.Shot``."""
        with self._changed:
            self._left += 1
        if self._requests.qsize() < self._settings.most_frames:
            self._requests.put(_Request(peak, fired_t_ms, manual))
        else:
            self._lose()

    def end(self) -> None:
        """Mark the end: ``put`` is not called any more."""
        with self._changed:
            self._last, self._ended_s = self._left, time.monotonic()
        self._requests.put(None)

    @property
    def ended(self) -> bool:
        """Whether nothing more is taken."""
        return self._ended_s < math.inf

    def new_shots(self) -> list[Shot]:
        """Return the pictures saved since the last call, in order."""
        shots = []
        with suppress(queue.Empty):
            while True:
                shots.append(self._new_shots.get_nowait())
        return shots

    def develop(self) -> None:
        """Make files until the end."""
        try:
            while self._develop_next():
                pass
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()

    def write(self) -> None:
        """Write until the end. What cannot be written then is tried once more; raises OutputError if in vain."""
        failed: OutputError | None = None
        unsaved = 0
        while (picture := self._next()) is not None:
            try:
                self._write(picture)
            except OutputError as error:
                failed, unsaved = error, unsaved + 1
            with self._changed:
                self._waiting.popleft()
                self._left -= 1
        if unsaved or self._lost:
            reason = failed or self._trouble or "more were taken than could be saved"
            raise OutputError(f"{count_pictures(unsaved + self._lost)} not saved: {reason}") from failed

    def _develop_next(self) -> bool:
        """Make one. A method of its own, so that nothing holds the frame (25 MB if of 4K) until the next one comes."""
        request = self._requests.get()
        if request is None:
            return False
        picture = self._album.develop(request.peak, fired_t_ms=request.fired_t_ms, manual=request.manual)
        with self._changed:
            kept = sum(p.nbytes for p in self._waiting)
            if self._waiting and kept + picture.nbytes > self._settings.most_bytes:
                self._lose()
            else:
                self._waiting.append(picture)
                self._changed.notify_all()
        return True

    def _next(self) -> Developed | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._over)
            return self._waiting[0] if self._waiting else None

    def _write(self, picture: Developed) -> None:
        pause_s = self._settings.first_pause_s
        while True:
            with self._changed:
                last = self._over
            try:
                self._note_write(time.monotonic())
                shot = self._write_somewhere(picture)
            except OutputError as error:
                self._note_write(None)
                with self._changed:
                    self._trouble = str(error)
                    if last:
                        raise
                    self._changed.wait_for(lambda: self._over, pause_s)
                pause_s = min(2 * pause_s, self._settings.last_pause_s)
            else:
                self._note_write(None)
                self.saved.append(shot.path)
                self._new_shots.put(shot)
                return

    def _write_somewhere(self, picture: Developed) -> Shot:
        try:
            shot = self._album.write(picture)
        except OutputError as error:
            if self._spare is None:
                raise
            shot = self._spare.write(picture)
            with self._changed:
                self._trouble, self._elsewhere = str(error), self._elsewhere + 1
            return shot
        with self._changed:
            self._trouble = None
        return shot

    def _note_write(self, began_s: float | None) -> None:
        with self._changed:
            self._write_began_s = began_s

    def _lose(self) -> None:
        with self._changed:
            self._lost += 1
            self._left -= 1
