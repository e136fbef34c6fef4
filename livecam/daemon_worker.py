"""A thread that does one thing after the other, and that no end of the program waits for.

A disk or a driver may never answer.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

_Done = TypeVar("_Done")


class DaemonWorker:
    """Does what it is given, in order."""

    def __init__(self, name: str, at_end: Callable[[], object] = lambda: None) -> None:
        """Start the thread. at_end: called in it when all is done and it was ended."""
        self._given: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._at_end = at_end
        self._done = 0
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def submit(self, act: Callable[[], _Done]) -> Future[_Done]:
        """Have act done; after ``end`` it never is."""
        done: Future[_Done] = Future()
        self._given.put((act, done))
        return done

    def close(self, hangs_s: float) -> bool:
        """Wait until all is done; False where nothing was for hangs_s seconds. May be called again."""
        self.end()
        while True:
            before = self._done
            if self.ends_within(hangs_s):
                return True
            if self._done == before:
                return False

    def end(self) -> None:
        """Take nothing more. May be called again."""
        self._given.put(None)

    def ends_within(self, seconds: float) -> bool:
        """Wait so long at the most; whether the thread has ended."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        try:
            while (given := self._given.get()) is not None:
                act, done = given
                try:
                    done.set_result(act())
                except BaseException as error:  # noqa: BLE001  raised again by whoever asks for the result
                    done.set_exception(error)
                del given, act, done  # an error refers to this call, which must not refer to it in turn
                self._done += 1
        finally:
            self._at_end()


def in_daemon_thread(act: Callable[[], _Done], name: str) -> Future[_Done]:
    """Have one thing done in a thread of its own."""
    worker = DaemonWorker(name)
    done = worker.submit(act)
    worker.end()
    return done
