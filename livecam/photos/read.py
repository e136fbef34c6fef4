"""Reads any still picture: upright, in sRGB, as 8-bit RGB, with the time that the camera wrote into it.

PNG, WebP, AVIF, JPEG 2000, TIFF, BMP, GIF, TGA and PSD by Pillow, JPEG by OpenCV; HEIC by pi-heif and camera RAW by
the preview that the camera put into it, both in the ``photos`` extra. A JPEG is decoded at a reduced size where that is
enough: at half of 12 megapixels that takes half the time.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from livecam.errors import SourceError
from livecam.photos.colour import is_srgb, to_8_bit, to_srgb
from livecam.photos.direct import DIVISORS, direct_pixels, in_blocks, turned
from livecam.photos.exif import UNKNOWN_EXPOSURE, Exposure, camera_of, captured_at, exposure_of
from livecam.photos.heif_items import items_are_text
from livecam.photos.jpeg_end import lacks_its_end, with_end
from livecam.photos.lost_end import lacks_its_directory, lost_its_end, lost_its_rows
from livecam.photos.stored import Stored, load
from livecam.photos.tiff import UnreadableTiffError, decode_misread, turn_to_picture
from livecam.types import UInt8Array

__all__ = ["HEIC_SUFFIXES", "JPEG_SUFFIXES", "PHOTO_SUFFIXES", "RAW_SUFFIXES", "Photo", "decode", "read", "stored"]

JPEG_SUFFIXES = frozenset((".jfif", ".jpe", ".jpeg", ".jpg"))
HEIC_SUFFIXES = frozenset((".heic", ".heics", ".heif", ".heifs", ".hif"))
RAW_SUFFIXES = frozenset((
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq", ".kdc", ".mef", ".mos",
    ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srw", ".x3f",
))  # fmt: skip
PHOTO_SUFFIXES = JPEG_SUFFIXES | HEIC_SUFFIXES | RAW_SUFFIXES | {
    ".apng", ".avif", ".avifs", ".bmp", ".dib", ".gif", ".j2c", ".j2k", ".jfi", ".jif", ".jp2", ".jpc",
    ".jpf", ".jps", ".jpx", ".mpo", ".pbm", ".pcx", ".pfm", ".pgm", ".png", ".pnm", ".ppm", ".psd",
    ".qoi", ".ras", ".sgi", ".tga", ".tif", ".tiff", ".webp",
}  # fmt: skip
# The largest cameras give 150 megapixels, stitched panoramas more; a picture that only claims to be large must not
# take the machine's memory. Set by hand.
MAX_PIXELS = 300_000_000
Image.MAX_IMAGE_PIXELS = None  # Pillow's own limit would warn at 90 megapixels; the one above stands in its place
_JPEG_BEGINS = b"\xff\xd8\xff"
_EXTRA = 'pip install "livecam[photos]", or save it as JPEG'
_CONVERT = "open it elsewhere and save it as JPEG"
# LibRaw's code for how a raw picture is to be turned, as EXIF's orientation.
_ORIENTATION_OF_FLIP: Mapping[int, int] = {3: 3, 5: 8, 6: 6}


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A decoded picture.

    image: uint8 (H, W, 3), RGB, sRGB, upright; maybe at a reduced size.  width, height: of the whole picture, upright,
    pixels.  captured: as the camera wrote it, with sub-seconds if it has them; aware if it names an offset.
    camera: make, model and serial number, as far as they are known.  exposure: how it was exposed.
    """

    image: UInt8Array
    width: int
    height: int
    captured: datetime | None = None
    camera: str = ""
    exposure: Exposure = UNKNOWN_EXPOSURE


def read(path: Path, *, min_side_px: int | None = None) -> Photo:
    """Read the picture at path; see ``decode``. Raises SourceError."""
    return decode(stored(path, min_side_px=min_side_px), path, min_side_px=min_side_px)


def stored(path: Path, *, min_side_px: int | None = None) -> Stored:
    """Return what ``decode`` needs of the file at path. Raises SourceError if it is none or cannot be read."""
    return load(path, raw=_is_raw(path), min_side_px=min_side_px)


