"""The steps within a frame, watched: what holds the shot back, and which peaks were missed, waits to be fetched."""

from __future__ import annotations

import queue
from collections.abc import Iterable
from contextlib import suppress

from livecam.live.held_back import MissedPeak, SecondState
from livecam.live.turned_camera import CameraTurned, TurnedCamera
from livecam.live.why_not import WhyNot
from livecam.pipeline import Analyser, StreamSteps
from livecam.shutter.decision import Decision
from livecam.shutter.shutter_control import ShutterControl
from livecam.types import Face, Frame, Moment

Finding = SecondState | MissedPeak | CameraTurned


class Findings:
    """Why no picture was taken, and whether the camera lies: filled by the thread that decides, fetched by another."""

    def __init__(self, turned: TurnedCamera) -> None:
        """Nothing is known yet."""
        self._turned = turned
        self._why_not = WhyNot()
        self._found: queue.SimpleQueue[Finding] = queue.SimpleQueue()

    def note(self, moment: Moment, decision: Decision, *, auto: bool) -> None:
        """See ``WhyNot.note``."""
        self._put(self._why_not.note(moment, decision, auto=auto))
        if (turned := self._turned.note(moment)) is not None:
            self._put((turned,))

    def flush(self, last: Decision | None = None) -> None:
        """See ``WhyNot.flush``; not before the thread that decides has ended. May be called again."""
        self._put(self._why_not.flush(last))

    def new(self) -> list[Finding]:
        """Return what was found since the last call, in order."""
        found = []
        with suppress(queue.Empty):
            while True:
                found.append(self._found.get_nowait())
        return found

    def _put(self, found: Iterable[Finding]) -> None:
        for one in found:
            self._found.put(one)


class WatchedSteps(StreamSteps):
    """All six steps; every moment and decision is noted."""

    def __init__(self, analyser: Analyser, control: ShutterControl, findings: Findings) -> None:
        """Borrow all."""
        super().__init__(analyser, control)
        self._control = control
        self._findings = findings

    def decide(self, frame: Frame, faces: tuple[Face, ...]) -> tuple[Moment, Decision]:
        """See StreamSteps."""
        moment, decision = super().decide(frame, faces)
        self._findings.note(moment, decision, auto=self._control.auto)
        return moment, decision

    def flush(self) -> Decision | None:
        """See StreamSteps."""
        last = super().flush()
        self._findings.flush(last)
        return last
