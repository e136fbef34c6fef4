"""The pictures just taken, and what a person does with them: rate, put away, bring back.

The disk may be slow, and the screen must not wait for it: files are touched in a thread of its own, one thing after
the other, and what came of it is told later.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from livecam.closing import Closing
from livecam.errors import OutputError
from livecam.storage.album import Shot
from livecam.storage.disk_errors import why
from livecam.storage.durable import move_without_overwriting
from livecam.storage.ratings import Ratings
from livecam.types import UInt8Array

AWAY = "deleted"
_SMALL, _SMALL_KEPT = 480, 8  # pixels on the longer side; how many are shown at most, and some to delete


@dataclass(slots=True, eq=False)
class Taken:
    """A picture. path: where it is now.  small: of it, uint8 (h, w, 3) RGB, None once newer ones have pushed it out.

    rating: 1..5, None before it is rated.
    """

    path: Path
    small: UInt8Array | None
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What came of a wish. event: "rated", "deleted" or "restored"; "failed" with the words for the person."""

    event: str
    taken: Taken
    words: str


class RecentShots(Closing):
    """Newest picture first. Use it from one thread, that of the screen; close it, or leave its context, at the end."""

    def __init__(self, folder: Path) -> None:
        """Borrow folder, where the pictures are."""
        self._folder = folder
        self._ratings = Ratings(folder)
        self._thumbnails: list[Taken] = []
        self._away: list[Taken] = []
        self._jobs: deque[tuple[Future[str], str, Taken, Callable[[], None]]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="livecam desk")

    @property
    def last(self) -> Taken | None:
        """The newest picture that was not put away."""
        return self._thumbnails[0] if self._thumbnails else None

    @property
    def thumbnails(self) -> list[Taken]:
        """The newest pictures that can be shown small, newest first."""
        return [taken for taken in self._thumbnails[:_SMALL_KEPT] if taken.small is not None]

    @property
    def put_away(self) -> int:
        """Pictures put away and not brought back."""
        return len(self._away)

    def add(self, shot: Shot) -> None:
        """Lay a picture on the desk."""
        self._thumbnails.insert(0, Taken(shot.path, _small(shot.peak.frame.image)))
        for old in self._thumbnails[_SMALL_KEPT:]:
            old.small = None

    def rate(self, rating: int) -> None:
        """Rate the newest picture, 1..5; it may be rated again."""
        if (taken := self.last) is None:
            return
        before, taken.rating = taken.rating, rating

        def undo() -> None:
            taken.rating = before

        self._do("rated", taken, lambda: self._rate(taken, rating), undo)

    def delete(self) -> None:
        """Move the newest picture into the folder's subfolder "deleted"; the one before is then the newest."""
        if (taken := self.last) is None:
            return
        self._to_away(taken)
        self._do("deleted", taken, lambda: self._move(taken, self._folder / AWAY), lambda: self._to_desk(taken))

    def restore(self) -> None:
        """Bring back the picture that was put away last."""
        if not self._away:
            return
        taken = self._away[-1]
        self._to_desk(taken)
        self._do("restored", taken, lambda: self._move(taken, self._folder), lambda: self._to_away(taken))

    def results(self) -> list[ActionResult]:
        """Return what came of what was asked for, since the last call; what has failed is as it was before."""
        told = []
        while self._jobs and self._jobs[0][0].done():
            job, event, taken, undo = self._jobs.popleft()
            try:
                told.append(ActionResult(event, taken, job.result()))
            except OutputError as error:
                undo()
                told.append(ActionResult("failed", taken, str(error)))
        return told

    def close(self) -> None:
        """Wait until all is done. May be called again."""
        self._thread.shutdown(wait=True)

    def _do(self, event: str, taken: Taken, job: Callable[[], str], undo: Callable[[], None]) -> None:
        self._jobs.append((self._thread.submit(job), event, taken, undo))

    def _to_away(self, taken: Taken) -> None:
        self._thumbnails.remove(taken)
        self._away.append(taken)

    def _to_desk(self, taken: Taken) -> None:
        self._away.remove(taken)
        self._thumbnails.insert(0, taken)

    def _rate(self, taken: Taken, rating: int) -> str:
        self._ratings.rate(taken.path, rating)
        return f"Rated {rating} of 5"

    def _move(self, taken: Taken, folder: Path) -> str:
        source, target = taken.path, folder / taken.path.name
        self._ratings.move(source, target)
        try:
            folder.mkdir(exist_ok=True)
            move_without_overwriting(source, target)
        except OSError as error:
            self._ratings.move(target, source)
            raise OutputError(f"{source} stays where it is: {why(error)}") from error
        taken.path = target
        return "Brought back" if folder == self._folder else f"Moved to {target.parent}"


def _small(image: UInt8Array) -> UInt8Array:
    scale = min(_SMALL / max(image.shape[:2]), 1.0)
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