def decode(found: Stored, path: Path, *, min_side_px: int | None = None) -> Photo:
    """Decode a picture that was read from path, whose suffix tells RAW from TIFF.

    min_side_px: pixels of the shorter side that are enough; the picture comes out somewhere between that and twice
    that, if it is not smaller itself; of a raw file, the preview that comes near it is taken. Whole if None. Raises
    SourceError.
    """
    if found.exif is not None:
        photo = _decode(found.data, path.with_suffix(".jpg"), min_side_px, found.exif)
        width, height = found.width, found.height
        if (photo.width < photo.height) != (width < height):
            width, height = height, width
        return replace(photo, width=width, height=height)
    if _is_raw(path) and not found.data.startswith(_JPEG_BEGINS):  # somebody's JPEG by a raw file's name
        return _decode_raw(found.data, path, min_side_px)
    return _decode(found.data, path, min_side_px, None)


def _is_raw(path: Path) -> bool:
    return path.suffix.lower() in RAW_SUFFIXES


def _decode(data: bytes, path: Path, min_side_px: int | None, raw_exif: Image.Exif | None) -> Photo:
    if path.suffix.lower() in HEIC_SUFFIXES or _is_heic(data):
        _enable_heic(data, path)
    whole = with_end(data) if lacks_its_end(data) else data
    if whole is None or lost_its_end(data):
        raise _damaged(path, "nothing but zeros from a place on")
    data = whole
    try:
        with Image.open(io.BytesIO(data)) as image:
            if isinstance(image, ImageFile.ImageFile):
                # All at once: Pillow's pieces of 64 KB would each wait for whichever thread holds the interpreter.
                image.decodermaxblock = max(len(data), ImageFile.MAXBLOCK)
            return _finish(image, data, path, min_side_px, raw_exif)
    except UnidentifiedImageError:
        raise _unknown(path, data) from None
    except UnreadableTiffError as error:
        raise SourceError(f"{path} is a TIFF of a kind that cannot be read ({error}): {_CONVERT}") from None
    except (OSError, EOFError, ValueError, SyntaxError, TypeError, IndexError, ArithmeticError, RuntimeError) as error:
        if isinstance(error, SourceError):
            raise
        whole = with_end(data) if isinstance(error, OSError) else None
        if whole is not None:
            return _decode(whole, path, min_side_px, raw_exif)
        # Pillow's readers raise all of these on damaged files, and libheif's a RuntimeError for impossible sizes.
        raise _damaged(path, _brief(error)) from error


def _damaged(path: Path, why: str) -> SourceError:
    return SourceError(f"{path} is damaged or cut short ({why}): copy it again")


def _unknown(path: Path, data: bytes) -> SourceError:
    """What to say of what Pillow does not know."""
    if lacks_its_directory(data):
        return _damaged(path, "its directory is lost")
    return SourceError(f"{path} is not a picture that can be read: {_CONVERT}")


def _finish(image: Image.Image, data: bytes, path: Path, min_side_px: int | None, raw_exif: Image.Exif | None) -> Photo:
    _refuse_too_large(image, path)
    exif = image.getexif()  # of a TIFF that of the first page
    turn_to_picture(image)
    _refuse_too_large(image, path)
    tiles = image.tile if isinstance(image, ImageFile.ImageFile) else []
    if tiles and tiles[0].codec_name == "raw" and lost_its_rows(data, tiles[0].offset, image.height):
        raise _damaged(path, "nothing but zeros from a place on")
    width, height = image.size
    orientation = exif.get(ExifTags.Base.Orientation, 1)
    if raw_exif is not None:
        # The preview of some cameras says how it is to be turned, others leave that to the raw file.
        if ExifTags.Base.Orientation not in exif:
            orientation = raw_exif.get(ExifTags.Base.Orientation, 1)
        if captured_at(raw_exif) is not None:  # with sub-seconds, which LibRaw leaves out where it adds a time itself
            exif = raw_exif
    pixels = _pixels(image, data, min_side_px)
    if isinstance(orientation, int):
        pixels = turned(pixels, orientation)
        if 5 <= orientation <= 8:
            width, height = height, width
    return Photo(pixels, width, height, captured_at(exif), camera_of(exif), exposure_of(exif))


