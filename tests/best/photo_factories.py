"""Small makers of photos and clips on the disk for the tests of ``livecam best``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image

from tests.best.records.factories import NOON


def make_photo(
    path: Path, light: int = 128, seconds: float | None = None, *, blink: bool = False, size: tuple[int, int] = (96, 72)
) -> Path:
    """A grey photo, in its middle a face: the lighter, the better ``FakeScorer`` finds it; blue if it blinks.

    In the dark (light under 10) all of it is dark. seconds: after noon.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    if seconds is not None:
        taken = NOON + timedelta(seconds=seconds)
        inner = exif.get_ifd(ExifTags.IFD.Exif)
        inner[ExifTags.Base.DateTimeOriginal] = f"{taken:%Y:%m:%d %H:%M:%S}"
        inner[ExifTags.Base.SubsecTimeOriginal] = f"{taken.microsecond // 1000:03d}"
    colour = (light // 2, light // 2, min(2 * light, 255)) if blink else (light,) * 3
    # Only the face changes: a whole picture that grows lighter from frame to frame would be an exposure bracket.
    photo = Image.new("RGB", size, (128, 128, 128) if light >= 10 else colour)
    half = round(0.36 * size[1])
    photo.paste(colour, (size[0] // 2 - half, size[1] // 2 - half, size[0] // 2 + half, size[1] // 2 + half))
    photo.save(path, "JPEG", exif=exif, quality=95)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def make_clip(path: Path, lights: Sequence[int], fps: float = 10.0) -> Path:
    """A clip of one plain frame for each of lights."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (128, 96))
    for light in lights:
        writer.write(np.full((96, 128, 3), light, np.uint8))
    writer.release()
    return path
