"""A clip of three seconds beside each picture: what was before it and after, as phones keep with a live photo.

It bears the picture's name (``….jpg``, ``….mp4``), so that ``livecam best`` and others know that they are one.
"""

from __future__ import annotations

import queue
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from livecam import model_files
from livecam.closing import Closing
from livecam.errors import OutputError
from livecam.live.recent_shots import DELETED_FOLDER, ActionResult
from livecam.storage.album import Shot
from livecam.storage.disk_errors import why
from livecam.storage.durable import move_without_overwriting, write_new
from livecam.types import Frame, UInt8Array


class _Shown(Protocol):
    @property
    def newest(self) -> Frame | None: ...


@dataclass(frozen=True, slots=True)
class ClipSettings:
    """What a clip is made of. All set by hand.

    before_ms, after_ms: of the picture.  longest: of a frame's sides, pixels.  quality: of the JPEGs that frames are
    kept as meanwhile.  most_bytes: of those, together; the oldest go first.  most_waiting: clips that are not written.
    said_s: if the last clips take so long at the end, that is said.  hangs_s: one that takes so long will never end.
    """

    before_ms: float = 1500.0
    after_ms: float = 1500.0
    longest: int = 1280
    quality: int = 85
    most_bytes: int = 64_000_000
    most_waiting: int = 8
    said_s: float = 1.0
    hangs_s: float = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    t_ms: float
    jpeg: bytes


@dataclass(frozen=True, slots=True, eq=False)
class _Wanted:
    """path: of the picture.  t_ms: of its frame."""

    path: Path
    t_ms: float


class ShotClips(Closing):
    """A watcher of a run (``livecam.ui.main_loop.Watcher``). All work is done in a thread that nobody waits for."""

    def __init__(self, tell: Callable[[str], None], settings: ClipSettings | None = None) -> None:
        """tell: says to the user, once, why there is no clip."""
        self._tell, self._settings = tell, settings or ClipSettings()
        self._orders: queue.Queue[Frame | _Wanted | None] = queue.Queue()
        self._newest: Frame | None = None
        self._kept: deque[_Kept] = deque()
        self._wanted: list[_Wanted] = []
        self._said = False
        self._written = 0
        self._thread = threading.Thread(target=self._run, name="livecam clips", daemon=True)
        self._thread.start()

    def refresh(self, run: _Shown) -> bool:
        """Keep the newest frame, unless those before still wait to be kept."""
        frame = run.newest
        if frame is not None and frame is not self._newest and self._orders.qsize() < 2:
            self._newest = frame
            self._orders.put(frame)
        return True

    def show_shot(self, shot: Shot) -> None:
        """Write a clip around this picture once what comes after it is there."""
        self._orders.put(_Wanted(shot.path, shot.peak.t_ms))

    def show_result(self, result: ActionResult) -> None:
        """Let the clip go where its picture went."""
        if result.event not in {"deleted", "restored"}:
            return
        here = result.shot.path.with_suffix(".mp4")
        deleted = result.event == "deleted"
        before = (here.parent.parent if deleted else here.parent / DELETED_FOLDER) / here.name
        if before.is_file():
            try:
                move_without_overwriting(before, here)
            except OSError as error:
                self._say(f"{before} stays where it is: {why(error)}")

    def close(self) -> None:
        """Write the clips that are wanted, with what there is, while the disk takes them. May be called again."""
        self._orders.put(None)
        self._thread.join(self._settings.said_s)
        if self._thread.is_alive():
            self._tell("writing the last clips")
        while self._thread.is_alive():
            before = self._written
            self._thread.join(self._settings.hangs_s)
            if self._thread.is_alive() and self._written == before:
                self._say("no clip beside the last picture: the disk does not answer")
                return

    def _run(self) -> None:
        while (order := self._orders.get()) is not None:
            if isinstance(order, _Wanted):
                self._wanted.append(order)
                if len(self._wanted) > self._settings.most_waiting:
                    self._write(self._wanted.pop(0))
            else:
                self._keep(order)
            newest_ms = self._kept[-1].t_ms if self._kept else 0.0
            for wanted in [w for w in self._wanted if newest_ms >= w.t_ms + self._settings.after_ms]:
                self._wanted.remove(wanted)
                self._write(wanted)
        for wanted in self._wanted:
            self._write(wanted)
        self._wanted = []

    def _keep(self, frame: Frame) -> None:
        s = self._settings
        if self._kept and frame.t_ms < self._kept[-1].t_ms:
            self._kept.clear()  # a clip that began again
        image = _at_most(frame.image, s.longest)
        done, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, s.quality])
        if not done:
            return
        self._kept.append(_Kept(frame.t_ms, data.tobytes()))
        # A picture is told of when it is on the disk, which may take a while.
        since_ms = min((w.t_ms for w in self._wanted), default=frame.t_ms - s.after_ms) - s.before_ms - s.after_ms
        while self._kept[0].t_ms < since_ms or sum(len(kept.jpeg) for kept in self._kept) > s.most_bytes:
            self._kept.popleft()

    def _write(self, wanted: _Wanted) -> None:
        s = self._settings
        frames = [k for k in self._kept if wanted.t_ms - s.before_ms <= k.t_ms <= wanted.t_ms + s.after_ms]
        if len(frames) < 2 or not wanted.path.exists():  # a person has thrown the picture out meanwhile
            return
        try:
            clip = write_new(wanted.path.with_suffix(".mp4"), _encode(frames))
            deleted = wanted.path.parent / DELETED_FOLDER
            if not wanted.path.exists() and (deleted / wanted.path.name).is_file():  # just now
                move_without_overwriting(clip, deleted / clip.name)
        except (OSError, OutputError, cv2.error) as error:
            self._say(f"no clip beside {wanted.path.name}: {why(error) if isinstance(error, OSError) else error}")
        finally:
            self._written += 1

    def _say(self, what: str) -> None:
        if not self._said:
            self._said = True
            self._tell(what)


def _encode(frames: list[_Kept]) -> bytes:
    """Return an MP4. OpenCV writes files alone, so there is one for a moment, in the user's cache."""
    fps = (len(frames) - 1) * 1000 / max(frames[-1].t_ms - frames[0].t_ms, 1.0)
    cache = model_files.cache_dir()
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        path = Path(folder) / "clip.mp4"
        first = cv2.imdecode(np.frombuffer(frames[0].jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert first is not None  # noqa: S101  we have encoded it
        height, width = first.shape[:2]
        size = width - width % 2, height - height % 2
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
        if not writer.isOpened():
            raise OutputError("this OpenCV writes no MP4")
        try:
            for kept in frames:
                image = cv2.imdecode(np.frombuffer(kept.jpeg, np.uint8), cv2.IMREAD_COLOR)
                if image is not None and image.shape[:2] == (height, width):
                    writer.write(image[: size[1], : size[0]])
        finally:
            writer.release()
        return path.read_bytes()


def _at_most(image: UInt8Array, longest: int) -> UInt8Array:
    scale = longest / max(image.shape[:2])
    if scale >= 1:
        return image
    size = max(2, round(image.shape[1] * scale)), max(2, round(image.shape[0] * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
