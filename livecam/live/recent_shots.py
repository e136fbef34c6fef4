"""The pictures just taken, and what a person does with them: rate, delete, restore.

The disk may be slow, and the screen must not wait for it: files are touched in a thread of its own, one thing after
the other, and the results are fetched later.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from livecam.closing import Closing
from livecam.daemon_worker import DaemonWorker
from livecam.errors import OutputError
from livecam.storage.album import Shot, shrunk
from livecam.storage.disk_errors import why
from livecam.storage.durable import move_without_overwriting
from livecam.storage.ratings import Ratings
from livecam.types import UInt8Array

DELETED_FOLDER = "deleted"
HANGS_S = 30.0  # an action that takes so long will never end, as on a disk whose server is gone; set by hand
_THUMBNAILS_KEPT = 8  # as many as are shown at most, and some to delete


@dataclass(slots=True, eq=False)
class RecentShot:
    """A picture. path: where it is now.  thumbnail: uint8 (h, w, 3) RGB, None once newer pictures have pushed it out.

    rating: 1..5, None before it is rated.  written: the same on the disk, which may lag behind.
    """

    path: Path
    thumbnail: UInt8Array | None
    rating: int | None = None
    written: int | None = None


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What came of a person's action on a picture.

    event: "rated", "deleted", "restored" or "failed".  message: the same for the person, one line.
    """

    event: str
    shot: RecentShot
    message: str


