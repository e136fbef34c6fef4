"""How many frames a second this computer looks at, and how old each is when it is decided on: a run of the demo clip.

All that ``livecam run`` does is done, drawing for a window too, on a screen that shows nothing.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from livecam.live.recent_shots import RecentShots
from livecam.live.run import LiveRun
from livecam.live.summary import Percentiles
from livecam.pipeline import Analyser, StreamSteps
from livecam.shutter.decision import Decision
from livecam.shutter.shutter_control import ShutterControl
from livecam.shutter.trigger import Trigger, TriggerSettings
from livecam.sources.source import Pace, open_source
from livecam.storage.album import Album
from livecam.types import Face, Frame, Moment, UInt8Array
from livecam.ui.live_view import LiveView
from livecam.ui.sound import Speaker
from livecam.ui.window import Key

# Frames of the demo clip that do not count: before its person is there, and until the memory is in use.
WARM_UP = 75
CAMERA_FPS = 30.0  # the demo clip's
_UNDER_WAY = 2  # frames that came and are still looked at when the time is over
_TICK_S = 1 / 60  # as ``livecam.ui.main_loop``


@dataclass(frozen=True, slots=True)
class LiveSpeed:
    """What was measured after the warm-up.

    fps: frames decided on a second.  read, analysed: frames that came, and that were decided on.  every: of so many
    frames one was looked at in the end, on purpose; 1: all.  age: of a frame at its decision, ms, at pace realtime.
    processor_ms: processor time for a frame that was decided on, everything included.
    """

    fps: float
    read: int
    analysed: int
    every: int
    age: Percentiles
    processor_ms: float

    @property
    def dropped_share(self) -> float:
        """Share of the frames that came and were not looked at, 0..1."""
        return max(self.read - self.analysed - _UNDER_WAY, 0) / self.read if self.read else 0.0


def live_speed(analyser: Analyser, pace: Pace, *, seconds: float, most_frames: int | None = None) -> LiveSpeed:
    """Run over the demo clip and measure for so long, or for so many frames; analyser is borrowed.

    Raises LivecamError if the clip or a part is missing.
    """
    with ExitStack() as parts:
        source = parts.enter_context(open_source("demo", pace))
        out = Path(parts.enter_context(tempfile.TemporaryDirectory()))
        control = ShutterControl(Trigger(TriggerSettings(runners_up=0)))
        recent_shots = parts.enter_context(RecentShots(out))
        view = LiveView(NoScreen(), source, control, recent_shots, parts.enter_context(Speaker(None)))
        steps = _TimedSteps(analyser, control)
        live = parts.enter_context(LiveRun(source, steps, Album(out)))
        begun_s: float | None = None
        processor_s, read, over = 0.0, 0, False
        while not over:
            over = live.wait(_TICK_S)
            for shot in live.new_shots():
                view.show_shot(shot)
            view.refresh(live)
            if begun_s is None and steps.warm:
                begun_s, processor_s, read = time.perf_counter(), time.process_time(), source.frames_read
                steps.begin()
            if begun_s is not None:
                enough = most_frames is not None and len(steps.ages_ms) >= most_frames
                over = over or enough or time.perf_counter() - begun_s >= seconds
        analysed = len(steps.ages_ms)
        elapsed_s = time.perf_counter() - (begun_s if begun_s is not None else time.perf_counter())
        processor_s, read = time.process_time() - processor_s, source.frames_read - read
        every = live.every
        live.stop()
        live.finish()
    return LiveSpeed(
        fps=analysed / elapsed_s if elapsed_s > 0 else 0.0,
        read=read,
        analysed=analysed,
        every=every,
        age=Percentiles.of(steps.ages_ms[:analysed]),
        processor_ms=1000 * processor_s / analysed if analysed else 0.0,
    )


class _TimedSteps(StreamSteps):
    """The steps of a run, which note how old each frame is when it has been decided on.

    ages_ms: since ``begin``.  warm: whether the frames that do not count are over.
    """

    def __init__(self, analyser: Analyser, shutter: ShutterControl) -> None:
        super().__init__(analyser, shutter)
        self.ages_ms: list[float] = []
        self.warm = self._begun = False

    def begin(self) -> None:
        self._begun = True

    def decide(self, frame: Frame, faces: tuple[Face, ...]) -> tuple[Moment, Decision]:
        decided = super().decide(frame, faces)
        self.warm = self.warm or frame.index >= WARM_UP
        if self._begun:
            self.ages_ms.append(1000 * (time.monotonic() - frame.captured_s))
        return decided


class NoScreen:
    """A screen that shows nothing; pictures are drawn for a window as it is at first."""

    size: tuple[int, int] | None = None

    def show(self, image: UInt8Array) -> None:
        """Show nothing."""

    def key(self) -> Key | None:
        """No key is pressed."""
        return None

    def toggle_full_screen(self) -> None:
        """Do nothing."""
