"""What of a run the screen needs to know."""

from __future__ import annotations

from typing import Protocol

from livecam.live.run import LatestResult
from livecam.live.save_state import SaveState
from livecam.types import Frame


class Backend(Protocol):
    """What scores; ``livecam.pipeline.Analyser`` is the real one. It may change to the CPU on the way."""

    @property
    def provider(self) -> str:
        """What runs, e.g. "cpu"."""
        ...

    @property
    def fallback(self) -> str | None:
        """What should run instead; None when all is well."""
        ...


class RunView(Protocol):
    """What is shown: ``livecam.live.run.LiveRun``, and ``livecam.live.loading.Preview`` until it is there.

    paused: see ``LiveRun``; set by a key.
    """

    paused: bool

    @property
    def backend(self) -> Backend | None:
        """What scores; None while it is loaded."""
        ...

    @property
    def newest(self) -> Frame | None:
        """The frame to show."""
        ...

    @property
    def latest(self) -> LatestResult | None:
        """The newest moment analysed."""
        ...

    @property
    def over(self) -> bool:
        """Nothing more is taken; what was is still being written."""
        ...

    @property
    def every(self) -> int:
        """Of so many frames one is analysed, on purpose."""
        ...

    @property
    def fps(self) -> float:
        """Frames analysed a second."""
        ...

    @property
    def saved(self) -> int:
        """Pictures saved so far."""
        ...

    @property
    def save_state(self) -> SaveState:
        """How saving goes."""
        ...

    def capture(self, frame: Frame) -> None:
        """Save the best moment up to this frame."""
        ...

    def capture_exactly(self, frame: Frame) -> None:
        """Save this frame."""
        ...
