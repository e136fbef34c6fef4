"""The pictures of a review, as a browser wants them: small, large, whole, and each face.

Small ones and faces are kept in the user's cache, so that a shoot of thousands is there at once the next time.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from livecam import model_files
from livecam.best.outputs.pictures import Pictures
from livecam.best.people.face_cuts import CutSettings, cut_face
from livecam.best.records.frame import FrameRecord
from livecam.serve.picture_thread import PictureSettings, encode
from livecam.types import UInt8Array

_VERSION = b"1"  # of what is kept
SIZES = {
    "small": PictureSettings(longest=480, quality=76),
    "large": PictureSettings(longest=2048, quality=84),
    "whole": PictureSettings(longest=12_000, quality=90),
}
_FACE = CutSettings(height=256, margin=1.6, within=True)
_FACE_QUALITY = PictureSettings(longest=256, quality=82)


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """How much is kept on the disk, bytes; then what was made first goes. Set by hand: some 25,000 photos."""

    limit_bytes: int = 768 << 20


_SETTINGS = StoreSettings()


class ReviewPictures:
    """Makes them, or finds what was made before. It may be used from several threads."""

    def __init__(self, frames_of: Callable[[Path | None], Sequence[FrameRecord]]) -> None:
        """frames_of: gives all frames of a clip, which are decoded together."""
        self._frames_of = frames_of
        self._folder = model_files.cache_dir() / "review"
        self._turns = [threading.Lock() for _ in range(64)]  # of one photo nothing is made twice
        self._clip_turn = threading.Lock()
        self._clip: tuple[Path | None, Pictures | None] = None, None
        threading.Thread(target=_tidy, args=(self._folder, _SETTINGS.limit_bytes), daemon=True).start()

    def picture(self, record: FrameRecord, size: str) -> bytes:
        """Return a JPEG of that one of SIZES. Raises SourceError or OSError."""
        settings = SIZES[size]
        if size != "small":
            return encode(self._read(record, settings.longest), settings)
        return self._kept(record, "small", lambda: encode(self._read(record, settings.longest), settings))

    def face(self, record: FrameRecord, number: int) -> bytes:
        """Return a square JPEG around that one of record's faces. Raises IndexError, SourceError or OSError."""
        face = record.faces[number]
        longest = _FACE.height / max(face.size_px * _FACE.margin, 1) * max(record.width, record.height)

        def make() -> bytes:
            return encode(cut_face(self._read(record, math.ceil(longest)), record, face, _FACE), _FACE_QUALITY)

        x0, y0, x1, y1 = face.box
        return self._kept(record, f"face {x0:.0f} {y0:.0f} {x1:.0f} {y1:.0f}", make)

    def _read(self, record: FrameRecord, longest: int) -> UInt8Array:
        """The picture, its longer side at least so many pixels if it has them."""
        if record.t_ms is None:
            shorter = min(record.width, record.height) / max(record.width, record.height) * longest
            return Pictures((), min_side_px=math.ceil(shorter))(record)
        with self._clip_turn:
            if self._clip[0] != record.path or self._clip[1] is None:
                self._clip = record.path, Pictures(self._frames_of(record.path), min_side_px=max(record.height, 1))
            return self._clip[1](record)  # type: ignore[misc]

    def _kept(self, record: FrameRecord, what: str, make: Callable[[], bytes]) -> bytes:
        assert record.path is not None  # noqa: S101  a review has only photos that lie somewhere
        status = record.path.stat()
        about = f"{status.st_size} {status.st_mtime_ns} {record.t_ms} {what}".encode()
        name = hashlib.sha256(b"\0".join((_VERSION, os.fsencode(record.path.absolute()), about))).hexdigest()
        path = self._folder / name[:2] / f"{name[2:34]}.jpg"
        with self._turns[int(name[:2], 16) % len(self._turns)]:
            with contextlib.suppress(OSError):
                return path.read_bytes()
            made = make()
            with contextlib.suppress(OSError):  # a full disk: made again the next time
                path.parent.mkdir(parents=True, exist_ok=True)
                beside = path.with_name(f".{secrets.token_hex(6)}.tmp")
                beside.write_bytes(made)
                beside.replace(path)
            return made


def _tidy(folder: Path, limit_bytes: int) -> None:
    """Delete what was made first until the rest is small enough."""
    found: list[tuple[float, int, str]] = []
    with contextlib.suppress(OSError):
        for part in os.scandir(folder):
            for entry in os.scandir(part.path):
                status = entry.stat()
                found.append((status.st_mtime, status.st_size, entry.path))
    left = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if left <= limit_bytes:
            return
        with contextlib.suppress(OSError):
            Path(path).unlink()
            left -= size
