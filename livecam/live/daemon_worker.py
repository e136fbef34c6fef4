"""A thread that does one thing after the other, and that no end of the program waits for: a disk may never answer."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

_Done = TypeVar("_Done")


class DaemonWorker:
    """Does what it is given, in order."""

    def __init__(self, name: str) -> None:
        """Start the thread."""
        self._given: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._done = 0
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def submit(self, act: Callable[[], _Done]) -> Future[_Done]:
        """Have act done; after ``close`` it never is."""
        done: Future[_Done] = Future()
        self._given.put((act, done))
        return done

    def close(self, hangs_s: float) -> bool:
        """Wait until all is done; False where nothing was for hangs_s seconds. May be called again."""
        self._given.put(None)
        while True:
            before = self._done
            self._thread.join(hangs_s)
            if not self._thread.is_alive():
                return True
            if self._done == before:
                return False

    def _work(self) -> None:
        while (given := self._given.get()) is not None:
            act, done = given
            try:
                done.set_result(act())
            except BaseException as error:  # noqa: BLE001  raised again by whoever asks for the result
                done.set_exception(error)
            self._done += 1
