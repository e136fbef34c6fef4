"""The worker as Ray Data sees it: one row in, which holds a plan, one row out, which holds what came of it.

Plans and outcomes go as bytes, so that Ray never looks into rows of an archive, and makes nothing else of them.
"""

from __future__ import annotations

import os
import pickle
import threading
import time
from typing import TYPE_CHECKING

import pyarrow as pa

from livecam import native_logs
from livecam.archive.plan import Outcome, Plan
from livecam.archive.schema import SCHEMA
from livecam.archive.settings import WorkerSettings
from livecam.errors import LivecamError

if TYPE_CHECKING:
    from livecam.archive.worker import PhotoScorer

_COLUMN = "livecam"
_HANGS = 75  # exit code
_LOOK_S = 5.0


def block_of(plan: Plan | Outcome) -> pa.Table:
    """Pack for Ray."""
    return pa.table({_COLUMN: pa.array([pickle.dumps(plan)], pa.large_binary())})


def outcomes_in(block: pa.Table) -> list[Outcome]:
    """Unpack what workers answered."""
    return [pickle.loads(data) for data in block[_COLUMN].to_pylist()]  # noqa: S301  our own workers made it


class RayWorker:
    """Holds the models in a process of its own, and does one plan after the other."""

    def __init__(self, settings: WorkerSettings, photo_limit_s: float, home: str | None = None) -> None:
        """photo_limit_s: the process ends itself when a photo takes longer.  home: see ``ray_data.Pool``."""
        native_logs.hush()
        if home is not None:  # where stores' clients look for keys
            os.environ["HOME"] = home
        self._scorer: PhotoScorer | None = None
        self._failure: str | None = None
        self._began_s: float | None = None
        from livecam.archive.worker import PhotoScorer  # noqa: PLC0415  heavy: OpenCV, ONNX Runtime

        try:
            self._scorer = PhotoScorer(settings)
        except LivecamError as error:
            self._failure = str(error)
        threading.Thread(target=self._watch, args=(photo_limit_s,), name="livecam watchdog", daemon=True).start()

    def __call__(self, block: pa.Table) -> pa.Table:
        """Do the plan in block."""
        (plan,) = (pickle.loads(data) for data in block[_COLUMN].to_pylist())  # noqa: S301  the driver made it
        if self._scorer is None:
            return block_of(Outcome(plan.number, SCHEMA.empty_table(), failure=self._failure))
        self._began_s = time.monotonic()
        try:
            return block_of(self._scorer.score(plan))
        finally:
            self._began_s = None

    def _watch(self, limit_s: float) -> None:
        """End the process when it stands still: only that ends a decoder that hangs."""
        done = -1
        since_s = time.monotonic()
        while True:
            time.sleep(min(_LOOK_S, limit_s))
            now_done = self._scorer.done if self._scorer is not None else 0
            if self._began_s is None or now_done != done:
                done, since_s = now_done, time.monotonic()
            elif time.monotonic() - since_s > limit_s:
                os._exit(_HANGS)
