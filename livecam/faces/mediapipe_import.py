"""What livecam uses of MediaPipe, imported without matplotlib.

MediaPipe's drawing helpers, which livecam has no use for, import it: that takes 0.31 of 0.38 s and 37 of 42 MB.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

__all__ = ["BaseOptions", "Image", "ImageFormat", "vision"]

_PLOTTING = ("matplotlib", "matplotlib.pyplot")


@contextmanager
def _without_plotting() -> Iterator[None]:
    """Let whatever imports matplotlib have an empty module; who imports it later gets the real one."""
    if any(name in sys.modules for name in _PLOTTING):
        yield
        return
    empty = {name: ModuleType(name) for name in _PLOTTING}
    empty["matplotlib"].pyplot = empty["matplotlib.pyplot"]  # type: ignore[attr-defined]
    sys.modules.update(empty)
    try:
        yield
    finally:
        for name in _PLOTTING:
            sys.modules.pop(name)


with _without_plotting():
    from mediapipe import Image, ImageFormat
    from mediapipe.tasks.python import BaseOptions, vision
