"""Looks through clips, and takes single frames out of them again, at full resolution."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2

from livecam.best.records.frame import FrameRecord, record_of
from livecam.errors import SourceError
from livecam.model_factory import FinderLike, ScorerLike
from livecam.pipeline import score_faces
from livecam.sources.health import Health
from livecam.sources.source import Pace, open_source
from livecam.types import Face, Frame

_ROUNDING_MS = 0.5  # two media times that differ by less are the same


@dataclass(frozen=True, slots=True)
class ClipSettings:
    """How a clip is looked through. Set by hand."""

    # Frames that are analysed in a second; a blink takes 0.2 s.
    fps: float = 15.0
    # Frames whose faces are scored as one batch.
    batch_frames: int = 4


_SETTINGS = ClipSettings()


@dataclass(frozen=True, slots=True)
class ClipScan:
    """What came of a clip. records: by time.  length_ms: to its last frame.  error: one line if it ends early."""

    records: tuple[FrameRecord, ...]
    length_ms: float
    error: str | None


def scan_clip(
    path: Path,
    finder: FinderLike,
    scorer: ScorerLike,
    *,
    settings: ClipSettings = _SETTINGS,
    on_progress: Callable[[float], None] | None = None,
) -> ClipScan:
    """Analyse the frames of a clip.

    finder: one that follows faces from frame to frame, and has seen no other stream.  on_progress: told now and then
    how much of the clip is done, 0..1. Raises SourceError, ModelError.
    """
    expected_ms = _stated_length_ms(path)
    records: list[FrameRecord] = []
    waiting: deque[tuple[Frame, Future[tuple[Face, ...]]]] = deque()
    length_ms, error = 0.0, None

    def score(keep: int) -> None:
        """Score what waits, batch by batch, until no more than keep frames are left."""
        while len(waiting) > keep:
            batch = [waiting.popleft() for _ in range(min(settings.batch_frames, len(waiting)))]
            moments = score_faces(scorer, [(frame, faces.result()) for frame, faces in batch])
            records.extend(record_of(moment, path=path, t_ms=moment.t_ms) for moment in moments)

    # The source decodes in its own thread, the finder searches in another, and this one scores.
    with ThreadPoolExecutor(1, "livecam clip") as pool:
        try:
            for frame in _frames(path, 1000 / settings.fps):
                waiting.append((frame, pool.submit(finder.find, frame)))
                length_ms = frame.t_ms
                score(2 * settings.batch_frames - 1)
                if on_progress is not None:
                    on_progress(min(length_ms / expected_ms, 1.0) if expected_ms else 0.0)
        except SourceError as failure:
            if not waiting and not records:
                raise
            error = str(failure)  # the clip ends early: what there is counts
        score(0)
    return ClipScan(tuple(records), length_ms, error)


def frames_at(path: Path, times_ms: Sequence[float]) -> Iterator[Frame]:
    """Yield the frames with these media times, whole, in the order of time. Raises SourceError."""
    wanted = deque(sorted(set(times_ms)))
    for frame in _frames(path, 0.0):
        while wanted and frame.t_ms > wanted[0] + _ROUNDING_MS:
            wanted.popleft()
        if not wanted:
            return
        if frame.t_ms >= wanted[0] - _ROUNDING_MS:
            wanted.popleft()
            yield frame


def _frames(path: Path, spacing_ms: float) -> Iterator[Frame]:
    """Yield the clip's frames that are at least spacing_ms apart; no other is left out."""
    next_ms = 0.0
    # An absolute path is never taken for a camera or an address.
    with open_source(str(path.absolute()), Pace.FAST) as source:
        while source.health is not Health.ENDED:
            frame = source.read()
            if frame is not None and frame.t_ms >= next_ms - _ROUNDING_MS:
                next_ms = max(next_ms + spacing_ms, frame.t_ms)
                yield frame


def _stated_length_ms(path: Path) -> float:
    """What the container says of its length, for the progress bar; 0 if it says nothing of use."""
    device = cv2.VideoCapture(str(path.absolute()), cv2.CAP_FFMPEG)
    try:
        frames, fps = device.get(cv2.CAP_PROP_FRAME_COUNT), device.get(cv2.CAP_PROP_FPS)
        return frames / fps * 1000 if frames > 0 and fps > 0 else 0.0
    finally:
        device.release()
