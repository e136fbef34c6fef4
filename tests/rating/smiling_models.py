"""Photos, a clip and models for the tests of ``livecam rate``: the lighter a face, the more it smiles."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
from PIL import ExifTags, Image

from livecam import model_files
from livecam.types import EMBEDDING, Face, FaceCrop, Frame, Score, UInt8Array
from tests.best.records.factories import NOON
from tests.factories import make_face, make_score


def picture(light: int) -> UInt8Array:
    """A sharp picture, 320 x 240, with a face so light in its middle, and grey around it."""
    noise = np.random.default_rng(0).integers(-40, 41, (240, 320, 1))
    base = np.full((240, 320, 3), 128)
    base[40:200, 80:240] = light
    return np.clip(base + noise, 0, 255).astype(np.uint8)


def make_photo(path: Path, light: int, seconds: float) -> Path:
    """A photo taken so many seconds after noon."""
    path.parent.mkdir(parents=True, exist_ok=True)
    taken = NOON + timedelta(seconds=seconds)
    exif = Image.Exif()
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    inner[ExifTags.Base.DateTimeOriginal] = f"{taken:%Y:%m:%d %H:%M:%S}"
    inner[ExifTags.Base.SubsecTimeOriginal] = f"{taken.microsecond // 1000:03d}"
    Image.fromarray(picture(light)).save(path, "JPEG", exif=exif, quality=95)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def make_clip(path: Path, lights: Sequence[int], fps: float = 8.0) -> Path:
    """A clip of one frame for each of lights."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (320, 240))
    for light in lights:
        writer.write(picture(light))
    writer.release()
    return path


def _smile(grey: float) -> float:
    """0..1, of a face whose middle is so light."""
    return min(max((grey - 60) / 195, 0.0), 1.0)


class _Finder:
    """Sees a face in the middle of each picture that is not dark."""

    def find(self, frame: Frame) -> tuple[Face, ...]:
        if frame.image.mean() < 10:
            return ()
        height, width = frame.image.shape[:2]
        smile = _smile(
            float(frame.image[height // 2 - 20 : height // 2 + 20, width // 2 - 20 : width // 2 + 20].mean())
        )
        shapes = {"mouthSmileLeft": smile, "mouthSmileRight": smile}
        return (make_face(centre=(width / 2, height / 2), size=height / 2, blendshapes=shapes),)

    def close(self) -> None: ...


class _Scorer:
    """The more of a smile, the better; the embedding says nothing."""

    provider = "fake"
    fallback = None
    metadata = MappingProxyType({"model_version": "default-3"})

    def __init__(self, path: Path) -> None:
        self.path = path

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        smiles = [_smile(float(crop.image[82:142, 82:142].mean())) for crop in crops]
        scores = (make_score(2.0 + 2.5 * smile) for smile in smiles)
        return tuple(replace(score, embedding=np.zeros(EMBEDDING, np.float32)) for score in scores)

    def close(self) -> None: ...


class SmilingModels:
    """Makes both."""

    def finder(self, *, faces: int, stills: bool = False, min_size_ratio: float = 0.0) -> _Finder:
        return _Finder()

    def scorer(self, model: Path | None = None, *, provider: str = "auto", busy: bool = False) -> _Scorer:
        return _Scorer(model_files.scorer_model(model))
