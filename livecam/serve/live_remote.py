"""Ties a run to its browsers: the thread of the main loop gives what is new, and does what they have asked for."""

from __future__ import annotations

import asyncio
import math
import queue
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livecam.closing import Closing
from livecam.live.recent_shots import ActionResult, RecentShots
from livecam.serve.limits import ServerLimits
from livecam.serve.live_shots import LiveShots
from livecam.serve.live_state import Snapshot, state_of
from livecam.serve.picture_thread import PictureThread, as_json
from livecam.serve.viewers import Picture, Viewers
from livecam.shutter.shutter_control import ShutterControl
from livecam.sources.source import Source
from livecam.storage.album import Shot
from livecam.types import Moment
from livecam.ui.run_view import RunView

_ANSWER_S = 5.0  # for which the main loop may take to do what is asked; set by hand
_MOST_WAITING = 32  # orders; set by hand
Order = Callable[[RunView], dict[str, Any]]
Call = Callable[[Callable[[], None]], None]


class RefusedOrderError(Exception):
    """It cannot be done now; the message says why."""


class BusyError(Exception):
    """Too much is asked at once, or the run has ended."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    order: Order
    done: asyncio.Future[dict[str, Any]]


class LiveRemote(Closing):
    """A watcher of a run (``livecam.ui.main_loop.Watcher``) for its browsers.

    viewers: who watches, for the server's thread.  shots: the pictures of this run.
    """

    def __init__(
        self,
        source: Source,
        control: ShutterControl,
        recent_shots: RecentShots,
        folders: tuple[Path, ...],
        call: Call,
        limits: ServerLimits,
        *,
        message: str | None = None,
    ) -> None:
        """Borrow the parts.

        folders: the only ones that pictures are read from.  call: has something done in the server's thread.
        message: what is to be known throughout.
        """
        self.viewers = Viewers(limits)
        self.shots = LiveShots(folders)
        self.control = control
        self.recent_shots = recent_shots
        self._source, self._call, self._message = source, call, message
        self._orders: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        self._fired_t_ms: float | None = None
        self._taken: Moment | None = None
        self._now: Snapshot | None = None
        self._closed = False
        self._pictures = PictureThread(lambda: self.viewers.wanted, self._publish)

    def refresh(self, run: RunView) -> bool:
        """Do what was asked for, and let what is new be shown. Never ends the run."""
        with suppress(queue.Empty):
            while True:
                self._do(self._orders.get_nowait(), run)
        self._now = self._look(run)
        self._pictures.offer(self._now)
        return True

    def show_shot(self, shot: Shot) -> None:
        """Tell of a picture that was saved."""
        self._fired_t_ms, self._taken = shot.fired_t_ms, shot.peak
        shown = self.recent_shots.last
        if shown is not None:
            self._tell("shot", self.shots.add(shot, shown).as_json())

    def show_result(self, result: ActionResult) -> None:
        """Tell what came of an action."""
        served = self.shots.apply(result)
        if served is not None:
            self._tell(result.event, {**served.as_json(), "message": result.message})

    def state(self) -> dict[str, Any]:
        """Return what is to be known of the run. For any thread. Raises BusyError before there is anything."""
        if (now := self._now) is None:
            raise BusyError
        return state_of(now)

    async def order(self, order: Order) -> dict[str, Any]:
        """Have order done in the thread of the main loop, and return its answer. For the server's thread.

        Raises RefusedOrderError, or BusyError.
        """
        if self._closed or self._orders.qsize() >= _MOST_WAITING:
            raise BusyError
        done: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._orders.put(_Waiting(order, done))
        try:
            return await asyncio.wait_for(done, _ANSWER_S)
        except TimeoutError as error:
            raise BusyError from error

    def close(self) -> None:
        """Take no more orders, and show nothing more. May be called again."""
        self._closed = True
        self._call(self.viewers.close)
        self._pictures.close()

    def _do(self, waiting: _Waiting, run: RunView) -> None:
        if waiting.done.cancelled():  # nobody waits for it any more
            return
        answer: dict[str, Any] | None = None
        refused: RefusedOrderError | None = None
        try:
            answer = waiting.order(run)
        except RefusedOrderError as error:
            refused = error

        def tell() -> None:
            if waiting.done.done():
                return
            if answer is not None:
                waiting.done.set_result(answer)
            else:
                waiting.done.set_exception(refused or BusyError())

        self._call(tell)

    def _look(self, run: RunView) -> Snapshot:
        latest, backend, missed = run.latest, run.backend, self._source.stream_stats
        age_s = time.monotonic() - latest.moment.frame.captured_s if latest is not None and self._source.live else 0.0
        since_ms = math.inf
        if latest is not None and self._fired_t_ms is not None and latest.moment.t_ms >= self._fired_t_ms:
            since_ms = latest.moment.t_ms - self._fired_t_ms
        return Snapshot(
            newest=run.newest,
            latest=latest,
            health=self._source.health,
            provider=backend.provider if backend is not None else None,
            fallback=backend.fallback if backend is not None else None,
            fps=run.fps,
            pictures=max(run.saved - self.recent_shots.deleted, 0),
            message=run.save_state.message or self._message or (missed.missed if missed is not None else None),
            auto=self.control.auto,
            paused=run.paused,
            shift=self.control.shift,
            counting=self.control.counting,
            age_ms=age_s * 1000,
            since_shot_ms=since_ms,
            taken=self._taken,
            busy=run.every > 1 or not self._source.live,  # a file is analysed as fast as it goes
        )

    def _publish(self, picture: Picture | None, state: str) -> None:
        self._call(lambda: self.viewers.publish(picture, state))

    def _tell(self, event: str, about: dict[str, Any]) -> None:
        note = as_json({"event": event, **about})
        self._call(lambda: self.viewers.tell(note))
