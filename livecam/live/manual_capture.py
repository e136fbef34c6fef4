"""Pictures that a person asks for: which moment is saved, and when."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from livecam.live.save_queue import SaveQueue
from livecam.shutter.lookback import LookBack
from livecam.types import Frame, Moment


@dataclass(frozen=True, slots=True, eq=False)
class _Press:
    """frame: what was on the screen.  exactly: that one is wanted, and none that is better."""

    frame: Frame
    exactly: bool


class ManualCapture:
    """Saves what a person asks for, once it is analysed if it will be. Any thread may ``press``.

    One thread, that of the decisions, tells of each moment and of each picture.
    """

    def __init__(
        self, save_queue: SaveQueue, lookback: LookBack | None = None, ask_for: Callable[[Frame], None] | None = None
    ) -> None:
        """Borrow the parts.

        lookback: knows the best moment before a press; None: what is saved is the frame itself.  ask_for: lets a frame
        that was passed over be analysed after all, for ``note_asked``; None: it is saved without a score.
        """
        self._save_queue = save_queue
        self._lookback = lookback
        self._ask_for = ask_for
        self._asked: list[_Press] = []
        self._lock = threading.Lock()
        self._newest: Moment | None = None
        self._over = False
        self._waiting: list[_Press] = []

    def press(self, frame: Frame, *, exactly: bool = False, paused: bool = False) -> None:
        """Save the best moment up to frame, or exactly that frame; in a pause, when nothing is analysed, that too."""
        press = _Press(frame, exactly or paused)
        with self._lock:
            if paused or self._over or (self._newest is not None and self._newest.frame.index >= frame.index):
                self._save(press)
            else:
                self._waiting.append(press)

    def note(self, moment: Moment) -> None:
        """Take in the newest moment, and save what has waited for it."""
        with self._lock:
            self._newest = moment
            if self._lookback is not None:
                self._lookback.add(moment)
            due = [press for press in self._waiting if press.frame.index <= moment.frame.index]
            self._waiting = [press for press in self._waiting if press.frame.index > moment.frame.index]
            for press in due:
                self._save(press)

    def note_taken(self, peak: Moment) -> None:
        """There is a picture of peak: no press takes it once more."""
        if self._lookback is not None:
            self._lookback.forget(peak)

    def note_asked(self, moment: Moment) -> None:
        """Save a frame that was passed over, now that it is analysed."""
        with self._lock:
            due = [press for press in self._asked if press.frame is moment.frame]
            self._asked = [press for press in self._asked if press.frame is not moment.frame]
            for press in due:
                self._put(moment, press)

    def end(self) -> None:
        """Save what still waits: nothing more will be analysed."""
        with self._lock:
            self._over = True
            for press in (*self._asked, *self._waiting):
                self._save(press)
            self._asked, self._waiting = [], []

    def _save(self, press: _Press) -> None:
        newest, moment = self._newest, None
        if self._lookback is not None and newest is not None and not press.exactly:
            moment = self._lookback.best(press.frame, newest)
        if moment is None and newest is not None and newest.frame is press.frame:
            moment = newest
        if moment is None and self._ask_for is not None and not self._over:
            self._asked.append(press)
            self._ask_for(press.frame)
        else:
            self._put(moment or Moment(press.frame), press)

    def _put(self, moment: Moment, press: _Press) -> None:
        self.note_taken(moment)
        self._save_queue.put(moment, press.frame.t_ms, manual=True)
