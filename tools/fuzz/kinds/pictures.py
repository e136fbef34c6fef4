"""Pictures, raw files and clips, and what their headers say."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from livecam.errors import LivecamError
from livecam.photos.capture_header import clip_header, photo_header
from livecam.photos.read import read
from livecam.sources.movie_length import movie_length_ms
from livecam.sources.source import Pace, open_source
from livecam.storage.marks import find_marks
from tests.photos.capture_factories import make_movie, make_shot
from tests.photos.mark_factories import imagemagick_png, make_picture, packet
from tests.photos.tiff_factory import make_tiff
from tools.fuzz.reader import Reader, written

_PACKET = packet(
    'xmp:Rating="2" xmp:Label="Red"', '<rdf:Description xmlns:xmp="x"><xmp:Rating>3</xmp:Rating></rdf:Description>'
)


def _picture_seeds(folder: Path) -> list[bytes]:
    """Pictures with EXIF and XMP, of the kinds that many programs write."""
    names = ("a.jpg", "a.png", "a.webp", "a.gif", "a.heic", "a.avif")
    made = [make_picture(folder / name, _PACKET, rating=2, percent=50).read_bytes() for name in names]
    plain = Image.linear_gradient("L").resize((40, 30))
    for kind, mode in (("BMP", "RGB"), ("PNG", "P"), ("PNG", "LA"), ("JPEG", "CMYK"), ("JPEG", "L"), ("PNG", "I;16")):
        buffer = io.BytesIO()
        (plain.convert("RGB").convert(mode) if mode != "I;16" else Image.new("I;16", (8, 8))).save(buffer, kind)
        made.append(buffer.getvalue())
    return [*made, imagemagick_png(_PACKET)]


def _tiff_seeds(folder: Path) -> list[bytes]:
    """TIFFs, in all the ways that cameras and scanners have."""
    grey = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64)
    colour = np.dstack([grey, grey, grey])
    made = [
        make_tiff(grey), make_tiff(grey, order=">"), make_tiff(grey.astype(np.uint8)), make_tiff(grey, bits=12),
        make_tiff(colour, separate=True), make_tiff(colour, tile=16), make_tiff(grey, photometric=0),
        make_tiff(grey.astype(np.float32), sample_format=3),
    ]  # fmt: skip
    for compression in ("tiff_lzw", "tiff_deflate", "jpeg", "packbits", "group4"):
        path = folder / f"{compression}.tif"
        image = Image.linear_gradient("L").resize((64, 48))
        (image.convert("1") if compression == "group4" else image.convert("RGB")).save(path, compression=compression)
        made.append(path.read_bytes())
    return made


def _raw_seeds(folder: Path) -> list[bytes]:
    """The headers of raw files, and their previews."""
    names = ("a.dng", "a.nef", "a.cr3", "a.raf", "a.orf", "a.rw2", "a.pef")
    made = [make_picture(folder / name, _PACKET, rating=3, percent=50).read_bytes() for name in names]
    return [*made, *(make_shot(folder / f"shot{Path(name).suffix}", 5.0, serial="1").read_bytes() for name in names)]


def _movie_seeds(folder: Path) -> list[bytes]:
    """Clips of eight frames, and the headers of longer ones."""
    made = [make_movie(folder / "a.mov").read_bytes(), make_movie(folder / "b.mov", wide=True).read_bytes()]
    for name, coding in (("a.mp4", "mp4v"), ("a.avi", "MJPG"), ("a.webm", "VP80")):
        writer = cv2.VideoWriter(str(folder / name), cv2.VideoWriter.fourcc(*coding), 30, (64, 48))
        for i in range(8):
            writer.write(np.full((48, 64, 3), i * 20, np.uint8))
        writer.release()
        made.append((folder / name).read_bytes())
    return made


def _header_seeds(folder: Path) -> list[bytes]:
    return [*_raw_seeds(folder), *_picture_seeds(folder), *_movie_seeds(folder), *_tiff_seeds(folder)]


def _picture(suffix: str, data: bytes, folder: Path) -> None:
    path = written(folder / f"photo{suffix}", data)
    for side in (16, None):
        with suppress(LivecamError):
            read(path, min_side_px=side)


def _headers(data: bytes, folder: Path) -> None:
    for suffix in (".jpg", ".dng"):
        path = written(folder / f"photo{suffix}", data)
        photo_header(path)
        with suppress(LivecamError):
            find_marks([path])
    clip = written(folder / "clip.mov", data)
    clip_header(clip)
    movie_length_ms(clip)


def _clip(data: bytes, folder: Path) -> None:
    with open_source(str(written(folder / "clip.mp4", data)), Pace.FAST) as source:
        for _ in range(30):
            if source.read(5.0) is None:
                break


READERS: Mapping[str, Reader] = {
    "image": Reader(_picture_seeds, partial(_picture, ".jpg")),
    "tiff": Reader(_tiff_seeds, partial(_picture, ".tif")),
    "raw": Reader(_raw_seeds, partial(_picture, ".dng")),
    "tags": Reader(_header_seeds, _headers),
    "clip": Reader(_movie_seeds, _clip),
}
