"""Makes small photos, no two alike: frames of the demo clip, each with its own crop, light and noise."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image

from livecam import model_files

SIZE = 640, 480
_A_FOLDER = 500
_FRAMES = 200
_BEGAN = datetime(2026, 5, 23, 9)  # noqa: DTZ001  a camera's clock knows no zone


def write_photos(folder: Path, count: int, *, seed: int = 0) -> int:
    """Write count JPEGs of 640 x 480 pixels into folders of 500, and return their bytes."""
    random = np.random.default_rng(seed)
    frames = _frames()
    # A sensor's, drawn once and moved about: to draw it for each photo would take longer than all else.
    noises = random.normal(0, 3, (8, SIZE[1], SIZE[0], 1)).astype(np.float32)
    written = 0
    for i in range(count):
        frame = frames[int(random.integers(len(frames)))]
        height, width = frame.shape[:2]
        side = int(height * random.uniform(0.8, 1.0))
        x, y = int(random.integers(width - side * 4 // 3 + 1)) if side * 4 // 3 < width else 0, height - side
        picture = cv2.resize(frame[y : y + side, x : x + side * 4 // 3], SIZE, interpolation=cv2.INTER_AREA)
        noise = np.roll(noises[i % len(noises)], int(random.integers(SIZE[0] * SIZE[1])))
        picture = np.clip(picture * np.float32(random.uniform(0.8, 1.1)) + noise, 0, 255).astype(np.uint8)
        place = folder / f"day {i // _A_FOLDER:04}" / f"IMG_{i:06}.jpg"
        place.parent.mkdir(parents=True, exist_ok=True)
        exif = Image.Exif()
        taken = _BEGAN + timedelta(seconds=0.7 * i)
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = f"{taken:%Y:%m:%d %H:%M:%S}"
        Image.fromarray(picture).save(place, "JPEG", quality=88, exif=exif)
        written += place.stat().st_size
    return written


def _frames() -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(model_files.demo_clip()))
    total = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    wanted = set(np.linspace(0, total - 1, min(total, _FRAMES)).astype(int).tolist())
    frames = []
    for i in range(total):
        given, frame = capture.read()
        if given and i in wanted:
            frames.append(np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8))
    capture.release()
    return frames
