"""Makes a shoot to be dropped: bursts of ten frames of the demo clip, no two alike; every fourth burst says no time."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import cv2
from PIL import ExifTags, Image

from livecam import model_files

_OF_ONE = 10
_BETWEEN_S = 40.0
_STEP_S = 0.2
_SIZE = 640, 480
_BEGAN = datetime(2026, 5, 23, 14)  # noqa: DTZ001  a camera's clock knows no zone


def make_photos(folder: Path, count: int, seed: int) -> list[Path]:
    """Write count JPEGs of 640 x 480 pixels, and return their paths in the order in which they were taken."""
    chance = random.Random(seed)  # noqa: S311  no secret
    folder.mkdir(parents=True)
    capture = cv2.VideoCapture(str(model_files.demo_clip()))
    frames = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    photos = []
    try:
        for number in range(count):
            burst, within = divmod(number, _OF_ONE)
            if not within:
                capture.set(cv2.CAP_PROP_POS_FRAMES, chance.randrange(max(frames - 4 * _OF_ONE, 1)))
            for _ in range(chance.randint(0, 2)):
                capture.grab()
            _, frame = capture.read()
            taken = _BEGAN + timedelta(seconds=_BETWEEN_S * burst + _STEP_S * within)
            photos.append(_written(folder / f"IMG_{number:04}.jpg", frame, None if burst % 4 == 3 else taken, chance))
    finally:
        capture.release()
    return photos


def _written(path: Path, frame: cv2.typing.MatLike, taken: datetime | None, chance: random.Random) -> Path:
    height, width = frame.shape[:2]
    side = round(height * chance.uniform(0.85, 1.0))
    across = min(side * _SIZE[0] // _SIZE[1], width)
    left = (width - across) // 2
    cut = frame[height - side :, left : left + across]
    picture = Image.fromarray(cv2.cvtColor(cv2.resize(cut, _SIZE, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB))
    exif = Image.Exif()
    if taken is not None:
        inner = exif.get_ifd(ExifTags.IFD.Exif)
        inner[ExifTags.Base.DateTimeOriginal] = f"{taken:%Y:%m:%d %H:%M:%S}"
        inner[ExifTags.Base.SubsecTimeOriginal] = f"{taken.microsecond // 1000:03}"
    picture.save(path, "JPEG", quality=chance.randint(80, 95), exif=exif)
    return path
