"""Pictures that a person asks for: which moment is saved, and when."""

from __future__ import annotations

import threading
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

    def __init__(self, save_queue: SaveQueue, lookback: LookBack | None = None) -> None:
        """Borrow the parts. lookback: knows the best moment before a press; None: what is saved is the frame itself."""
        self._save_queue = save_queue
        self._lookback = lookback
        self._lock = threading.Lock()
        self._newest: Moment | None = None
        self._waiting: list[_Press] = []

    def press(self, frame: Frame, *, exactly: bool = False, paused: bool = False) -> None:
        """Save the best moment up to frame, or exactly that frame; in a pause, when nothing is analysed, that too."""
        press = _Press(frame, exactly or paused)
        with self._lock:
            if paused or (self._newest is not None and self._newest.frame.index >= frame.index):
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

    def end(self) -> None:
        """Save what still waits: nothing more will be analysed."""
        with self._lock:
            for press in self._waiting:
                self._save(press)
            self._waiting = []

    def _save(self, press: _Press) -> None:
        newest, moment = self._newest, None
        if self._lookback is not None and newest is not None and not press.exactly:
            moment = self._lookback.best(press.frame, newest)
        if moment is None:
            moment = newest if newest is not None and newest.frame is press.frame else Moment(press.frame)
        self.note_taken(moment)
        self._save_queue.put(moment, press.frame.t_ms, manual=True)
