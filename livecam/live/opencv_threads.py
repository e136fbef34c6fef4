"""OpenCV's own threads, of which a run wants few: its steps run beside each other already.

OpenCV cuts each larger picture into a strip for each processor. Where all of them have work, waking the others for a
strip of a tenth of a millisecond costs more than it saves.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import cv2

from livecam.cores import usable_cores

# Processors for each thread that OpenCV may use. On two, one thread instead of two spares 0.2 to 0.5 of 20 ms of
# processor time a frame of 720p; above that set by hand.
_PROCESSORS_A_THREAD = 4


@contextmanager
def few_opencv_threads() -> Iterator[None]:
    """Let OpenCV use few threads, and as many as before afterwards."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(max(usable_cores() // _PROCESSORS_A_THREAD, 1))
    try:
        yield
    finally:
        cv2.setNumThreads(before)
