"""Keeps what native libraries log away from the terminal.

MediaPipe (absl and TensorFlow Lite), ONNX Runtime, OpenCV, FFmpeg and Qt write straight to file descriptor 2,
each with its own switches, some before any switch can be reached. So the descriptor itself is taken away
from them: it leads to the null device, and Python's ``sys.stderr`` moves to a copy of the real one, which
keeps rich's progress bars, tracebacks and fatal errors (``faulthandler``) on the terminal.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import warnings


def hold_streams() -> None:
    """Let standard streams that were closed when the program began lead to the null device. To be called first.

    The next files that are opened would get their numbers: a library that prints would print into a picture. Standard
    input stays None for Python, so that it is known to be closed.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this one
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w", encoding="utf-8", closefd=False))


def hush() -> None:
    """Silence native libraries, Python warnings and log records for the rest of the process.

    Leaves ``sys.stderr`` on the real stderr, a terminal if it was one. Call it once, before a heavy import.
    """
    warnings.simplefilter("ignore")
    logging.getLogger().addHandler(logging.NullHandler())  # or Python prints unhandled records to stderr
    try:
        real = os.dup(2)
    except OSError:  # started with stderr closed: nobody listens
        real = os.open(os.devnull, os.O_WRONLY)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    encoding = sys.stderr.encoding if sys.stderr else "utf-8"
    sys.stderr = os.fdopen(real, "w", buffering=1, encoding=encoding, errors="backslashreplace")
    faulthandler.enable(sys.stderr)


def speak() -> None:
    """Let everything through to stderr: native logs, Python warnings and log records."""
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    faulthandler.enable()
