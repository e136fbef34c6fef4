"""The live view: the newest frame under what is known of the newest moment, and what the keys do."""

from __future__ import annotations

import time
from typing import Protocol

from livecam.live import LiveRun
from livecam.overlay import Overlay, Status
from livecam.source import Health, Source
from livecam.types import Frame, Moment, Shot, UInt8Array
from livecam.window import Key

# At least so often the window is looked after although nothing is new, seconds: it must answer to keys.
_IDLE_S = 0.05


class Screen(Protocol):
    """Shows pictures and reads keys; ``livecam.window.Window`` is the real one."""

    def show(self, image: UInt8Array) -> Key | None:
        """Show image, uint8 (H, W, 3) RGB, and return the key pressed since the last call."""
        ...


class View:
    """Draws a run on a screen and does what the person asks for. Use it from the thread that owns the screen."""

    def __init__(self, screen: Screen, source: Source, *, provider: str, message: str | None = None) -> None:
        """Borrow the screen. provider, message: said on the screen, see ``livecam.overlay.Status``."""
        self._screen = screen
        self._source = source
        self._provider = provider
        self._message = message
        self._overlay = Overlay()
        self._on_screen: Frame | None = None
        self._shown_s = 0.0
        self._stale = True

    def shot_taken(self, shot: Shot) -> None:
        """Flash, and keep the picture in a corner."""
        self._overlay.shot_taken(shot)
        self._stale = True

    def refresh(self, run: LiveRun) -> bool:
        """Show what is new, if anything is, and do what the keys ask; False when the person quits."""
        known, newest = run.known, run.newest
        now_s = time.monotonic()
        if newest is self._on_screen and not self._stale and now_s < self._shown_s + _IDLE_S:
            return True
        status = Status(self._source.health, self._provider, run.fps, run.saved, self._message)
        if known is not None and newest is not None:
            # The picture must not wait for its analysis: until that is there, the faces of the one before stand in.
            moment = known.moment if known.moment.frame is newest else Moment(newest, known.moment.faces)
            image = self._overlay.draw(moment, known.decision, status)
        elif self._source.health is Health.OK:
            return True  # about to begin; the first picture gives the window its size
        else:
            image = self._overlay.draw(None, None, status)
        key = self._screen.show(image)
        # A key that is read now was pressed while the frame before was on the screen.
        seen, self._on_screen = self._on_screen, newest
        self._shown_s, self._stale = now_s, False
        return self._obey(key, run, seen)

    def _obey(self, key: Key | None, run: LiveRun, seen: Frame | None) -> bool:
        if key is Key.TAKE and seen is not None:
            run.capture(seen)
        elif key is Key.MIRROR:
            self._overlay.mirror = not self._overlay.mirror
        elif key is Key.HELP:
            self._overlay.help_shown = not self._overlay.help_shown
        self._stale = key is not None
        return key is not Key.QUIT