def _refuse_too_large(image: Image.Image, path: Path) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        limit = f"{MAX_PIXELS // 1_000_000} megapixels"
        raise SourceError(f"{path} claims {width} x {height} pixels, more than {limit}: save it smaller")


def _pixels(image: Image.Image, data: bytes, min_side_px: int | None) -> UInt8Array:
    """The pixels in sRGB, as stored, of as many as are enough."""
    profile, shorter = image.info.get("icc_profile"), min(image.size)
    enough = shorter if min_side_px is None else max(min_side_px, 1)
    divisor = next(one for one in DIVISORS if one == 1 or shorter >= one * enough)
    pixels = direct_pixels(image, data, divisor)
    if pixels is not None:
        pixels = in_blocks(pixels, min(pixels.shape[:2]) // enough)
        return pixels if is_srgb(profile) else np.asarray(to_srgb(Image.fromarray(pixels), profile), np.uint8)
    if divisor > 1:
        image.draft(None, (image.width // divisor, image.height // divisor))  # of JPEGs only
    picture = decode_misread(image, data) or to_8_bit(image)
    if (step := min(picture.size) // enough) >= 2:
        picture = picture.reduce(step)
    return np.asarray(to_srgb(picture, profile), np.uint8)


def _is_heic(data: bytes) -> bool:
    return data[4:8] == b"ftyp" and data[8:12] in {b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis", b"hevc"}


def _enable_heic(data: bytes, path: Path) -> None:
    """Let Pillow read HEIC. Raises SourceError where it cannot, or would not survive it."""
    if not items_are_text(data):
        raise SourceError(f"{path} is damaged (what is in it has no name that is text): copy it again")
    try:
        _register_heif()
    except ImportError:
        raise SourceError(f"{path} is a HEIC picture, for which a package is missing: {_EXTRA}") from None


@cache
def _register_heif() -> None:
    from pi_heif import register_heif_opener  # noqa: PLC0415  in an extra

    register_heif_opener()


def _decode_raw(data: bytes, path: Path, min_side_px: int | None) -> Photo:
    """Decode the preview that the camera put into a raw file; developing the raw data itself takes seconds."""
    try:
        import rawpy  # noqa: PLC0415  in an extra
    except ImportError:
        raise SourceError(f"{path} is a camera's raw file, for which a package is missing: {_EXTRA}") from None
    try:
        with rawpy.imread(io.BytesIO(data)) as raw:
            thumb, flip = raw.extract_thumb(), _ORIENTATION_OF_FLIP.get(raw.sizes.flip, 1)
    except (rawpy.LibRawError, OSError, ValueError) as error:
        raise SourceError(f"{path} has no preview that can be read ({_brief(error)}): {_CONVERT}") from error
    exif = _exif_of_raw(data, flip)
    if thumb.format is rawpy.ThumbFormat.JPEG:
        return _decode(bytes(thumb.data), path.with_suffix(".jpg"), min_side_px, exif)
    bitmap = io.BytesIO()
    Image.fromarray(np.asarray(thumb.data, np.uint8)).save(bitmap, "PPM")
    return _decode(bitmap.getvalue(), path.with_suffix(".ppm"), min_side_px, exif)


def _exif_of_raw(data: bytes, flip: int) -> Image.Exif:
    """What the raw file itself, most often a kind of TIFF, says of time, camera and orientation."""
    exif = Image.Exif()
    with contextlib.suppress(Exception):  # not TIFF inside, or damaged: the picture is worth more than its time
        if data[:4] in {b"II*\0", b"MM\0*"}:
            exif.load(data)
    exif[ExifTags.Base.Orientation] = flip
    return exif


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:100].rstrip(".") or type(error).__name__
