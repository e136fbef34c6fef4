"""Who watches, and what each of them gets next. Used from the server's thread alone.

Nothing waits in a row for anybody: a viewer gets the newest picture when they have shown one of the two before. So who
is slow sees fewer pictures and none that is old, and costs nobody else anything.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from livecam.serve.access import Role
from livecam.serve.limits import ServerLimits

_ON_THE_WAY = 2  # pictures sent and not yet shown: while one is drawn the next travels; set by hand
_NOTES_KEPT = 32


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A frame for all viewers. number: rises.  jpeg: encoded once."""

    number: int
    jpeg: bytes


class Viewer:
    """One of them. wake: set when there may be something new."""

    def __init__(self, role: Role) -> None:
        """Nothing was sent yet."""
        self.role = role
        self.wake = asyncio.Event()
        self.notes: deque[str] = deque(maxlen=_NOTES_KEPT)
        self.heard_s = time.monotonic()
        self._sent = -1
        self._on_the_way: deque[int] = deque()
        self._state_sent: str | None = None

    def next_picture(self, newest: Picture | None) -> Picture | None:
        """Return newest, once, when there is room for it on the way."""
        if newest is None or newest.number <= self._sent or len(self._on_the_way) >= _ON_THE_WAY:
            return None
        if not self._on_the_way:
            self.heard_s = time.monotonic()  # from now on an answer is awaited
        self._sent = newest.number
        self._on_the_way.append(newest.number)
        return newest

    def next_state(self, newest: str | None) -> str | None:
        """Return newest, once."""
        if newest is None or newest is self._state_sent or len(self._on_the_way) >= _ON_THE_WAY:
            return None
        self._state_sent = newest
        return newest

    def note_shown(self, number: int) -> None:
        """The viewer has shown this picture, and so no older one any more."""
        while self._on_the_way and self._on_the_way[0] <= number:
            self._on_the_way.popleft()
        self.heard_s = time.monotonic()
        self.wake.set()

    def silent_s(self) -> float:
        """Return for how long they owe an answer, seconds."""
        return time.monotonic() - self.heard_s if self._on_the_way else 0.0


class Viewers:
    """All of them, and those who only listen to events.

    picture, state: the newest.  over: nobody is shown anything any more.
    """

    def __init__(self, limits: ServerLimits) -> None:
        """Nobody watches yet."""
        self.over = False
        self._came = 0
        self.picture: Picture | None = None
        self.state: str | None = None
        self._limits = limits
        self._viewers: set[Viewer] = set()
        self._listeners: set[Viewer] = set()

    @property
    def wanted(self) -> int:
        """A number that is 0 while nobody watches, and another one after each who has come. For any thread."""
        return self._came if self._viewers else 0

    def is_full(self, role: Role | None = None) -> bool:
        """Whether there is no place for one more viewer of that role; without one, for one who only listens."""
        if role is None:
            return len(self._listeners) >= self._limits.listeners
        guests = sum(viewer.role is Role.GUEST for viewer in self._viewers)
        guests_full = role is Role.GUEST and guests >= self._limits.guest_viewers
        return guests_full or len(self._viewers) >= self._limits.viewers

    @contextmanager
    def watching(self, role: Role) -> Iterator[Viewer | None]:
        """Give a place to one more viewer while entered; None when there is none left."""
        if self.is_full(role):
            yield None
            return
        viewer = Viewer(role)
        self._viewers.add(viewer)
        self._came += 1
        try:
            yield viewer
        finally:
            self._viewers.discard(viewer)

    @contextmanager
    def listening(self) -> Iterator[Viewer | None]:
        """Give a place to one more who listens to events alone; None when there is none left."""
        if self.is_full():
            yield None
            return
        listener = Viewer(Role.GUEST)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def close(self) -> None:
        """Let everybody go."""
        self.over = True
        for viewer in (*self._viewers, *self._listeners):
            viewer.wake.set()

    def publish(self, picture: Picture | None, state: str) -> None:
        """Show everybody a state, and a picture if there is a new one."""
        self.picture, self.state = picture or self.picture, state
        for viewer in self._viewers:
            viewer.wake.set()

    def tell(self, note: str) -> None:
        """Tell everybody of an event, JSON in one line."""
        for viewer in (*self._viewers, *self._listeners):
            viewer.notes.append(note)
            viewer.wake.set()
