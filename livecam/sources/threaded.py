"""The reader thread: a reader takes pictures from a device or file, and a queue keeps them until they are asked for.

A reader (``camera_reader``, ``file_reader``) does one step at a time and never sleeps, so that tests step it with a
scripted device and clock; the thread around it is ``ThreadedSource``.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from typing import Protocol

from livecam.closing import Closing
from livecam.sources.health import Health, StreamStats
from livecam.types import Frame

# What may be decoded ahead at pace FAST: four frames, or one of 4K (25 MB). Set by hand.
AHEAD, AHEAD_BYTES = 4, 40_000_000
# How long close() waits for a read that hangs in the driver; the thread then cleans up alone. Set by hand.
CLOSE_S = 1.5


class Clock(Protocol):
    """Time, as the reader thread sees it; injectable."""

    def now(self) -> float:
        """Seconds, as of ``time.monotonic``."""

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait so long or until stop is set; True when it is set."""


class MonotonicClock:
    """The real clock."""

    def now(self) -> float:
        """Seconds of ``time.monotonic``."""
        return time.monotonic()

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait so long or until stop is set; True when it is set."""
        return stop.wait(seconds)


class FrameQueue:
    """Frames between the reader thread and whoever analyses them.

    size, most_bytes: how many frames are kept, and what more than one may take together.  newest_only: a full queue
    drops its oldest frame and counts it; otherwise ``put`` returns when there is room for another.
    """

    def __init__(self, size: int, *, newest_only: bool, most_bytes: float = math.inf) -> None:
        self._frames: deque[Frame] = deque()
        self._size = size
        self._most_bytes = most_bytes
        self._newest_only = newest_only
        self._changed = threading.Condition()
        self._closed = self._finished = False
        self._error: Exception | None = None
        self._taken = self._dropped = 0
        self._wanted = False  # until somebody takes frames, what a camera replaces is not lost by us

    def put(self, frame: Frame) -> None:
        """Offer a frame; does nothing once closed."""
        with self._changed:
            while self._newest_only and len(self._frames) >= self._size:
                self._frames.popleft()
                self._dropped += self._wanted
            if not self._closed:
                self._frames.append(frame)
                self._changed.notify_all()
            if not self._newest_only:
                # Before the next is decoded, which would be one more.
                self._changed.wait_for(lambda: self._has_room(frame.image.nbytes))  # close() makes it

    def _has_room(self, more_bytes: int) -> bool:
        waiting_bytes = sum(frame.image.nbytes for frame in self._frames)
        return not self._frames or (len(self._frames) < self._size and waiting_bytes + more_bytes <= self._most_bytes)

    def drop(self) -> None:
        """Count a picture that came but is not worth keeping."""
        with self._changed:
            self._dropped += self._wanted

    def peek(self) -> Frame | None:
        """Return the newest frame that waits, without taking it."""
        with self._changed:
            return self._frames[-1] if self._frames else None

    def take(self, timeout_s: float) -> Frame | None:
        """Return the next frame; None when none comes in time or none will come. Raises what ended the reader, once.

        Counting begins with the first call: what came and went before it is neither read nor dropped.
        """
        with self._changed:
            self._wanted = True
            self._changed.wait_for(lambda: self._frames or self._finished or self._closed, timeout_s)
            if self._frames:
                self._taken += 1
                frame = self._frames.popleft()
                self._changed.notify_all()
                return frame
            error, self._error = self._error, None
            if error is not None and not self._closed:
                raise error
            return None

    def finish(self, error: Exception | None = None) -> None:
        """Mark the end: what waits can still be taken, then error is raised."""
        with self._changed:
            self._finished, self._error = True, error
            self._changed.notify_all()

    def close(self) -> None:
        """Let go of what waits (frames of a camera then count as dropped) and wake both sides."""
        with self._changed:
            if self._newest_only and self._wanted:
                self._dropped += len(self._frames)
            self._frames.clear()
            self._closed = True
            self._changed.notify_all()

    @property
    def ended(self) -> bool:
        """True when nothing more can be taken and no error waits to be raised."""
        with self._changed:
            return self._closed or (self._finished and not self._frames and self._error is None)

    @property
    def read(self) -> int:
        """Frames that came. What is merely decoded ahead does not count, so that a run gives the same figure again."""
        with self._changed:
            return self._taken + self._dropped + (len(self._frames) if self._newest_only and self._wanted else 0)

    @property
    def dropped(self) -> int:
        """Frames that came and were never taken."""
        with self._changed:
            return self._dropped


class FrameReader(Protocol):
    """What the reader thread does, one step at a time; ``CameraReader`` and ``FileReader`` are the real ones."""

    def step(self, out: FrameQueue) -> float | None:
        """Put one frame at most into out. Return seconds until the next step, None at the end. Raises SourceError."""

    def health(self) -> Health:
        """How it is doing now."""

    def stream_stats(self) -> StreamStats | None:
        """What really comes, measured; None of a file."""

    def release(self) -> None:
        """Give the device or file back."""


class ThreadedSource(Closing):
    """A reader in its own thread, read through a queue. See ``livecam.sources.source.Source`` for the contract.

    at_once: begin to read now, as a camera must be or its pictures grow old; else with the first ``read``.
    """

    def __init__(
        self, name: str, reader: FrameReader, *, live: bool, newest_only: bool, clock: Clock, at_once: bool = True
    ) -> None:
        self.name = name
        self.live = live
        self._reader = reader
        self._clock = clock
        self._out = FrameQueue(1 if newest_only else AHEAD, newest_only=newest_only, most_bytes=AHEAD_BYTES)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"livecam {name}", daemon=True)
        self._started = threading.Lock()  # taken for good by whoever starts the thread
        if at_once:
            self._start()

    @property
    def health(self) -> Health:
        """ENDED only when the last frame was read."""
        return Health.ENDED if self._out.ended else self._reader.health()

    @property
    def frames_read(self) -> int:
        """Frames that the device or file delivered."""
        return self._out.read

    @property
    def frames_dropped(self) -> int:
        """Frames that were delivered and never read."""
        return self._out.dropped

    @property
    def stream_stats(self) -> StreamStats | None:
        """What the camera really gives; None of a file."""
        return self._reader.stream_stats()

    def peek(self) -> Frame | None:
        """Return the newest picture of a camera that nobody has read yet."""
        return self._out.peek()

    def read(self, timeout_s: float = 1.0) -> Frame | None:
        """Return the next frame; None when nothing new came in time, or after the end. SourceError: see ``Source``."""
        self._start()
        return self._out.take(timeout_s)

    def close(self) -> None:
        """Stop reading, within CLOSE_S even if a driver hangs. May be called again."""
        self._stop.set()
        self._out.close()
        self._start()  # a file that was never read is given back, too
        self._thread.join(CLOSE_S)

    def _start(self) -> None:
        if self._started.acquire(blocking=False):
            self._thread.start()

    def _run(self) -> None:
        error: Exception | None = None
        try:
            while not self._stop.is_set():
                pause = self._reader.step(self._out)
                if pause is None or (pause > 0 and self._clock.wait(self._stop, pause)):
                    break
        except Exception as e:  # noqa: BLE001  raised again in read(), where somebody sees it
            error = e
        finally:
            self._reader.release()
            self._out.finish(error)
