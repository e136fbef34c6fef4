"""Pictures to measure on: enlarged to what a camera gives, with a sensor's noise."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from livecam import model_files
from livecam.best.scan.clips import frames_at
from livecam.photos.read import read as read_photo
from livecam.types import UInt8Array

SIZE_12, SIZE_24 = (4000, 3000), (6000, 4000)
NOISE, DENOISED = 5.0, 2.0  # grey levels: of a sensor; and of a phone, which smooths: 2 MB for 12 MP of HEIC
_QUALITY = 92
_TILE = 1024  # pixels of a side, of the noise that is made
_DEMO_MS = tuple(range(1500, 28000, 500))  # of 30 frames a second: each is one's time
_SETTLED_S = 60  # the cache trusts the time of a file that is not brand-new


def pictures() -> Iterator[UInt8Array]:
    """Yield pictures, each different, without end; most show one or two people, some a group or nobody."""
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


def enlarged(image: UInt8Array, wanted: tuple[int, int], seed: int, noise: float = NOISE) -> UInt8Array:
    """Return image at the size wanted, upright if it is upright, cut to that shape, with noise of its own.

    noise: standard deviation, grey levels.
    """
    height, width = image.shape[:2]
    size = wanted if width >= height else wanted[::-1]
    scale = max(size[0] / width, size[1] / height)
    large = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    top, left = (large.shape[0] - size[1]) // 2, (large.shape[1] - size[0]) // 2
    large = np.ascontiguousarray(large[top : top + size[1], left : left + size[0]])
    tile = np.roll(_noise(noise), 37 * seed, axis=0)
    for y in range(0, size[1], _TILE):
        for x in range(0, size[0], _TILE):
            part = large[y : y + _TILE, x : x + _TILE]
            part[:] = cv2.add(part, tile[: part.shape[0], : part.shape[1]], dtype=cv2.CV_8U)
    return np.asarray(large, np.uint8)


@cache
def _noise(sigma: float) -> npt.NDArray[np.int16]:
    """Noise for a part of a picture, made once: that of 24 megapixels takes longer than to store them."""
    return np.rint(np.random.default_rng(0).normal(0, sigma, (_TILE, _TILE, 3))).astype(np.int16)


def jpeg(image: UInt8Array, quality: int = _QUALITY) -> bytes:
    """Return image, uint8 (H, W, 3) RGB, as a JPEG."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()


def settle(path: Path) -> Path:
    """Make the file a minute old; return path."""
    settled = time.time() - _SETTLED_S
    os.utime(path, (settled, settled))
    return path


def by_faces(paths: Sequence[Path], faces: Sequence[int]) -> dict[str, list[Path]]:
    """Sort photos by how many faces were found in each; only the kinds that there are."""
    kinds: dict[str, list[Path]] = {"one face": [], "several faces": [], "no face": []}
    for path, count in zip(paths, faces, strict=True):
        kinds["no face" if count == 0 else "one face" if count == 1 else "several faces"].append(path)
    return {kind: photos for kind, photos in kinds.items() if photos}
