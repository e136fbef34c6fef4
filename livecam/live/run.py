"""The threads of a run over a stream: read, find, decide, save.

Each hands on to the next by a queue, so a frame is read, another searched for faces, a third scored and a fourth
written at the same time; MediaPipe, ONNX Runtime and OpenCV all let other threads run meanwhile. Each works in order,
so a file gives the same result each time. What is done to a frame, and in which order, is ``livecam.pipeline``'s.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from livecam.daemon_worker import in_daemon_thread
from livecam.errors import OutputError, SourceError
from livecam.live.found_queue import Found, FoundQueue
from livecam.live.frame_feed import POLL_S, FrameFeed
from livecam.live.manual_capture import ManualCapture
from livecam.live.opencv_threads import few_opencv_threads
from livecam.live.save_queue import SaveQueue, Saver
from livecam.live.save_state import SaveState
from livecam.live.summary import FrameTimes, Summary
from livecam.pipeline import Analyser, StreamSteps
from livecam.shutter.decision import Decision
from livecam.shutter.lookback import LookBack
from livecam.sources.source import Source
from livecam.storage.album import Shot
from livecam.types import Frame, Moment


@dataclass(frozen=True, slots=True, eq=False)
class LatestResult:
    """The newest moment that is fully analysed and what the shutter made of it."""

    moment: Moment
    decision: Decision


class LiveRun:
    """Runs a source through all steps while it is entered as a context.

    Of a live source only the newest frame is analysed and the others are counted as dropped; of any other every
    frame is. Its owner's thread shows ``newest`` and ``latest``, fetches ``new_shots``, and may ``capture``.
    """

    def __init__(
        self, source: Source, steps: StreamSteps, album: Saver, spare: Saver | None = None,
        lookback: LookBack | None = None, give_up_s: float | None = None,
    ) -> None:  # fmt: skip
        """Borrow the parts, to be closed after this has been left.

        spare: takes what album cannot write.  lookback: see ``ManualCapture``.  give_up_s: see ``FrameFeed``.
        """
        self._stop = threading.Event()
        self._feed = FrameFeed(source, self._stop, give_up_s)
        self._source = source
        self._steps = steps
        self._found = FoundQueue(self._stop, live=source.live)
        self._save_queue = SaveQueue(album, spare)
        self._manual = ManualCapture(self._save_queue, lookback, self._feed.ask_for)
        self._times = FrameTimes()
        self._latest: LatestResult | None = None
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="livecam")
        self._threads: tuple[Future[None], ...] = ()
        self._opencv_threads = few_opencv_threads()

    def __enter__(self) -> Self:
        self._opencv_threads.__enter__()
        later = (self._find, self._decide, self._save_queue.develop)
        steps = (self._pool.submit(self._feed.run), *(self._pool.submit(self._or_stop, work) for work in later))
        self._threads = (*steps, in_daemon_thread(lambda: self._or_stop(self._save_queue.write), "livecam write"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._pool.shutdown(wait=True)
        self._opencv_threads.__exit__(None, None, None)
        self._wait_for_all()

    @property
    def paused(self) -> bool:
        """Frames are shown but neither analysed nor, other than by hand, taken; a file waits. May be set any time."""
        return self._feed.paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        self._feed.paused = paused

    @property
    def over(self) -> bool:
        """Nothing more is taken; what was is still being written."""
        return self._save_queue.ended

    @property
    def backend(self) -> Analyser:
        """What knows on what the scorer runs."""
        return self._steps.analyser

    @property
    def newest(self) -> Frame | None:
        """The frame to show: of a live source the newest read, else the newest analysed."""
        if self._source.live:
            return self._feed.newest
        return self._latest.moment.frame if self._latest is not None else None

    @property
    def latest(self) -> LatestResult | None:
        """The newest moment analysed."""
        return self._latest

    @property
    def saved(self) -> int:
        """Pictures saved so far."""
        return len(self._save_queue.saved)

    @property
    def save_state(self) -> SaveState:
        """How saving goes: whether the disk takes what it gets."""
        return self._save_queue.state

    @property
    def analysed(self) -> int:
        """Frames analysed so far."""
        return self._times.analysed

    @property
    def every(self) -> int:
        """Of so many frames of a live source one is analysed, on purpose: this computer is too slow for all."""
        return self._feed.thinning.every

    @property
    def fps(self) -> float:
        """Frames analysed a second, over the last few."""
        return self._times.fps

    def capture(self, frame: Frame) -> None:
        """Save the best moment up to this frame, as far as the look-back reaches; without one the frame itself."""
        self._manual.press(frame, paused=self.paused)

    def capture_exactly(self, frame: Frame) -> None:
        """Save this frame, whatever the trigger and the checks say; with its score if it was or will be analysed."""
        self._manual.press(frame, exactly=True, paused=self.paused)

    def new_shots(self) -> list[Shot]:
        """Return the pictures saved since the last call, in order."""
        return self._save_queue.new_shots()

    def wait(self, timeout_s: float) -> bool:
        """Wait until all is done, at most timeout_s; True if it is (or has failed: see finish)."""
        return not wait_for(self._threads, timeout_s).not_done

    def stop(self) -> None:
        """Read no more; pictures that were taken are still saved."""
        self._stop.set()

    def finish(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Wait until the last picture is saved. Raises what the source or a step has raised, or OutputError.

        meanwhile: done every POLL_S.
        """
        if (hanging := self._wait_for_all(meanwhile)) is not None:
            raise hanging
        for thread in self._threads:
            thread.result()

    def summary(self, warm_up: int = 0) -> Summary:
        """Return what was done so far, in numbers. warm_up: so many frames do not count for the latency."""
        frames_read, analysed = self._source.frames_read, self.analysed  # once: a camera goes on
        return Summary(
            frames_read=frames_read,
            frames_analysed=analysed,
            frames_dropped=frames_read - analysed - self._feed.read_in_pause,
            frames_left_out=self._feed.left_out,
            fps=self._times.fps_since(self._feed.started_s),
            latency=self._times.latency(warm_up),
            provider=self.backend.provider,
            shots=tuple(self._save_queue.saved),
            stream_stats=self._source.stream_stats,
        )

    def _wait_for_all(self, meanwhile: Callable[[], None] = lambda: None) -> OutputError | None:
        """Wait until all is done; what to raise where only a disk that does not answer is left."""
        while not self.wait(POLL_S):
            meanwhile()
            if all(step.done() for step in self._threads[:-1]) and (error := self._save_queue.hanging) is not None:
                return error
        return None

    def _find(self) -> None:
        try:
            while self._found.wait_for_place() and (turn := self._feed.next()) is not None:
                frame = turn.frame
                if frame is not None:
                    self._found.make_room_for(frame)
                started = time.perf_counter()
                faces = self._steps.find(frame) if frame is not None else ()
                self._found.put(Found(frame, faces, (time.perf_counter() - started) * 1000, turn.alone))
        finally:
            self._found.put(None)

    def _decide(self) -> None:
        try:
            while (found := self._found.take()) is not None:
                if found.frame is None:
                    self._take(self._steps.settle())
                elif found.alone:
                    self._manual.note_asked(self.backend.score_faces(found.frame, found.faces))
                else:
                    started = time.perf_counter()
                    moment, decision = self._steps.decide(found.frame, found.faces)
                    decide_ms = (time.perf_counter() - started) * 1000
                    self._feed.thinning.add_work(found.work_ms, decide_ms)
                    self._publish(moment, decision, found.work_ms + decide_ms)
            self._take(None if self._stop.is_set() else self._steps.flush())
        finally:
            self._manual.end()
            self._save_queue.end()

    def _take(self, decision: Decision | None) -> None:
        """Save what the shutter took when no frame came."""
        if decision is not None and decision.peak is not None and self._latest is not None:
            self._save_queue.put(decision.peak, self._latest.moment.t_ms)
            self._manual.note_taken(decision.peak)

    def _publish(self, moment: Moment, decision: Decision, work_ms: float) -> None:
        now_s = time.monotonic()
        if decision.peak is not None:
            self._save_queue.put(decision.peak, moment.t_ms)
            self._manual.note_taken(decision.peak)
        self._latest = LatestResult(moment, decision)
        self._times.add(now_s, (now_s - moment.frame.captured_s) * 1000 if self._source.live else work_ms)
        self._manual.note(moment)

    def _or_stop(self, work: Callable[[], None]) -> None:
        try:
            work()
        except SourceError:  # of a file: what was read before is still finished
            raise
        except BaseException:
            self._stop.set()
            raise
