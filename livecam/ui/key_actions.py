"""What the keys do."""

from __future__ import annotations

from livecam.live.recent_shots import DELETED_FOLDER, RecentShots
from livecam.shutter.shutter_control import STEP, ShutterControl
from livecam.types import Frame
from livecam.ui.keys import Key
from livecam.ui.overlay import Overlay
from livecam.ui.run_view import RunView
from livecam.ui.window import Screen

_OF_A_RUN = frozenset((Key.TAKE, Key.PAUSE, Key.COUNTDOWN, Key.AUTO, Key.HIGHER, Key.LOWER))  # that goes on


class KeyActions:
    """Does what a key asks for: to the run, the shutter, the pictures just taken, the screen or what is drawn on it."""

    def __init__(self, screen: Screen, control: ShutterControl, recent_shots: RecentShots, overlay: Overlay) -> None:
        """Borrow the parts."""
        self._screen = screen
        self._control = control
        self._recent_shots = recent_shots
        self._overlay = overlay

    def act(self, key: Key, run: RunView, on_screen: Frame | None) -> str | None:
        """Do what key asks for; on_screen: the frame that the person sees. Return what to say of it, None for nothing.

        QUIT is for whoever reads the keys.
        """
        if run.over and key in _OF_A_RUN:
            return "The end: nothing more is taken"
        if key is Key.TAKE:
            if on_screen is not None:
                run.capture(on_screen)
        elif key in {Key.MIRROR, Key.GRID, Key.HELP, Key.ADDRESS}:
            return self._change_overlay(key)
        elif key is Key.FULL_SCREEN:
            self._screen.toggle_full_screen()
        elif key is Key.PAUSE:
            run.paused = not run.paused
            self._control.rest()
        elif key is Key.RESTORE:
            return self._restore()
        elif key is Key.DELETE or key.rating is not None:
            return self._change_last_shot(key)
        else:
            return self._change_shutter(key, paused=run.paused)
        return None

    def _change_overlay(self, key: Key) -> str | None:
        overlay = self._overlay
        if key is Key.MIRROR:
            overlay.mirror = not overlay.mirror
        elif key is Key.GRID:
            overlay.grid_shown = not overlay.grid_shown
        elif key is Key.HELP:
            overlay.help_shown = not overlay.help_shown
        elif overlay.code is None:
            return "No other device can come: --serve 0.0.0.0:8765 lets them"
        else:
            overlay.code_shown = not overlay.code_shown
        return None

    def _restore(self) -> str | None:
        if not self._recent_shots.deleted:
            return f"Nothing to bring back from “{DELETED_FOLDER}”"
        self._recent_shots.restore()
        return None

    def _change_last_shot(self, key: Key) -> str | None:
        if self._recent_shots.last is None:
            return "No picture yet"
        if key.rating is not None:
            self._recent_shots.rate(key.rating)
        else:
            self._recent_shots.delete()
        return None

    def _change_shutter(self, key: Key, *, paused: bool) -> str | None:
        if paused:
            return "Paused: P goes on"
        if key is Key.COUNTDOWN:
            self._control.toggle_countdown()
        elif key is Key.AUTO:
            self._control.toggle_auto()
            return f"Pictures by themselves: {'on' if self._control.auto else 'off'}"
        elif key in {Key.HIGHER, Key.LOWER}:
            self._control.move_threshold(STEP if key is Key.HIGHER else -STEP)
            moved = self._control.shift
            return f"Threshold {moved:+.1f}" if moved else "Threshold as it is by itself"
        return None
