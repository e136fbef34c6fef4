"""Pictures as cameras store them, each encoded once in each way, whatever number of files is made of it."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from functools import cache
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image

from benchmarks.best.photos import DENOISED, SIZE_12, SIZE_24, enlarged, jpeg, pictures
from benchmarks.best.raws import JpegPreview
from livecam.types import UInt8Array

# As long as every other time, in whose place it is put into what was encoded once.
TIME_TO_BE_SET = "2000:01:01 00:00:00"
_QUALITY_OF_PREVIEWS = 85
_SMALL, _THUMBNAIL = 1620, 160  # pixels of the longer side
_HEICS = 8  # of which there are no more, for each takes seconds
_BRACKET_EV = (0.0, -2.0, 2.0)


class SkippedError(Exception):
    """A kind that cannot be written here. str: why."""


class EncodedPictures:
    """Distinct pictures, as many as are wanted; number n is that modulo their count."""

    def __init__(self, count: int) -> None:
        """count: of distinct pictures."""
        self._images = list(islice(pictures(), count))
        # By number, each for as long as self lives.
        self._jpeg, self._bracket = cache(self._encode_jpeg), cache(self._encode_bracket)
        self._previews, self._heic = cache(self._encode_previews), cache(self._encode_heic)
        self._clip = cache(self._encode_clip)

    def jpeg(self, number: int) -> bytes:
        """Return 12 megapixels, without EXIF."""
        return self._jpeg(number % len(self._images))

    def bracket(self, number: int) -> Sequence[tuple[float, bytes]]:
        """Return three exposures, each with its bias, EV."""
        return self._bracket(number % len(self._images))

    def previews(self, number: int) -> list[JpegPreview]:
        """Return the thumbnail, the small preview and the full one of a camera of 24 megapixels."""
        return self._previews(number % len(self._images))

    def heic(self, number: int) -> bytes:
        """Return 12 megapixels with ``TIME_TO_BE_SET``. Raises SkippedError if no HEIC can be written here."""
        return self._heic(number % min(len(self._images), _HEICS))

    def clip(self, number: int) -> bytes:
        """Return two seconds, 640 pixels wide."""
        return self._clip(number % len(self._images))

    def _encode_jpeg(self, number: int) -> bytes:
        return jpeg(enlarged(self._images[number], SIZE_12, number))

    def _encode_bracket(self, number: int) -> list[tuple[float, bytes]]:
        large = enlarged(self._images[number], SIZE_12, number).astype(np.float32)
        return [(ev, jpeg(np.clip(large * 2.0 ** (ev / 2.2), 0, 255).astype(np.uint8))) for ev in _BRACKET_EV]

    def _encode_previews(self, number: int) -> list[JpegPreview]:
        full = enlarged(self._images[number], SIZE_24, number)
        return [_preview(_reduced(full, _THUMBNAIL)), _preview(_reduced(full, _SMALL)), _preview(full)]

    def _encode_heic(self, number: int) -> bytes:
        try:
            import pillow_heif  # noqa: PLC0415  in the dev extra
        except ImportError:
            raise SkippedError("pillow-heif, which writes HEIC, is not installed: pip install pillow-heif") from None
        image, buffer = enlarged(self._images[number], SIZE_12, number, DENOISED), io.BytesIO()
        exif = camera_exif(TIME_TO_BE_SET)
        # The encoder's fastest way: nothing of what is decoded changes by a slower one but a fifth of its length.
        preset = {"preset": "ultrafast"}
        pillow_heif.from_pillow(Image.fromarray(image)).save(buffer, quality=70, exif=exif, enc_params=preset)
        return buffer.getvalue()

    def _encode_clip(self, number: int) -> bytes:
        small = cv2.cvtColor(_reduced(self._images[number], 640), cv2.COLOR_RGB2BGR)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "clip.mov")
            size = small.shape[1], small.shape[0]
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 15, size)
            for _ in range(30):
                writer.write(small)
            writer.release()
            return path.read_bytes()


def camera_exif(captured: str, ms: int = 0, bias_ev: float | None = None) -> bytes:
    """Return the block of a camera: what it writes into a JPEG behind "Exif". captured, ms: as EXIF has it."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Acme", "X1"
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    inner[ExifTags.Base.DateTimeOriginal] = captured
    inner[ExifTags.Base.SubsecTimeOriginal] = f"{ms:03d}"
    if bias_ev is not None:
        inner[ExifTags.Base.ExposureBiasValue] = bias_ev
        inner[ExifTags.Base.ExposureMode] = 2
    return b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")


def _reduced(image: UInt8Array, longer: int) -> UInt8Array:
    scale = longer / max(image.shape[:2])
    size = round(image.shape[1] * scale), round(image.shape[0] * scale)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _preview(image: UInt8Array) -> JpegPreview:
    return JpegPreview(jpeg(image, _QUALITY_OF_PREVIEWS), image.shape[1], image.shape[0])
