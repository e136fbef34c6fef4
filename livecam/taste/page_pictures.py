"""The pictures on the page of ``livecam taste``: photos and frames of clips, read where they still are, small."""

from __future__ import annotations

import base64
import contextlib
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from livecam.errors import SourceError
from livecam.photos.on_disk import is_file
from livecam.photos.read import PHOTO_SUFFIXES, read
from livecam.taste.lesson import LessonFace
from livecam.taste.pictures import parts_of
from livecam.types import Frame, UInt8Array

FramesAt = Callable[[Path, Sequence[float]], Iterable[Frame]]  # of a clip, those at these media times, milliseconds

_SIDE_PX = 240
# Frames farther into a clip are not looked for: it is read from its beginning on. Set by hand.
_LATEST_MS = 300_000.0
_SAME_MS, _BESIDE_MS = 0.8, 0.3  # names have whole milliseconds, rounded


def small_pictures(faces: Sequence[LessonFace], frames_at: FramesAt) -> Mapping[str, str]:
    """Return a ``data:`` address for the picture of each face, by its name; those that cannot be read are left out.

    frames_at: may raise SourceError. Each clip is read once.
    """
    found: dict[str, str] = {}
    clips: dict[Path, list[tuple[float, str]]] = {}
    for face in faces:
        if not is_file(face.path):
            continue
        path = Path(face.path)
        _, t_ms, _ = parts_of(face.picture)
        if t_ms is None:
            if path.suffix.lower() in PHOTO_SUFFIXES:
                with contextlib.suppress(SourceError):
                    found[face.picture] = _small(read(path, min_side_px=_SIDE_PX).image)
        elif t_ms <= _LATEST_MS:
            clips.setdefault(path, []).append((t_ms, face.picture))
    for path, wanted in clips.items():
        with contextlib.suppress(SourceError):
            times_ms = [t_ms + beside for t_ms, _ in wanted for beside in (-_BESIDE_MS, _BESIDE_MS)]
            for frame in frames_at(path, times_ms):
                names = [name for t_ms, name in wanted if abs(t_ms - frame.t_ms) <= _SAME_MS]
                found |= dict.fromkeys(names, _small(frame.image))  # several people may be in it
    return found


def _small(image: UInt8Array) -> str:
    picture = Image.fromarray(np.asarray(image))
    picture.thumbnail((_SIDE_PX * 2, _SIDE_PX * 2))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
