"""Photos of twelve megapixels to measure on: enlarged, with a sensor's noise, and stored as a camera would."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from livecam import model_files
from livecam.best.clip_scan import frames_at
from livecam.photos.read import read as read_photo
from livecam.types import UInt8Array

_WIDTH, _HEIGHT = 4000, 3000
_NOISE, _QUALITY = 5.0, 92
_DEMO_MS = tuple(range(1500, 28000, 500))  # of 30 frames a second: each is one's time
_SETTLED_S = 60  # the cache trusts the time of a file that is not brand-new


def write_photos(folder: Path, count: int) -> list[Path]:
    """Write count photos to folder, each different; most show one or two people, some a group."""
    pictures = zip(range(count), _pictures(), strict=False)
    return [_save(folder / f"{number:04d}.jpg", image, number) for number, image in pictures]


def by_faces(paths: Sequence[Path], faces: Sequence[int]) -> dict[str, list[Path]]:
    """Sort photos by how many faces were found in each; only the kinds that there are."""
    kinds: dict[str, list[Path]] = {"one face": [], "several faces": [], "no face": []}
    for path, count in zip(paths, faces, strict=True):
        kinds["no face" if count == 0 else "one face" if count == 1 else "several faces"].append(path)
    return {kind: photos for kind, photos in kinds.items() if photos}


def _pictures() -> Iterator[UInt8Array]:
    """Yield pictures with faces, each different, without end."""
    folder = Path(os.environ.get("LIVECAM_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"), "photos")
    others = [path for path in sorted(folder.glob("*.jpg")) if not path.name.startswith("noface")]
    demo = [frame.image for frame in frames_at(model_files.demo_clip(), _DEMO_MS)]
    number = 0
    while True:
        # Every third a picture of another kind: most photos show one or two people, some a group.
        if others and number % 3 == 2:
            yield read_photo(others[(number * 7) % len(others)]).image
        else:
            yield demo[number % len(demo)]
        number += 1


def _save(path: Path, image: UInt8Array, seed: int) -> Path:
    height, width = image.shape[:2]
    size = (_WIDTH, _HEIGHT) if width >= height else (_HEIGHT, _WIDTH)
    scale = max(size[0] / width, size[1] / height)
    large = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    top, left = (large.shape[0] - size[1]) // 2, (large.shape[1] - size[0]) // 2
    large = large[top : top + size[1], left : left + size[0]]
    noise = np.empty(large.shape, np.int16)
    cv2.setRNGSeed(seed)
    cv2.randn(noise, np.zeros(3), np.full(3, _NOISE))
    noisy = np.clip(large.astype(np.int16) + noise, 0, 255).astype(np.uint8)
    cv2.imwrite(str(path), cv2.cvtColor(noisy, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    settled = time.time() - _SETTLED_S
    os.utime(path, (settled, settled))
    return path
