"""A run as ``livecam run`` puts it together, where nobody looks: so that what is measured is what people run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from livecam.live.recent_shots import ActionResult, RecentShots
from livecam.live.run import LiveRun
from livecam.live.turned_camera import TurnedCamera
from livecam.live.watched_steps import Findings, WatchedSteps
from livecam.pipeline import Analyser
from livecam.shutter.lookback import LookBack
from livecam.sources.source import Orientation, Source
from livecam.storage.album import Album, Shot
from livecam.types import UInt8Array
from livecam.ui.keys import Key
from livecam.ui.live_view import LiveView
from livecam.ui.main_loop import MainLoop, Watcher
from livecam.ui.run_parts import make_shutter
from livecam.ui.run_view import RunView
from livecam.ui.sound import Speaker
from livecam.ui.status_line import StatusLine
from livecam.ui.terminal import Reporter
from livecam.ui.why_watcher import WhyWatcher


class UnseenRun:
    """A run with the settings that ``livecam run`` has by default, but silent.

    out: the folder of its pictures, which goes away with parts.  control, recent_shots: what watchers need.
    """

    def __init__(self, parts: ExitStack, source: Source) -> None:
        """Borrow source; what is opened here is closed with parts."""
        self.source = source
        self.out = Path(parts.enter_context(tempfile.TemporaryDirectory()))
        self.control = make_shutter(3.0, begin=False)
        self.recent_shots = parts.enter_context(RecentShots(self.out))
        self._speaker = parts.enter_context(Speaker(None))

    def follow(
        self, analyser: Analyser, go_on: Callable[[LiveRun], bool], *watchers: Watcher, window: bool = True
    ) -> LiveRun:
        """Run to the end of the source, or until go_on says no; return the run, which is over.

        analyser: is borrowed.  go_on: is asked each time that the screen would be looked after.  window: draw for one
        as it is at first, on a screen that shows nothing. Raises what the run raises.
        """
        source, console = self.source, Console(quiet=True)
        reporter = Reporter(console, as_json=False, live=source.live)
        findings = Findings(TurnedCamera(source.name, Orientation()))
        steps = WatchedSteps(analyser, self.control, findings)
        view = LiveView(_NoScreen(), source, self.control, self.recent_shots, self._speaker) if window else None
        with LiveRun(source, steps, Album(self.out), lookback=LookBack()) as live:
            told = (*watchers, WhyWatcher(findings, reporter), _Until(lambda: go_on(live)))
            line = StatusLine(console, shown=False)
            loop = MainLoop(source, self.recent_shots, reporter, line, view, watchers=told)
            loop.follow(live)
            loop.finish(live)
        return live


class _Until:
    """A watcher that ends the run."""

    def __init__(self, go_on: Callable[[], bool]) -> None:
        self._go_on = go_on

    def refresh(self, _: RunView) -> bool:
        return self._go_on()

    def show_shot(self, shot: Shot) -> None:
        """Pictures are no matter."""

    def show_result(self, result: ActionResult) -> None:
        """Nobody acts on them."""


class _NoScreen:
    """A screen that shows nothing."""

    size: tuple[int, int] | None = None

    def show(self, image: UInt8Array) -> None:
        """Show nothing."""

    def key(self) -> Key | None:
        """No key is pressed."""
        return None

    def toggle_full_screen(self) -> None:
        """Do nothing."""
