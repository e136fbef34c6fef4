"""Encodes what viewers see, once for all of them, in a thread of its own: neither analysis nor screen waits for it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from livecam.closing import Closing
from livecam.serve.live_state import Snapshot, state_of
from livecam.serve.viewers import Picture
from livecam.types import Frame, UInt8Array

_EARLY_S = 0.004  # by which a camera's next frame may come before its time; set by hand


@dataclass(frozen=True, slots=True)
class PictureSettings:
    """How pictures are sent. All set by hand.

    longest: of their sides, pixels; larger ones are made smaller.  quality: of the JPEG.  most_fps: pictures a second,
    busy_fps: and while the analysis needs all of the computer; fewer where they would take more than most_share of a
    processor from it (720p at 30 takes 0.06).
    quiet_s: at least so often the state is sent although no frame is new.
    """

    longest: int = 1280
    quality: int = 78
    most_fps: float = 30.0
    busy_fps: float = 15.0
    most_share: float = 0.08
    quiet_s: float = 0.25


_SETTINGS = PictureSettings()


class PictureThread(Closing):
    """Takes snapshots from one thread, and publishes pictures and states to the server's."""

    def __init__(
        self,
        wanted: Callable[[], int],
        publish: Callable[[Picture | None, str], None],
    ) -> None:
        """Begin.

        wanted: see ``Viewers``; a newcomer gets a picture though none is new.  publish: called in this thread with
        what is new.
        """
        self._wanted, self._publish = wanted, publish
        self._changed = threading.Condition()
        self._newest: Snapshot | None = None
        self._over = False
        self._thread = threading.Thread(target=self._run, name="livecam pictures", daemon=True)
        self._thread.start()

    def offer(self, snapshot: Snapshot) -> None:
        """Show this one next, instead of one that still waits."""
        if not self._wanted():
            self._newest = None
            return
        with self._changed:
            self._newest = snapshot
            self._changed.notify()

    def close(self) -> None:
        """End. May be called again."""
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        shown: Frame | None = None
        said: object = None
        number, came, next_s, said_s = 0, 0, 0.0, 0.0
        while (snapshot := self._next(next_s)) is not None:
            now_s = time.monotonic()
            before, came = came, self._wanted()
            fresh = snapshot.newest if snapshot.newest is not shown or came != before else None
            news = (snapshot.latest, snapshot.paused, snapshot.auto, snapshot.shift, snapshot.health, snapshot.pictures)
            if fresh is None and news == said and now_s < said_s + _SETTINGS.quiet_s:
                continue
            picture = None
            if fresh is not None:
                shown, number = fresh, number + 1
                began_s = time.thread_time()
                picture = Picture(number, encode(fresh.image, _SETTINGS))
                took_s = time.thread_time() - began_s
                most_fps = _SETTINGS.busy_fps if snapshot.busy else _SETTINGS.most_fps
                pause_s = max(1 / most_fps, took_s / _SETTINGS.most_share)
                next_s = now_s + pause_s - _EARLY_S
            said, said_s = news, now_s
            self._publish(picture, as_json({"state": state_of(snapshot)}))
            del snapshot, fresh, news  # a frame of 4K is 25 MB

    def _next(self, not_before_s: float) -> Snapshot | None:
        """Wait for a snapshot, and until then; None at the end."""
        with self._changed:
            while not self._over:
                self._changed.wait_for(lambda: self._newest is not None or self._over)
                wait_s = not_before_s - time.monotonic()
                if wait_s > 0 and not self._over:
                    self._changed.wait(wait_s)
                    continue
                snapshot, self._newest = self._newest, None
                if snapshot is not None and not self._over:
                    return snapshot
            return None


def encode(image: UInt8Array, settings: PictureSettings) -> bytes:
    """Return image, uint8 (H, W, 3) RGB, as JPEG, made smaller if it is larger than is sent."""
    while max(image.shape[:2]) >= 1.5 * settings.longest:  # halving is the quickest way: 0.5 ms of 1080p, 2.9 of 4K
        half = max(image.shape[1] // 2, 1), max(image.shape[0] // 2, 1)
        image = np.asarray(cv2.resize(image, half, interpolation=cv2.INTER_AREA), np.uint8)
    scale = settings.longest / max(image.shape[:2])
    if scale < 1:
        size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, settings.quality]
    )
    assert done  # noqa: S101  an image with pixels always can be
    return data.tobytes()


def as_json(value: object) -> str:
    """Return value as JSON, in one line and short."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
