"""How many frames a second this computer looks at, and how old each is when it is decided on: a run of the demo clip.

All that ``livecam run`` does is done, drawing for a window too (``livecam.diagnostics.unseen_run``).
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from livecam.diagnostics.run_speed import RunSpeed
from livecam.diagnostics.unseen_run import UnseenRun
from livecam.live.run import LiveRun
from livecam.live.summary import Percentiles
from livecam.pipeline import Analyser
from livecam.sources.source import Pace, open_source

# Frames of the demo clip that do not count: before its person is there, and until the memory is in use.
WARM_UP = 75
CAMERA_FPS = 30.0  # the demo clip's
_UNDER_WAY = 2  # frames that came and are still looked at when the time is over


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
        speed = RunSpeed(source, _has_its_person)

        def goes_on(live: LiveRun) -> bool:
            speed.note(live)
            return speed.seconds < seconds and (most_frames is None or speed.analysed < most_frames)

        live = UnseenRun(parts, source).follow(analyser, goes_on)
        age = live.summary(warm_up=speed.warm_up).latency
        return LiveSpeed(speed.fps, speed.read, speed.analysed, live.every, age, speed.processor_ms)


def _has_its_person(live: LiveRun) -> bool:
    return live.latest is not None and live.latest.moment.frame.index >= WARM_UP
