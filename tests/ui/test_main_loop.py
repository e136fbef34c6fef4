"""The loop of the main thread, where the screen of the window has gone."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from livecam.errors import OutputError
from livecam.live.recent_shots import RecentShots
from livecam.live.run import LiveRun
from livecam.live.save_state import SaveState
from livecam.live.summary import Summary
from livecam.sources.source import Source
from livecam.storage.album import Shot
from livecam.ui.main_loop import MainLoop
from livecam.ui.status_line import StatusLine
from livecam.ui.terminal import Reporter
from tests.ui.test_terminal import SUMMARY, make_console


class Unsaved:
    """A run whose disk fails at the end."""

    save_state = SaveState()

    def __init__(self) -> None:
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True

    def finish(self) -> None:
        assert self.stopped
        raise OutputError("2 pictures not saved: the disk is full")

    def new_shots(self) -> list[Shot]:
        return []

    def summary(self) -> Summary:
        return SUMMARY


def test_when_the_screen_has_gone_what_cannot_be_saved_is_said_and_the_terminal_has_its_cursor(tmp_path: Path) -> None:
    console, text = make_console(terminal=True)
    line = StatusLine(console, shown=True)
    with RecentShots(tmp_path) as recent_shots:
        loop = MainLoop(cast("Source", None), recent_shots, Reporter(console, as_json=False, live=True), line)
        line.__enter__()  # as it is while the window is looked after

        loop.save_without_screen(cast("LiveRun", Unsaved()), lambda: console.print("why not"))

    said = text.getvalue()
    assert "the screen is gone: saving what was taken" in said
    assert "2 pictures not saved: the disk is full" in said
    assert said.index("why not") < said.index("age of a frame when decided")
    assert said.rindex("\x1b[?25h") > said.rindex("\x1b[?25l"), "the cursor is shown again"
