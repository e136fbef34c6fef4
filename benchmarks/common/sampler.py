"""Looks at something every few seconds, from beside what is measured."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, Self, TypeVar

_Sample = TypeVar("_Sample")


class Sampler(Generic[_Sample]):
    """Takes a sample every few seconds in a thread of its own while it is entered."""

    def __init__(self, every_s: float, look: Callable[[], _Sample]) -> None:
        """look: takes one."""
        self.samples: list[_Sample] = []
        self._every_s, self._look = every_s, look
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="samples", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._every_s):
            self.samples.append(self._look())
