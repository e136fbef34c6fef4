"""The pixels of what was ranked, read again from the files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from livecam.best.records.frame import FrameRecord
from livecam.best.scan.clips import frames_at
from livecam.errors import SourceError
from livecam.photos.read import read as read_photo
from livecam.types import UInt8Array


class Pictures:
    """Reads the pictures of records: photos one by one, a clip's frames all at once and kept until the next clip."""

    def __init__(self, records: Iterable[FrameRecord], *, min_side_px: int) -> None:
        """records: all whose pictures will be asked for.  min_side_px: of the shorter side, that is enough."""
        self._min_side_px = min_side_px
        self._times_ms: dict[Path, list[float]] = {}
        for record in records:
            if record.path is not None and record.t_ms is not None:
                self._times_ms.setdefault(record.path, []).append(record.t_ms)
        self._clip: Path | None = None
        self._frames: dict[float, UInt8Array] = {}

    def __call__(self, record: FrameRecord) -> UInt8Array:
        """Return the picture, uint8 (H, W, 3), RGB, upright. Raises SourceError if it cannot be read any more."""
        if record.path is None:
            raise ValueError("a record without a path has no picture")
        if record.t_ms is None:
            return read_photo(record.path, min_side_px=self._min_side_px).image
        if record.path != self._clip:
            frames = frames_at(record.path, self._times_ms[record.path])
            self._frames = {round(frame.t_ms, 1): self._reduced(frame.image) for frame in frames}
            self._clip = record.path  # last, or the frames of the clip before would pass for those of one that fails
        if round(record.t_ms, 1) not in self._frames:
            raise SourceError(f"{record.path} has no frame at {record.t_ms / 1000:.3f} s any more: was it changed?")
        return self._frames[round(record.t_ms, 1)]

    def _reduced(self, image: UInt8Array) -> UInt8Array:
        step = min(image.shape[:2]) // self._min_side_px
        return np.asarray(Image.fromarray(image).reduce(step), np.uint8) if step >= 2 else image
