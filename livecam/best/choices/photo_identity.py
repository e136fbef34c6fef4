"""Whether a file is still the photo that a page showed, though days and programs may lie between.

Stars that were written into a file change its length and time, but neither when it was taken nor what it shows.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from livecam.best.records.frame import FrameRecord
from livecam.best.records.pixel_measures import difference_hash
from livecam.errors import SourceError
from livecam.photos.read import Photo, read

_MIN_SIDE_PX = 480  # enough for a hash of 64 bits


class Sameness(enum.Enum):
    """What a file is to the photo that once bore its name."""

    SAME = enum.auto()
    CHANGED = enum.auto()  # the same photo, but it shows something else: cropped, developed anew
    OTHER = enum.auto()


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """Bits of 64 in which the hashes may differ. Set by hand."""

    # Of one picture read at two sizes, or by two versions of a library.
    same_bits: int = 4
    # Of a photo without a time and its edit.
    changed_bits: int = 12


_SETTINGS = IdentitySettings()


@dataclass(frozen=True, slots=True)
class PhotoIdentity:
    """What a photo, or the clip that a frame is of, can be told by.

    size: bytes.  modified_ns: since 1970.  captured: as the camera wrote it, ISO 8601, "" if unknown.  phash: of what
    it shows, see ``difference_hash``; None for a clip, which is told by its size alone.
    """

    size: int
    modified_ns: int
    captured: str = ""
    phash: int | None = None

    @classmethod
    def of(cls, record: FrameRecord, path: Path) -> PhotoIdentity:
        """Return the identity of path as it is now, which is record's photo or clip. Raises OSError."""
        status = path.stat()
        if record.t_ms is not None:
            return cls(status.st_size, status.st_mtime_ns)
        captured = record.captured.isoformat() if record.captured else ""
        return cls(status.st_size, status.st_mtime_ns, captured, record.phash)

    def compare(self, path: Path, settings: IdentitySettings = _SETTINGS) -> Sameness:
        """Tell whether path is this photo. It is read only where size or time have changed. Raises OSError."""
        status = path.stat()
        if status.st_size == self.size and (self.phash is None or status.st_mtime_ns == self.modified_ns):
            return Sameness.SAME
        if self.phash is None:
            return Sameness.OTHER
        try:
            photo = read(path, min_side_px=_MIN_SIDE_PX)
        except SourceError:
            return Sameness.OTHER
        return self._compare_pictures(photo, self.phash, settings)

    def _compare_pictures(self, photo: Photo, phash: int, settings: IdentitySettings) -> Sameness:
        captured = photo.captured.isoformat() if photo.captured else ""
        if captured != self.captured:
            return Sameness.OTHER
        bits = (
            difference_hash(np.asarray(cv2.cvtColor(photo.image, cv2.COLOR_RGB2GRAY), np.uint8)) ^ phash
        ).bit_count()
        if bits <= settings.same_bits:
            return Sameness.SAME
        return Sameness.CHANGED if captured or bits <= settings.changed_bits else Sameness.OTHER
