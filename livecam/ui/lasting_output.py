"""Output that may lose its reader: a closed pipe or terminal ends what is printed, never the camera."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO


class LastingOutput:
    """A text stream that says nothing more once nobody is there to read it.

    on_end: called once, when that is found out.
    """

    def __init__(self, stream: Callable[[], TextIO], on_end: Callable[[], None] = lambda: None) -> None:
        """Write to what stream gives, such as ``sys.stderr`` as it is then."""
        self._stream = stream
        self._on_end = on_end
        self._gone = False

    @property
    def encoding(self) -> str:
        """Of the stream."""
        return getattr(self._stream(), "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Write text, as long as that works."""
        self._try(lambda: self._stream().write(text))
        return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        self._try(self._stream().flush)

    def isatty(self) -> bool:
        """Whether a person looks at it."""
        return self._stream().isatty()

    def fileno(self) -> int:
        """Number of the file behind it. Raises OSError if there is none."""
        return self._stream().fileno()

    def _try(self, act: Callable[[], object]) -> None:
        if self._gone:
            return
        try:
            try:
                act()
            except BlockingIOError:  # its reader is only slow, and a program that shares it has made it not to wait
                os.set_blocking(self._stream().fileno(), True)
                self._stream().flush()
        except (OSError, ValueError):  # ValueError: it was closed by this program
            self._gone = True
            with suppress(OSError, ValueError):
                # What is left in the buffer would fail once more when Python ends.
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream().fileno())
            self._on_end()


def lasting_stderr() -> LastingOutput:
    """Words for people."""
    return LastingOutput(lambda: sys.stderr)
