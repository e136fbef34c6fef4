"""Loads the models in the background, and stands in for the run on the screen until they are there."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import suppress
from types import TracebackType
from typing import Self

from livecam.live.run import LiveRun
from livecam.live.save_state import SaveState
from livecam.pipeline import Analyser
from livecam.sources.source import Source
from livecam.types import Frame


class Loading:
    """An analyser that a thread of its own loads. Leave its context when done with the analyser: that frees it."""

    def __init__(self, load: Callable[[], Analyser]) -> None:
        """Begin to load."""
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="livecam loading")
        self._future: Future[Analyser] = self._pool.submit(_load, load)

    def wait(self, timeout_s: float) -> bool:
        """Wait until it is loaded or has failed, at most timeout_s; True if so."""
        return not wait_for((self._future,), timeout_s).not_done

    def analyser(self) -> Analyser:
        """Return it once it is loaded. Raises what loading it has raised."""
        return self._future.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)
        if self._future.exception() is None:
            self._future.result().close()


def _load(load: Callable[[], Analyser]) -> Analyser:
    analyser = load()
    if sys.platform == "linux":
        # What was needed for a moment, 35 MB, glibc would keep. There are other C libraries, which have no such call.
        with suppress(OSError, AttributeError):
            ctypes.CDLL("libc.so.6").malloc_trim(0)
    return analyser


class Preview:
    """What a camera shows while the models load: a ``livecam.ui.run_view.RunView`` that has analysed nothing."""

    backend = None
    latest = None
    over = False
    every, fps = 1, 0.0
    saved = 0
    save_state = SaveState()

    def __init__(self, source: Source) -> None:
        """Show source."""
        self.paused = False
        self._captured: list[Frame] = []
        self._source = source

    @property
    def newest(self) -> Frame | None:
        """The newest picture of a camera; None of a file, which waits to begin."""
        return self._source.peek()

    def capture(self, frame: Frame) -> None:
        """Remember that this frame is to be saved."""
        self._captured.append(frame)

    capture_exactly = capture  # nothing was analysed that could be better

    def continue_in(self, run: LiveRun) -> None:
        """Let the run that begins do what a person has asked for meanwhile."""
        run.paused = self.paused
        for frame in self._captured:
            run.capture_exactly(frame)
