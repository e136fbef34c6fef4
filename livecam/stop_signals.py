"""Ctrl-C, and how else a program is asked to end: by the system, by a terminal that closes, as often as they like.

Python's own way raises KeyboardInterrupt wherever the main thread happens to be, once for each Ctrl-C: a second one
breaks into the cleaning up after the first, and leaves locks, pictures or the interpreter itself half done.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

# SIGHUP: the terminal was closed, or its connection lost. SIGBREAK: Ctrl-Break, and a console that closes, on Windows.
# SIGQUIT: Ctrl-\. SIGPWR: the power fails. SIGXCPU: a limit is reached. The rest would end a program at once, too.
_NAMES = (
    "SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK", "SIGQUIT", "SIGPWR", "SIGXCPU", "SIGUSR1", "SIGUSR2", "SIGALRM",
)  # fmt: skip
_broken_off: int | None = None  # the code of a signal that has raised where the program happened to be
_Handler = Callable[[int, FrameType | None], Any] | int | None


class StopSignals:
    """While entered, the first such signal ends the program in order, and all others change nothing.

    At first it raises, KeyboardInterrupt after Ctrl-C, else SystemExit; after ``note_only`` it is merely noted, for
    whoever looks at ``code``. A signal that was ignored when the program began (``nohup``) stays ignored. After one
    came, the rest are ignored until the program is gone. Does nothing in another thread than the main one.

    code: what to exit with, 128 and the signal's number (130 after Ctrl-C); None while nobody has asked to end.
    """

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self.code: int | None = None
        self._raises = True
        self._before: dict[int, _Handler] = {}

    def note_only(self) -> None:
        """From now on there is something to save: raise nothing."""
        self._raises = False

    def __enter__(self) -> Self:
        _note_broken_off(None)
        if threading.current_thread() is threading.main_thread():
            for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
                before = signal.getsignal(number)
                if before not in {None, signal.SIG_IGN}:  # None: set by others than Python
                    self._before[number] = before
                    signal.signal(number, self._handle)
        return self

    def __exit__(self, *exception: object) -> None:
        for number, before in self._before.items():
            if self.code is not None:
                signal.signal(number, signal.SIG_IGN)
            elif signal.getsignal(number) is not signal.SIG_IGN:  # by one within this one
                signal.signal(number, before)

    def _handle(self, number: int, _: FrameType | None) -> None:
        if self.code is not None:
            return
        self.code = 128 + number
        if self._raises:
            _note_broken_off(self.code)
        if self._raises and number == signal.SIGINT:
            raise KeyboardInterrupt
        if self._raises:
            raise SystemExit(self.code)


def broken_off() -> int | None:
    """Return what to exit with where a signal has broken into what was done; None if none has.

    Whatever is raised then comes of it: of a library whose loading is broken off "ImportError: initialization failed".
    """
    return _broken_off


def _note_broken_off(code: int | None) -> None:
    global _broken_off  # noqa: PLW0603  a process has one main thread, and one end
    _broken_off = code
