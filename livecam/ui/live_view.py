"""The live view: the newest frame, and drawn on it what came of the newest moment."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from livecam.live.recent_shots import ActionResult, RecentShots
from livecam.live.run import LatestResult
from livecam.shutter.shutter_control import ShutterControl
from livecam.sources.health import Health
from livecam.sources.source import Source
from livecam.storage.album import Shot
from livecam.types import Frame, UInt8Array
from livecam.ui.key_actions import KeyActions
from livecam.ui.keys import Key
from livecam.ui.overlay import Overlay
from livecam.ui.run_view import RunView
from livecam.ui.sound import Sound, Speaker
from livecam.ui.status import Status
from livecam.ui.window import Screen
from livecam.ui.window_shape import AT_FIRST
from livecam.wording import taken_all_the_same

_SLOW = "few pictures come: the camera needs more light, or a better connection"


@dataclass(frozen=True, slots=True)
class ViewSettings:
    """How the view is kept up to date and how large it is drawn. All set by hand: nobody measured them.

    idle_s: at least so often the window is looked after although nothing is new, seconds: it must answer to keys.
    notice_s: how long it is shown what a key has done, seconds.  shortest: everything is drawn in the window's own
    pixels, but the picture's shorter side is drawn with so many at least: a smaller window shows it smaller.
    patience_s: so long there may be no picture before the window says that it begins, seconds.
    largest: longer and shorter side that are worth drawing, pixels.  threshold_moved: points by which the threshold
    must have moved by itself before that is said.  threshold_s: and how long ago it was said last, seconds.
    """

    idle_s: float = 0.05
    notice_s: float = 2.5
    shortest: int = 240
    patience_s: float = 0.5
    largest: tuple[int, int] = (3840, 2160)
    threshold_moved: float = 0.2
    threshold_s: float = 10.0


VIEW_DEFAULTS = ViewSettings()


class LiveView:
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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Borrow the parts.

        message: shown on the screen throughout, see ``livecam.ui.status.Status``.  clock: seconds, that of the frames.
        """
        self._clock = clock
        self._told_threshold, self._told_s = math.inf, -math.inf
        self._screen = screen
        self._source = source
        self._control = control
        self._recent_shots = recent_shots
        self._speaker = speaker
        self._message = message
        self._overlay = Overlay()
        self._actions = KeyActions(screen, control, recent_shots, self._overlay)
        self._on_screen: Frame | None = None
        self._drawn_s, self._began_s = 0.0, clock()
        self._outdated = True
        self._notice, self._notice_until_s = "", 0.0
        self._shot_shown_s = -math.inf
        self._last_tick = 0

    def show_code(self, code: UInt8Array | None) -> None:
        """Show a QR code until key I hides it: uint8 (N, N), 0 and 255, with its edge; None for none."""
        self._overlay.code = code

    def show_shot(self, shot: Shot) -> None:
        """Flash and click: this picture, which is among the recent ones by now, was just saved."""
        if self._recent_shots.taken == 1:
            self._show_notice("Rate it with 1 to 5; X deletes it")
        if shot.peak.reasons and not shot.manual:
            said = taken_all_the_same(shot.peak)
            self._show_notice(said[0].upper() + said[1:])
        self._overlay.flash(shot)
        self._shot_shown_s = self._clock()
        self._speaker.play(Sound.CLICK)
        self._outdated = True

    def show_result(self, result: ActionResult) -> None:
        """Show what came of a person's action on a picture."""
        self._show_notice(result.message)

    def refresh(self, run: RunView) -> bool:
        """Do what the keys ask, and show what is new, if anything is; False when the person quits."""
        while (key := self._screen.key()) is not None:
            if key is Key.QUIT:
                return False
            self._outdated = True
            notice = self._actions.act(key, run, self._on_screen)
            if notice is not None:
                self._show_notice(notice)
        latest, newest = run.latest, run.newest
        now_s = self._clock()
        if newest is self._on_screen and not self._outdated and now_s < self._drawn_s + VIEW_DEFAULTS.idle_s:
            return True
        if newest is None and self._source.health.gives_pictures and now_s < self._began_s + VIEW_DEFAULTS.patience_s:
            return True  # about to begin; the first picture gives the window its size
        self._tick(latest)
        if latest is not None:
            self._tell_threshold(latest, now_s)
        self._screen.show(self._draw(run, newest, latest, now_s))
        self._on_screen, self._drawn_s, self._outdated = newest, now_s, False
        return True

    def _draw(self, run: RunView, newest: Frame | None, latest: LatestResult | None, now_s: float) -> UInt8Array:
        backend, stream_stats = run.backend, self._source.stream_stats
        health = Health.ENDED if run.over else self._source.health
        age_s = 0.0
        if latest is not None and self._source.live:
            # Of a slow camera the picture on the screen is old as well.
            now_shown_s = newest.captured_s if health is Health.SLOW and newest is not None else now_s
            age_s = now_shown_s - latest.moment.frame.captured_s
        status = Status(
            health,
            backend.provider if backend is not None else None,
            run.fps,
            max(run.saved - self._recent_shots.deleted, 0),
            _as_sentence(run.save_state.message)
            or self._message
            or (stream_stats.missed if stream_stats is not None else None)
            or (_SLOW if health is Health.SLOW else None),
            self._notice if now_s < self._notice_until_s else None,
            auto=self._control.auto,
            paused=run.paused,
            age_ms=age_s * 1000,
            fallback=backend.fallback if backend is not None else None,
            every=run.every,
            since_shot_ms=(now_s - self._shot_shown_s) * 1000,
        )
        moment, decision = (latest.moment, latest.decision) if latest is not None else (None, None)
        # The picture does not wait for its analysis: until that is there, the last result stands on it.
        size = fit(newest, self._screen.size) if newest is not None else None
        shots = self._recent_shots.with_thumbnail
        return self._overlay.draw(moment, decision, status, frame=newest, size=size, shots=shots)

    def _tick(self, latest: LatestResult | None) -> None:
        """Let a countdown's seconds be heard, each once."""
        left_ms = latest.decision.counting_ms if latest is not None else None
        second = math.ceil(left_ms / 1000) if left_ms is not None else -1
        if second != self._last_tick and second >= 0:
            self._speaker.play(Sound.TICK if second else Sound.LAST)
        self._last_tick = second

    def _tell_threshold(self, latest: LatestResult, now_s: float) -> None:
        """Say why the threshold has moved, if it has by itself: it follows how the face rests."""
        decision = latest.decision
        by_itself = decision.threshold - self._control.shift
        moved = abs(by_itself - self._told_threshold) >= VIEW_DEFAULTS.threshold_moved
        due = now_s >= max(self._told_s + VIEW_DEFAULTS.threshold_s, self._notice_until_s)
        if decision.resting is not None and decision.counting_ms is None and moved and due:
            self._told_threshold, self._told_s = by_itself, now_s
            whose = "your rest" if len(latest.moment.counted) < 2 else "the group's rest"
            self._show_notice(f"Threshold {decision.threshold:.1f}  ·  {whose}: {decision.resting:.1f}")

    def _show_notice(self, text: str) -> None:
        self._notice, self._notice_until_s = text, self._clock() + VIEW_DEFAULTS.notice_s
        self._outdated = True


def _as_sentence(text: str | None) -> str | None:
    return None if text is None else text[0].upper() + text[1:]


def fit(frame: Frame, room: tuple[int, int] | None) -> tuple[int, int]:
    """Return the largest size of frame's shape that fits into room, or else the window's first, worth drawing."""
    width, height = room or AT_FIRST
    shorter, longer = sorted((frame.width, frame.height))
    scale = min(width / frame.width, height / frame.height)
    scale = max(scale, VIEW_DEFAULTS.shortest / shorter)
    scale = min(scale, VIEW_DEFAULTS.largest[0] / longer, VIEW_DEFAULTS.largest[1] / shorter)
    # A window rounds its size to whole pixels: the picture's own pixels are the better for being left alone.
    if abs(scale * frame.width - frame.width) <= 2:
        return frame.width, frame.height
    return max(round(frame.width * scale), 1), max(round(frame.height * scale), 1)
