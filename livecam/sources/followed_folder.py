"""A folder that another program fills, such as one that controls a camera by its cable: each new picture is read once.

One of a name that was there before is new if it shows something else: some programs always write to the same file.

A picture is read when it is whole: its file has not changed for a while, and a JPEG has its end. What is still being
written is left alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from livecam.errors import SourceError
from livecam.photos.read import RAW_SUFFIXES
from livecam.photos.read import read as read_photo
from livecam.sources.decoding import STILL_SPACING_MS, UPRIGHT, Orientation, list_images
from livecam.sources.health import Health, StreamStats
from livecam.sources.threaded import Clock, FrameQueue
from livecam.types import Frame, UInt8Array

_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
_PADDING = b"\0\r\n "


@dataclass(frozen=True, slots=True)
class FollowSettings:
    """How a folder is looked at. All set by hand: nobody measured them.

    look_s: between two looks.  rescan_s: the names are read anew after so long even if the folder says that nothing has
    changed: network disks forget to.  settled_s: a JPEG with its end that has not changed for so long is whole.
    settled_other_s: of other kinds, whose end nobody knows.  broken_s: a JPEG without its end is read after so long all
    the same.  idle_s: nothing new for so long: what there is is decided.
    """

    look_s: float = 0.2
    rescan_s: float = 3.0
    settled_s: float = 0.6
    settled_other_s: float = 2.0
    broken_s: float = 15.0
    idle_s: float = 1.5


FOLLOW_DEFAULTS = FollowSettings()


@dataclass(slots=True)
class _Pending:
    """A file that waits to be whole: its size and time, and since when they have been these."""

    state: tuple[int, int]
    since_s: float


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file that was read: its size and time then, and a digest of its pixels."""

    state: tuple[int, int]
    look: bytes


class FollowedFolder:
    """Reads what is in a folder, in natural order, and then whatever comes into it. It never ends.

    Pictures are STILL_SPACING_MS apart, however long it takes to bring them here; a pause in which nothing came counts
    as it was.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        orientation: Orientation = UPRIGHT,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._orientation = orientation
        self._seen: dict[Path, _Seen] = {}
        self._failed: dict[Path, tuple[int, int]] = {}  # the file as it was when it could not be read
        self._pending: dict[Path, _Pending] = {}  # in the order in which they are read
        self._scanned_s: float | None = None
        self._folder_time: int | None = None
        self._waiting_since_s: float | None = None
        self._newest: Path | None = None  # the last that was read, or could not be
        self._index, self._t_ms = 0, 0.0
        self._size, self._trouble = (0, 0), ""

    def step(self, out: FrameQueue) -> float | None:
        """Put the next picture that is whole into out, if there is one."""
        now_s = self._clock.now()
        self._scan(now_s)
        path = self._next_whole(now_s)
        if path is None:
            if self._waiting_since_s is None:
                self._waiting_since_s = now_s
            return FOLLOW_DEFAULTS.look_s
        self._newest, state = path, self._pending.pop(path).state
        try:
            image = self._orientation.apply(read_photo(path).image)
        except SourceError as error:
            self._failed[path], self._trouble = state, f"passed over: {error}"
            return 0.0
        seen, self._seen[path] = self._seen.get(path), _Seen(state, _look(image))
        if self._failed.pop(path, None):
            self._trouble = ""
        if seen is not None and seen.look == self._seen[path].look:  # somebody has written marks into it
            return 0.0
        if self._index:
            paused_ms = (now_s - self._waiting_since_s) * 1000 if self._idle(now_s) and self._waiting_since_s else 0.0
            self._t_ms += max(STILL_SPACING_MS, paused_ms)
        self._waiting_since_s = None
        self._size = image.shape[1], image.shape[0]
        out.put(Frame(image, self._t_ms, self._index, now_s, path))
        self._index += 1
        return 0.0

    def health(self) -> Health:
        """IDLE while nothing new comes, which is no fault."""
        return Health.IDLE if self._idle(self._clock.now()) else Health.OK

    def stream_stats(self) -> StreamStats | None:
        """None while all is well; else what could not be read, in ``missed``."""
        return StreamStats(*self._size, 0.0, missed=self._trouble) if self._trouble else None

    def release(self) -> None:
        """Nothing is held."""

    def _idle(self, now_s: float) -> bool:
        since_s = self._waiting_since_s  # once: the thread that reads may forget it just now
        return since_s is not None and now_s - since_s >= FOLLOW_DEFAULTS.idle_s

    def _scan(self, now_s: float) -> None:
        """Look which pictures are there, if that may have changed."""
        try:
            folder_time = self._folder.stat().st_mtime_ns
        except OSError:
            self._trouble, self._folder_time = f"folder {self._folder} is gone: waiting for it", None
            return
        due = self._scanned_s is None or now_s - self._scanned_s >= FOLLOW_DEFAULTS.rescan_s
        if folder_time == self._folder_time and not due:
            if self._newest is not None:  # of a file that is written over the folder says nothing
                self._pending.update(self._unread([self._newest], now_s))
            return
        if self._folder_time is None:
            self._trouble = ""
        self._scanned_s, self._folder_time = now_s, folder_time
        try:
            paths = list_images(self._folder)
        except SourceError:  # none yet
            paths = ()
        raw_shown = {path.with_suffix("") for path in self._seen if path.suffix.lower() in RAW_SUFFIXES}
        new = [path for path in paths if path in self._seen or path.with_suffix("") not in raw_shown]
        self._pending = self._unread(new, now_s)

    def _unread(self, paths: Sequence[Path], now_s: float) -> dict[Path, _Pending]:
        """Those that are not, or no longer, as they were read."""
        return {
            path: self._pending.get(path) or _Pending(state, now_s)
            for path in paths
            if (state := _state(path)) is not None and state not in {self._failed.get(path), self._state_seen(path)}
        }

    def _state_seen(self, path: Path) -> tuple[int, int] | None:
        seen = self._seen.get(path)
        return None if seen is None else seen.state

    def _next_whole(self, now_s: float) -> Path | None:
        """The first that waits, if it is whole: a new one that is still written holds up those behind it.

        One that was read before holds up nobody: some programs write what the camera sees to one file all the time.
        """
        for path, pending in list(self._pending.items()):
            state = _state(path)
            if state is None:  # it has gone again
                del self._pending[path]
                continue
            if state != pending.state:
                pending.state, pending.since_s = state, now_s
            if self._is_whole(path, now_s - pending.since_s):
                return path
            if path not in self._seen:
                return None
        return None

    def _is_whole(self, path: Path, still_s: float) -> bool:
        """still_s: for so long it has not changed."""
        settings = FOLLOW_DEFAULTS
        if still_s < settings.settled_s:
            return False
        try:
            with path.open("rb") as file:
                is_jpeg = file.read(2) == _JPEG_START
                file.seek(-min(file.seek(0, 2), 64), 2)
                has_end = file.read().rstrip(_PADDING).endswith(_JPEG_END)
        except OSError:
            return False
        enough_s = settings.settled_s if has_end else settings.broken_s
        return still_s >= (enough_s if is_jpeg else settings.settled_other_s)


def _look(image: UInt8Array) -> bytes:
    return hashlib.sha256(image[::8, ::8].tobytes()).digest()


def _state(path: Path) -> tuple[int, int] | None:
    """Size and time of a file that holds something; None if it is gone, or empty."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns) if found.st_size else None
