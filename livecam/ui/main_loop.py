"""The loop of the main thread: keeps window, terminal and JSON up to date while the models load and the run goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from livecam.errors import LivecamError
from livecam.live.loading import Loading, Preview
from livecam.live.recent_shots import ActionResult, RecentShots
from livecam.live.run import LiveRun
from livecam.sources.source import Source
from livecam.stop_signals import StopSignals
from livecam.storage.album import Shot
from livecam.ui.live_view import LiveView
from livecam.ui.run_view import RunView
from livecam.ui.status_line import StatusLine
from livecam.ui.terminal import Reporter

# How long the loop waits for the run before it looks again, seconds: twice as often as a camera's 30 frames a second.
_TICK_S = 1 / 60


class Watcher(Protocol):
    """Shows a run, or lets others take part in it. ``LiveView`` is one, the browser's another.

    All is called from the thread of the main loop, many times a second: nothing here may take long.
    """

    def refresh(self, run: RunView) -> bool:
        """Do what was asked for, and show what is new; False to end the run."""
        ...

    def show_shot(self, shot: Shot) -> None:
        """A picture was saved; it is the newest of the recent ones by now."""
        ...

    def show_result(self, result: ActionResult) -> None:
        """An action on a picture has come to its end."""
        ...


class MainLoop:
    """Shows and reports a run, from the thread that owns the window."""

    def __init__(
        self,
        source: Source,
        recent_shots: RecentShots,
        reporter: Reporter,
        status_line: StatusLine,
        view: LiveView | None = None,
        stop: StopSignals | None = None,
        watchers: Sequence[Watcher] = (),
    ) -> None:
        """Borrow the parts.

        view: None without a window.  stop: what may ask to end, None for Ctrl-C alone.  watchers: besides the window.
        """
        self._source = source
        self._recent_shots = recent_shots
        self._reporter = reporter
        self._status_line = status_line
        self._beside_window = tuple(watchers)
        self._watchers = self._beside_window if view is None else (*watchers, view)
        self._stop = stop or StopSignals()

    def show_until_loaded(self, loading: Loading, preview: Preview) -> bool:
        """Show the camera until the models are there; False if the person has quit by then."""
        while not loading.wait(_TICK_S):
            if self._asked_to_stop() or not self._refresh(preview):
                return False
        return not self._asked_to_stop()

    def follow(self, run: LiveRun, *, until_first_shot: bool = False) -> bool:
        """Show and report what happens until the source ends or the person quits; True if that was by a signal.

        until_first_shot: end with the first picture.
        """
        try:
            with self._status_line:
                while not run.wait(_TICK_S) and not (until_first_shot and run.saved) and not self._asked_to_stop():
                    self._status_line.update(run, self._source.health)
                    self._reporter.report_health(self._source)
                    self._reporter.report_camera(self._source)
                    self._reporter.report_speed(run.every)
                    self._reporter.report_saving(run.save_state)
                    self._show_events(run)
                    if not self._refresh(run):
                        break
        except KeyboardInterrupt:
            return True
        else:
            return self._asked_to_stop()
        finally:
            run.stop()

    def finish(self, run: LiveRun) -> None:
        """Wait until all pictures are written, and show and say how many are left. Raises what ``LiveRun.finish`` does.

        The person may rate meanwhile, and ask to end as often as they like: nothing is given up.
        """
        with self._status_line:
            run.finish(lambda: self._show_writing(run))

    def _show_writing(self, run: LiveRun) -> None:
        self._status_line.update(run, self._source.health)
        self._reporter.report_saving(run.save_state)
        self._show_events(run)
        self._refresh(run)

    def save_without_screen(self, run: LiveRun, before_summary: Callable[[], object]) -> None:
        """Save what was taken, and report it, and what could not be: the screen has gone, and the process with it."""
        run.stop()
        self._reporter.report_lost_screen()
        try:
            with self._status_line:  # at its end the terminal has its cursor again
                run.finish()
        except LivecamError as error:
            self._reporter.report_failure(error)
        finally:
            before_summary()
            self.report_end(run)

    def report_end(self, run: LiveRun) -> None:
        """Report what has come since the last look, and the summary. Waits for the actions that are under way."""
        self._reporter.report_saving(run.save_state)
        self._watchers = self._beside_window  # nobody looks at the window any more
        self._show_events(run)
        self._recent_shots.close()
        self._show_events(run)
        self._reporter.report_summary(run.summary())

    def _asked_to_stop(self) -> bool:
        return self._stop.code is not None

    def _show_events(self, run: LiveRun) -> None:
        """A method of its own, so that no shot, and with it a frame, is held until the next one."""
        for shot in run.new_shots():
            self._reporter.report_shot(shot)
            self._recent_shots.add(shot)
            for watcher in self._watchers:
                watcher.show_shot(shot)
        for result in self._recent_shots.results():
            self._reporter.report_action(result)
            for watcher in self._watchers:
                watcher.show_result(result)

    def _refresh(self, run: RunView) -> bool:
        """Let every watcher look; False if one wants to end."""
        going_on = [watcher.refresh(run) for watcher in self._watchers]  # each looks, whatever another says
        return all(going_on)
