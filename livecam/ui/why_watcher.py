"""Hands on why no picture is taken, from the run to the terminal and the log."""

from __future__ import annotations

from livecam.live.recent_shots import ActionResult
from livecam.live.watched_steps import Findings
from livecam.storage.album import Shot
from livecam.ui.run_view import RunView
from livecam.ui.terminal import Reporter


class WhyWatcher:
    """A ``Watcher`` of the main loop."""

    def __init__(self, findings: Findings, reporter: Reporter) -> None:
        """Borrow both."""
        self._findings = findings
        self._reporter = reporter

    def refresh(self, _: RunView) -> bool:
        """Report what is new."""
        for found in self._findings.new():
            self._reporter.report_finding(found)
        return True

    def finish(self) -> None:
        """Report what is left. To be called when the run is over, before its summary."""
        self._findings.flush()
        for found in self._findings.new():
            self._reporter.report_finding(found)

    def show_shot(self, shot: Shot) -> None:
        """Pictures are reported by the main loop."""

    def show_result(self, result: ActionResult) -> None:
        """Actions are reported by the main loop."""
