"""The kinds of files that are measured, each written from the same pictures.

What a real shoot has thousands of is measured over a few dozen distinct files, again and again and without a cache, so
that it needs no 100 GB. Files for the real command, whose cache is part of it, differ in their time.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image

from benchmarks.best.photos import SIZE_12, SIZE_24, enlarged, jpeg, pictures, settle
from benchmarks.best.raws import JpegPreview, write_raw
from livecam.types import UInt8Array

_NOON = datetime(2026, 5, 1, 12)  # noqa: DTZ001  as cameras write it
_BURST = 5  # photos, a fifth of a second apart; the next ten seconds later
_QUALITY_OF_PREVIEWS = 85
_SMALL, _THUMBNAIL = 1620, 160  # pixels of the longer side


class SkippedError(Exception):
    """A kind that cannot be written here. str: why."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """write: writes a picture, with a number that no other has, into a folder, and returns the photo's path.

    decoded: by what livecam decodes it.
    """

    decoded: str
    write: Callable[[Path, int, UInt8Array], Path]


def write_photos(kind: FileKind, folder: Path, count: int) -> list[Path]:
    """Write count photos of one kind, each different. Raises SkippedError if that is not possible here."""
    folder.mkdir(parents=True, exist_ok=True)
    return [kind.write(folder, number, image) for number, image in zip(range(count), pictures(), strict=False)]


def write_copies(previews: list[list[JpegPreview]], folder: Path, count: int) -> None:
    """Write count raw files of these previews, each with a time of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = folder / f"IMG_{number:05d}.dng"
        write_raw(path, previews[number % len(previews)], f"{_taken(number):%Y:%m:%d %H:%M:%S}", number % 10 * 100)
        settle(path)


def small_previews(count: int) -> list[list[JpegPreview]]:
    """Return the thumbnail and the small preview of count raw files."""
    return [_previews(image, number)[:2] for number, image in zip(range(count), pictures(), strict=False)]


def write_shoot(folder: Path, count: int) -> None:
    """Write a mixed shoot of about count files.

    Of each ten pictures four are raw + JPEG, two raw alone, two JPEG alone, one HEIC with a live clip (JPEG where no
    HEIC can be written), and one a bracket of three JPEGs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, (kinds, image) in enumerate(zip(_shoot_kinds(count), pictures(), strict=False)):
        for kind in kinds:
            kind(folder, number, image)


def _taken(number: int) -> datetime:
    burst, within = divmod(number, _BURST)
    return _NOON + timedelta(seconds=10 * burst + within / 5)


def _jpeg_12(folder: Path, number: int, image: UInt8Array) -> Path:
    return _jpeg(folder / f"IMG_{number:05d}.jpg", number, enlarged(image, SIZE_12, number))


def _jpeg(path: Path, number: int, image: UInt8Array, bias_ev: float | None = None) -> Path:
    taken, exif = _taken(number), Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Acme", "X1"
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    inner[ExifTags.Base.DateTimeOriginal] = f"{taken:%Y:%m:%d %H:%M:%S}"
    inner[ExifTags.Base.SubsecTimeOriginal] = f"{taken.microsecond // 1000:03d}"
    if bias_ev is not None:
        inner[ExifTags.Base.ExposureBiasValue] = bias_ev
        inner[ExifTags.Base.ExposureMode] = 2
    block = b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")
    data = jpeg(image)
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + data[2:])
    return settle(path)


def _previews(image: UInt8Array, number: int) -> list[JpegPreview]:
    """Thumbnail, small preview and full preview of a camera of 24 megapixels."""
    full = enlarged(image, SIZE_24, number)
    return [
        _preview(_reduced(full, _THUMBNAIL)), _preview(_reduced(full, _SMALL)), _preview(full),
    ]  # fmt: skip


def _reduced(image: UInt8Array, longer: int) -> UInt8Array:
    scale = longer / max(image.shape[:2])
    size = round(image.shape[1] * scale), round(image.shape[0] * scale)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _preview(image: UInt8Array) -> JpegPreview:
    return JpegPreview(jpeg(image, _QUALITY_OF_PREVIEWS), image.shape[1], image.shape[0])


def _raw_with(keep: slice) -> Callable[[Path, int, UInt8Array], Path]:
    def write(folder: Path, number: int, image: UInt8Array) -> Path:
        path, taken = folder / f"IMG_{number:05d}.dng", _taken(number)
        write_raw(path, _previews(image, number)[keep], f"{taken:%Y:%m:%d %H:%M:%S}", taken.microsecond // 1000)
        return settle(path)

    return write


def _heic_12(folder: Path, number: int, image: UInt8Array) -> Path:
    try:
        import pillow_heif  # noqa: PLC0415  in the dev extra
    except ImportError:
        raise SkippedError("pillow-heif, which writes HEIC, is not installed: pip install pillow-heif") from None
    path, buffer = folder / f"IMG_{number:05d}.heic", io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(enlarged(image, SIZE_12, number))).save(buffer, quality=70)
    path.write_bytes(buffer.getvalue())
    return settle(path)


def _live_clip(folder: Path, number: int, image: UInt8Array) -> Path:
    path = folder / f"IMG_{number:05d}.mov"
    small = cv2.cvtColor(_reduced(image, 640), cv2.COLOR_RGB2BGR)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 15, (small.shape[1], small.shape[0]))
    for _ in range(30):
        writer.write(small)
    writer.release()
    return settle(path)


def _bracket(folder: Path, number: int, image: UInt8Array) -> Path:
    large = enlarged(image, SIZE_12, number)
    for step, bias_ev in enumerate((0.0, -2.0, 2.0)):
        shown = np.clip(large.astype(np.float32) * 2.0 ** (bias_ev / 2.2), 0, 255).astype(np.uint8)
        _jpeg(folder / f"IMG_{number:05d}_{step}.jpg", number, shown, bias_ev)
    return folder / f"IMG_{number:05d}_0.jpg"


def _shoot_kinds(count: int) -> Iterator[list[Callable[[Path, int, UInt8Array], Path]]]:
    """Yield the files of each picture until there are about count."""
    raw = _raw_with(slice(None))
    first: Callable[[Path, int, UInt8Array], Path] = _heic_12
    try:
        import pillow_heif  # noqa: F401, PLC0415  in the dev extra
    except ImportError:
        first = _jpeg_12
    ten = [[raw, _jpeg_12]] * 4 + [[raw]] * 2 + [[_jpeg_12]] * 2 + [[first, _live_clip], [_bracket]]
    written = number = 0
    while written < count:
        kinds = ten[number * 3 % 10]
        yield kinds
        written += 3 if kinds == [_bracket] else len(kinds)
        number += 1


_JPEG_BY = "Pillow (libjpeg-turbo), at the half or quarter that is enough"
KINDS: Mapping[str, FileKind] = {
    "JPEG, 12 MP": FileKind(_JPEG_BY, _jpeg_12),
    "raw, 24 MP, with a small preview": FileKind("its preview of 1.7 MP, by Pillow", _raw_with(slice(None))),
    "raw, 24 MP, one preview of all": FileKind(
        "its preview of 24 MP, by Pillow, at half its size", _raw_with(slice(0, None, 2))
    ),
    "HEIC, 12 MP": FileKind("pi-heif (libheif, libde265), all of it", _heic_12),
}