class Pupil(Protocol):
    """Learns from what a person does with pictures; ``livecam.live.lessons.RunLessons`` is the real one.

    It is told in the thread that touches the files, once they were. Each may raise OutputError.
    """

    def taken(self, shot: Shot) -> None:
        """A picture is there."""
        ...

    def rated(self, path: Path, rating: int) -> None:
        """It was rated, 1..5."""
        ...

    def moved(self, path: Path, *, deleted: bool) -> None:
        """It was thrown out, or brought back. path: where it is now."""
        ...

    def end(self) -> None:
        """Nothing more will come."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class _Action:
    """One that is under way. done: gives the message, or raises OutputError.  undo: what to do then."""

    event: str
    shot: RecentShot
    done: Future[str]
    undo: Callable[[], None]


class RecentShots(Closing):
    """Newest picture first. Use it from one thread, that of the screen; close it, or leave its context, at the end."""

    def __init__(self, folder: Path, hangs_s: float = HANGS_S) -> None:
        """Borrow folder, where the pictures are. hangs_s: at the end nothing that takes longer is waited for."""
        self._folder = folder
        self._ratings = Ratings(folder)
        self._shots: list[RecentShot] = []
        self._deleted: list[RecentShot] = []
        self._actions: deque[_Action] = deque()
        self._thread = DaemonWorker("livecam recent shots")
        self._hangs_s, self._hangs = hangs_s, False
        self._pupil: Pupil | None = None
        self._not_learned: list[str] = []
        self._closed = False

    def teach(self, pupil: Pupil) -> None:
        """Let pupil learn from what is done from now on."""
        self._pupil = pupil

    @property
    def last(self) -> RecentShot | None:
        """The newest picture that was not deleted."""
        return self._shots[0] if self._shots else None

    @property
    def with_thumbnail(self) -> list[RecentShot]:
        """The newest pictures that can be shown small, newest first."""
        return [shot for shot in self._shots[:_THUMBNAILS_KEPT] if shot.thumbnail is not None]

    @property
    def deleted(self) -> int:
        """How many pictures were deleted and not restored."""
        return len(self._deleted)

    @property
    def taken(self) -> int:
        """How many pictures there were, with the deleted ones."""
        return len(self._shots) + len(self._deleted)

    def add(self, shot: Shot) -> None:
        """Add a picture, the newest."""
        self._shots.insert(0, RecentShot(shot.path, shrunk(shot.peak.frame.image)))
        for old in self._shots[_THUMBNAILS_KEPT:]:
            old.thumbnail = None
        if (pupil := self._pupil) is not None:
            self._thread.submit(lambda: self._learned(lambda: pupil.taken(shot)))

    def rate(self, rating: int, shot: RecentShot | None = None) -> None:
        """Rate a picture, 1..5, the newest if none is named; it may be rated again. Does nothing with a deleted one."""
        shot = shot or self.last
        if shot is None or shot not in self._shots:
            return
        shot.rating = rating

        def undo() -> None:
            if not any(action.shot is shot and action.event == "rated" for action in self._actions):  # a later one
                shot.rating = shot.written

        self._start("rated", shot, lambda: self._rate(shot, rating), undo)

    def delete(self, shot: RecentShot | None = None) -> None:
        """Move a picture, the newest if none is named, into the folder's subfolder "deleted"; it is listed no more."""
        shot = shot or self.last
        if shot is None or shot not in self._shots:
            return
        self._list_as_deleted(shot)
        self._start(
            "deleted", shot, lambda: self._move(shot, self._folder / DELETED_FOLDER), lambda: self._list_again(shot)
        )

    def restore(self) -> None:
        """Move the picture that was deleted last back into the folder."""
        if not self._deleted:
            return
        shot = self._deleted[-1]
        self._list_again(shot)
        self._start("restored", shot, lambda: self._move(shot, self._folder), lambda: self._list_as_deleted(shot))

    def results(self) -> list[ActionResult]:
        """Return what came of the actions that have ended since the last call; what has failed is as it was before."""
        results = []
        while self._actions and self._actions[0].done.done():
            action = self._actions.popleft()
            try:
                results.append(ActionResult(action.event, action.shot, action.done.result()))
            except OutputError as error:
                action.undo()
                results.append(ActionResult("failed", action.shot, str(error)))
        while self._hangs and self._actions:
            action = self._actions.pop()
            action.undo()
            results.append(ActionResult("failed", action.shot, f"not {action.event}: the disk does not answer"))
        if not self._actions and self._not_learned and (shot := self.last or next(iter(self._deleted), None)):
            results.append(ActionResult("failed", shot, self._not_learned.pop()))
        return results

    def close(self) -> None:
        """Wait until all is done, or nothing is for hangs_s. May be called again."""
        if (pupil := self._pupil) is not None and not self._closed:
            self._thread.submit(lambda: self._learned(pupil.end))
        self._closed = True
        self._hangs = self._hangs or not self._thread.close(self._hangs_s)

    def _start(self, event: str, shot: RecentShot, act: Callable[[], str], undo: Callable[[], None]) -> None:
        self._actions.append(_Action(event, shot, self._thread.submit(act), undo))

    def _list_as_deleted(self, shot: RecentShot) -> None:
        self._shots.remove(shot)
        self._deleted.append(shot)

    def _list_again(self, shot: RecentShot) -> None:
        self._deleted.remove(shot)
        self._shots.insert(0, shot)

    def _rate(self, shot: RecentShot, rating: int) -> str:
        self._ratings.rate(shot.path, rating)
        shot.written = rating
        if (pupil := self._pupil) is not None:
            self._learned(lambda: pupil.rated(shot.path, rating))
        return f"Rated {rating} of 5"

    def _learned(self, tell: Callable[[], None]) -> None:
        """Tell the pupil; what it cannot keep is said once, and is no failure of what the person did."""
        try:
            tell()
        except OutputError as error:
            if not self._not_learned:
                self._not_learned.append(f"not learned from: {error}")

    def _move(self, shot: RecentShot, folder: Path) -> str:
        source, target = shot.path, folder / shot.path.name
        self._ratings.move(source, target)
        try:
            folder.mkdir(exist_ok=True)
            move_without_overwriting(source, target)
        except OSError as error:
            self._ratings.move(target, source)
            raise OutputError(f"{source} stays where it is: {why(error)}") from error
        shot.path = target
        if (pupil := self._pupil) is not None:
            self._learned(lambda: pupil.moved(target, deleted=folder != self._folder))
        return "Brought back" if folder == self._folder else f"Moved to {target.parent}"
