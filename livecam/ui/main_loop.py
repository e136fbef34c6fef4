"""The loop of the main thread: keeps window, terminal and JSON up to date while the models load and the run goes on."""

from __future__ import annotations

from livecam.live.loading import Loading, Preview
from livecam.live.recent_shots import RecentShots
from livecam.live.run import LiveRun
from livecam.sources.source import Source
from livecam.stop_signals import StopSignals
from livecam.ui.live_view import LiveView
from livecam.ui.status_line import StatusLine
from livecam.ui.terminal import Reporter

# How long the loop waits for the run before it looks again, seconds: twice as often as a camera's 30 frames a second.
_TICK_S = 1 / 60


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
    ) -> None:
        """Borrow the parts. view: None without a window.  stop: what may ask to end, None for Ctrl-C alone."""
        self._source = source
        self._recent_shots = recent_shots
        self._reporter = reporter
        self._status_line = status_line
        self._view = view
        self._stop = stop or StopSignals()

    def show_until_loaded(self, loading: Loading, preview: Preview) -> bool:
        """Show the camera until the models are there; False if the person has quit by then."""
        while not loading.wait(_TICK_S):
            if self._asked_to_stop() or (self._view is not None and not self._view.refresh(preview)):
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
                    self._reporter.report_saving(run.save_state)
                    self._show_events(run)
                    if self._view is not None and not self._view.refresh(run):
                        break
        except KeyboardInterrupt:
            return True
        else:
            return self._asked_to_stop()
        finally:
            run.stop()

    def report_end(self, run: LiveRun) -> None:
        """Report what has come since the last look, and the summary. Waits for the actions that are under way."""
        self._reporter.report_saving(run.save_state)
        for shot in run.new_shots():
            self._reporter.report_shot(shot)
        self._recent_shots.close()
        for result in self._recent_shots.results():
            self._reporter.report_action(result)
        self._reporter.report_summary(run.summary())

    def _asked_to_stop(self) -> bool:
        return self._stop.code is not None

    def _show_events(self, run: LiveRun) -> None:
        """A method of its own, so that no shot, and with it a frame, is held until the next one."""
        for shot in run.new_shots():
            self._reporter.report_shot(shot)
            if self._view is not None:
                self._view.show_shot(shot)
        for result in self._recent_shots.results():
            self._reporter.report_action(result)
            if self._view is not None:
                self._view.show_result(result)
