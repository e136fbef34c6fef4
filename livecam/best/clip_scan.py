"""Looks through clips, and takes single frames out of them again, at full resolution."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2

from livecam.best.records import FrameRecord, record_of
from livecam.errors import SourceError
from livecam.faces.finder import FaceFinder
from livecam.pipeline import ScorerLike, score_faces
from livecam.sources.health import Health
from livecam.sources.source import Pace, open_source
from livecam.types import Face, Frame

FPS = 15.0  # frames that are looked at in a second; a blink takes 0.2 s
_BATCH = 4
_SLACK_MS = 0.5


@dataclass(frozen=True, slots=True)
class ClipScan:
    """What came of a clip. records: by time.  length_ms: to its last frame.  error: one line if it ends early."""

    records: tuple[FrameRecord, ...]
    length_ms: float
    error: str | None


def scan_clip(path: Path, scorer: ScorerLike, *, faces: int, on_time: Callable[[float], None]) -> ClipScan:
    """Look at the frames of a clip, ``FPS`` a second.

    on_time: told now and then how much of it is done, 0..1. Raises SourceError, ModelError.
    """
    expected_ms = _length_ms(path)
    records: list[FrameRecord] = []
    waiting: deque[tuple[Frame, Future[tuple[Face, ...]]]] = deque()
    length_ms, error = 0.0, None
    # The source decodes in its own thread, the finder searches in another, and this one scores.
    with FaceFinder(faces=faces) as finder, ThreadPoolExecutor(1, "livecam clip") as pool:

        def score(keep: int) -> None:
            while len(waiting) > keep:
                some = [waiting.popleft() for _ in range(min(_BATCH, len(waiting)))]
                moments = score_faces(scorer, [(frame, found.result()) for frame, found in some])
                records.extend(record_of(moment, path=path, t_ms=moment.t_ms) for moment in moments)

        try:
            for frame in _frames(path, 1000 / FPS):
                waiting.append((frame, pool.submit(finder.find, frame)))
                length_ms = frame.t_ms
                score(2 * _BATCH - 1)
                on_time(min(length_ms / expected_ms, 1.0) if expected_ms else 0.0)
        except SourceError as failure:
            if not waiting and not records:
                raise
            error = str(failure)  # it ends early: what there is counts
        score(0)
    return ClipScan(tuple(records), length_ms, error)


def frames_at(path: Path, times_ms: Sequence[float]) -> Iterator[Frame]:
    """Yield the frames with these media times, whole, in the order of time. Raises SourceError."""
    wanted = deque(sorted(set(times_ms)))
    for frame in _frames(path, 0.0):
        while wanted and frame.t_ms > wanted[0] + _SLACK_MS:
            wanted.popleft()
        if not wanted:
            return
        if frame.t_ms >= wanted[0] - _SLACK_MS:
            wanted.popleft()
            yield frame


def _frames(path: Path, spacing_ms: float) -> Iterator[Frame]:
    """Yield the clip's frames that are at least spacing_ms apart; none is dropped besides."""
    next_ms = 0.0
    # An absolute path is never taken for a camera or an address.
    with open_source(str(path.absolute()), Pace.FAST) as source:
        while source.health is not Health.ENDED:
            frame = source.read()
            if frame is not None and frame.t_ms >= next_ms - _SLACK_MS:
                next_ms = max(next_ms + spacing_ms, frame.t_ms)
                yield frame


def _length_ms(path: Path) -> float:
    """What the container says of its length, for the progress bar; 0 if it says nothing of use."""
    device = cv2.VideoCapture(str(path.absolute()), cv2.CAP_FFMPEG)
    try:
        frames, fps = device.get(cv2.CAP_PROP_FRAME_COUNT), device.get(cv2.CAP_PROP_FPS)
        return frames / fps * 1000 if frames > 0 and fps > 0 else 0.0
    finally:
        device.release()
