"""The live view: the newest frame under what is known of the newest moment, and what the keys do."""

from __future__ import annotations

import math
import time
from typing import Protocol

from livecam.live.recent_shots import AWAY, ActionResult, RecentShots
from livecam.live.run import LatestResult
from livecam.shutter.shutter_control import STEP, ShutterControl
from livecam.sources.health import Health
from livecam.sources.source import Source
from livecam.storage.album import Shot
from livecam.types import Frame, UInt8Array
from livecam.ui.overlay import Overlay, Status
from livecam.ui.sound import Sound, Speaker
from livecam.ui.window import AT_FIRST, Key

# At least so often the window is looked after although nothing is new, seconds: it must answer to keys.
_IDLE_S = 0.05
_NEWS_S = 2.5
# The words are drawn in the window's own pixels, within these bounds: a smaller window shows them smaller, and more
# than 4K is drawn for nobody.
_SHORTEST, _LARGEST = 480, (3840, 2160)


class Screen(Protocol):
    """Shows pictures and reads keys; ``livecam.ui.window.Window`` is the real one."""

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of the room for the picture, pixels, if known."""
        ...

    def show(self, image: UInt8Array) -> None:
        """Show image, uint8 (H, W, 3) RGB."""
        ...

    def key(self) -> Key | None:
        """Return the next key pressed, None when there is none."""
        ...

    def toggle_full_screen(self) -> None:
        """Fill the screen, or no longer."""
        ...


class Backend(Protocol):
    """What scores; ``livecam.pipeline.Analyser`` is the real one. It may change to the CPU on the way."""

    @property
    def provider(self) -> str:
        """What runs, e.g. "cpu"."""
        ...

    @property
    def fallback(self) -> str | None:
        """What should run instead; None when all is well."""
        ...


class RunView(Protocol):
    """What is shown: ``livecam.live.run.LiveRun``, and ``livecam.live.loading.Preview`` until it is there.

    paused: see ``LiveRun``; set by a key.
    """

    paused: bool

    @property
    def backend(self) -> Backend | None:
        """What scores; None while it is loaded."""
        ...

    @property
    def newest(self) -> Frame | None:
        """The frame to show."""
        ...

    @property
    def latest(self) -> LatestResult | None:
        """The newest moment analysed."""
        ...

    @property
    def fps(self) -> float:
        """Frames analysed a second."""
        ...

    @property
    def saved(self) -> int:
        """Pictures saved so far."""
        ...

    def capture(self, frame: Frame) -> None:
        """Save this frame."""
        ...


class View:
    """Draws a run on a screen and does what the person asks for. Use it from the thread that owns the screen."""

    def __init__(
        self,
        screen: Screen,
        source: Source,
        control: ShutterControl,
        recent_shots: RecentShots,
        speaker: Speaker,
        *,
        message: str | None = None,
    ) -> None:
        """Borrow the parts. message: said on the screen throughout, see ``livecam.ui.overlay.Status``."""
        self._screen = screen
        self._source = source
        self._control = control
        self._desk = recent_shots
        self._speaker = speaker
        self._message = message
        self._overlay = Overlay()
        self._on_screen: Frame | None = None
        self._shown_s = 0.0
        self._stale = True
        self._news, self._news_until_s = "", 0.0
        self._ticked = 0

    def shot_taken(self, shot: Shot) -> None:
        """Flash, click, and keep the picture in a corner."""
        if self._desk.last is None and not self._desk.put_away:
            self._say("Rate it with 1 to 5; X deletes it")
        if shot.peak.reasons and not shot.manual:
            self._say(f"Taken all the same: {shot.peak.reasons[0].value} for a better one")
        self._overlay.shot_taken(shot)
        self._desk.add(shot)
        self._speaker.play(Sound.CLICK)
        self._stale = True

    def told(self, news: ActionResult) -> None:
        """Show what came of a wish."""
        self._say(news.words)

    def refresh(self, run: RunView) -> bool:
        """Do what the keys ask, and show what is new, if anything is; False when the person quits."""
        while (key := self._screen.key()) is not None:
            if key is Key.QUIT:
                return False
            self._obey(key, run)
            self._stale = True
        latest, newest = run.latest, run.newest
        now_s = time.monotonic()
        if newest is self._on_screen and not self._stale and now_s < self._shown_s + _IDLE_S:
            return True
        if newest is None and self._source.health is Health.OK:
            return True  # about to begin; the first picture gives the window its size
        self._tick(latest)
        self._screen.show(self._draw(run, newest, latest, now_s))
        self._on_screen, self._shown_s, self._stale = newest, now_s, False
        return True

    def _draw(self, run: RunView, newest: Frame | None, latest: LatestResult | None, now_s: float) -> UInt8Array:
        age_s = now_s - latest.moment.frame.captured_s if latest is not None and self._source.live else 0.0
        backend = run.backend
        status = Status(
            self._source.health,
            backend.provider if backend is not None else None,
            run.fps,
            max(run.saved - self._desk.put_away, 0),
            self._message or (stream_stats.missed if (stream_stats := self._source.stream_stats) is not None else None),
            self._news if now_s < self._news_until_s else None,
            auto=self._control.auto,
            paused=run.paused,
            age_ms=age_s * 1000,
            fallback=backend.fallback if backend is not None else None,
        )
        moment, decision = (latest.moment, latest.decision) if latest is not None else (None, None)
        # The picture does not wait for its analysis: until that is there, what was known before stands on it.
        size = fit(newest, self._screen.size) if newest is not None else None
        return self._overlay.draw(moment, decision, status, frame=newest, size=size, thumbnails=self._desk.thumbnails)

    def _tick(self, latest: LatestResult | None) -> None:
        """Let a countdown's seconds be heard, each once."""
        left_ms = latest.decision.counting_ms if latest is not None else None
        second = math.ceil(left_ms / 1000) if left_ms is not None else -1
        if second != self._ticked and second >= 0:
            self._speaker.play(Sound.TICK if second else Sound.LAST)
        self._ticked = second

    def _say(self, words: str) -> None:
        self._news, self._news_until_s = words, time.monotonic() + _NEWS_S
        self._stale = True

    def _obey(self, key: Key, run: RunView) -> None:
        if key is Key.TAKE:
            if self._on_screen is not None:
                run.capture(self._on_screen)
        elif key is Key.MIRROR:
            self._overlay.mirror = not self._overlay.mirror
        elif key is Key.GRID:
            self._overlay.grid_shown = not self._overlay.grid_shown
        elif key is Key.HELP:
            self._overlay.help_shown = not self._overlay.help_shown
        elif key is Key.FULL_SCREEN:
            self._screen.toggle_full_screen()
        elif key is Key.PAUSE:
            run.paused = not run.paused
            self._control.rest()
        elif key in {Key.DELETE, Key.RESTORE} or key.rating is not None:
            self._handle_print(key)
        else:
            self._command(key, run)

    def _handle_print(self, key: Key) -> None:
        if key is Key.RESTORE:
            if not self._desk.put_away:
                self._say(f"Nothing to bring back from “{AWAY}”")
            self._desk.restore()
        elif self._desk.last is None:
            self._say("No picture yet")
        elif key is Key.DELETE:
            self._desk.delete()
        elif key.rating is not None:
            self._desk.rate(key.rating)

    def _command(self, key: Key, run: RunView) -> None:
        if run.paused:
            self._say("Paused: P goes on")
        elif key is Key.COUNTDOWN:
            self._control.toggle_countdown()
        elif key is Key.AUTO:
            self._control.toggle_auto()
            self._say(f"Pictures by themselves: {'on' if self._control.auto else 'off'}")
        elif key in {Key.HIGHER, Key.LOWER}:
            self._control.move_threshold(STEP if key is Key.HIGHER else -STEP)
            moved = self._control.shift
            self._say(f"Threshold {moved:+.1f}" if moved else "Threshold as it is by itself")


def fit(frame: Frame, room: tuple[int, int] | None) -> tuple[int, int]:
    """Return the largest size of frame's shape that fits into room, or else the window's first, worth drawing."""
    width, height = room or AT_FIRST
    scale = min(width / frame.width, height / frame.height)
    scale = max(scale, _SHORTEST / min(frame.width, frame.height))
    scale = min(scale, _LARGEST[0] / max(frame.width, frame.height), _LARGEST[1] / min(frame.width, frame.height))
    # A window rounds its size to whole pixels: the picture's own pixels are the better for being left alone.
    if abs(scale * frame.width - frame.width) <= 2:
        return frame.width, frame.height
    return max(round(frame.width * scale), 1), max(round(frame.height * scale), 1)
