"""The line in the terminal that follows a run."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from livecam.live.run import LiveRun
from livecam.shutter.decision import TriggerState
from livecam.sources.health import Health
from livecam.types import Moment
from livecam.wording import NOT_A_SMILE, hint

_BAR = 20
_REFRESH_S = 0.125  # set by hand
HEALTH_WORDS = {
    Health.STALLED: "the camera has stopped, waiting for it",
    Health.LOST: "the camera is gone, trying to open it again",
    Health.BLACK: "the picture is black: is the lens covered?",
    Health.BLANK: "nothing is on the picture: is the lens covered?",
    Health.SLOW: "the camera is slow: it needs more light, or a better connection",
    Health.ENDED: "the end",
}


class StatusLine:
    """One line that follows the run; only where a person looks at a terminal."""

    def __init__(self, console: Console, *, shown: bool) -> None:
        """Draw on console, if shown."""
        # rich would send what is printed to stdout to this console, where no program looks for it.
        self._line = Live(
            console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._shown = shown
        self._next_s = 0.0

    def update(self, run: LiveRun, health: Health) -> None:
        """Show how it goes; does nothing if called too often to be read."""
        now_s = time.monotonic()
        if not self._shown or now_s < self._next_s:
            return
        self._next_s = now_s + _REFRESH_S
        self._line.update(status_text(run, health), refresh=True)

    def __enter__(self) -> Self:
        if self._shown:
            self._line.start(refresh=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._line.stop()


def status_text(run: LiveRun, health: Health) -> Text:
    """Return the line: score bar, what holds the shot back, speed and count."""
    text = Text(no_wrap=True, overflow="ellipsis")
    latest = run.latest
    if run.save_state.left:
        text.append(f"{run.save_state.message:<{_BAR + 31}}", style="yellow")
    elif run.paused and health.gives_pictures:
        text.append(f"{'paused':<{_BAR + 31}}", style="yellow")
    elif health in HEALTH_WORDS and health is not Health.SLOW:
        text.append(f"{HEALTH_WORDS[health]:<{_BAR + 31}}", style="yellow")
    elif latest is None:
        text.append(f"{'starting':<{_BAR + 31}}", style="dim")
    else:
        _append_score(text, latest.moment)
        armed = latest.decision.state is TriggerState.ARMED
        # The picture on the disk is not mirrored, and neither are these words.
        ready = "hold it" if armed else NOT_A_SMILE if latest.decision.not_a_smile else "ready"
        words = hint(latest.moment, latest.decision.waits_for) or ready
        text.append(f"  {words:<24}", style="yellow" if latest.moment.reasons else "green")
    pictures = "1 picture" if run.saved == 1 else f"{run.saved} pictures"
    text.append(f"{run.fps:5.0f} frames/s   {run.analysed} frames   {pictures}", style="dim")
    return text


def _append_score(text: Text, moment: Moment) -> None:
    score = moment.score
    if score is None:
        text.append(f" –   {'━' * _BAR}", style="dim")
        return
    filled = round((score - 1) / 4 * _BAR)
    text.append(f"{score:.1f}  ", style="bold")
    text.append("━" * filled, style="green" if not moment.reasons else "yellow")
    text.append("━" * (_BAR - filled), style="dim")
