"""What of a file a picture comes from: the whole of it, or of a camera's raw file a preview and what its headers say.

A raw file holds 20 to 100 MB, its previews 0.3 to 10: to read only what is looked at is most of the speed with which
raw files are gone through from a disk or a card.
"""

from __future__ import annotations

import contextlib
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL import ExifTags, Image

from livecam.errors import SourceError
from livecam.photos.exif import camera_of, captured_at, exposure_of
from livecam.photos.raw_previews import Preview, previews_of
from livecam.photos.tiff_tags import reader_of

# Of the pixels that are asked for of the shorter side: a preview with so many is taken, for the next larger one is
# most often all of the picture. With 1080 pixels in place of 1500, 113 research photos at 24 megapixels show as many
# faces each, but for false ones in pictures without any (3 for 1); and sharpness is measured on 384 pixels of a face.
_ENOUGH = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """data: of the whole file, or of a JPEG preview in a raw file.

    exif: what the raw file itself says; None with the whole file.  width, height: of the largest preview, as stored.
    """

    data: bytes
    exif: Image.Exif | None = None
    width: int = 0
    height: int = 0

    @property
    def identity(self) -> bytes:
        """All that a picture depends on: two files with the same identity give the same."""
        if self.exif is None:
            return self.data
        said = captured_at(self.exif), camera_of(self.exif), exposure_of(self.exif), self.width, self.height
        return self.data + repr((*said, self.exif.get(ExifTags.Base.Orientation))).encode()


def load(path: Path, *, raw: bool, min_side_px: int | None = None) -> Stored:
    """Read what is needed of the file at path.

    raw: it is a camera's raw file.  min_side_px: pixels of the shorter side that are enough; see ``read.decode``.
    Raises SourceError if it is no file, cannot be read or holds nothing.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
            raise SourceError(f"{path} is not a file: check the path")
        with path.open("rb") as file:
            preview = _preview_in(file, min_side_px) if raw and min_side_px is not None else None
            if preview is not None:
                return preview
            file.seek(0)
            data = file.read()
    except FileNotFoundError:
        raise SourceError(f"no such file: {path}: check the path") from None
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}): check its permissions") from None
    if not data:
        raise SourceError(f"{path} is empty (0 bytes): copy it again")
    return Stored(data)


def _preview_in(file: BinaryIO, min_side_px: int) -> Stored | None:
    """The smallest preview that is enough; None if none is found here: LibRaw knows more kinds of files."""
    read, size = reader_of(file)
    previews = previews_of(read, size)
    chosen = previews.smallest(round(_ENOUGH * min_side_px)) if previews is not None else None
    if previews is None or chosen is None:
        return None
    data = read(chosen.start, chosen.length)
    if len(data) < chosen.length:
        return None
    largest: Preview = previews.all[-1]
    exif = Image.Exif()
    with contextlib.suppress(Exception):  # damaged: the picture is worth more than its time
        file.seek(0)
        exif.load_from_fp(file)
        exif.get_ifd(ExifTags.IFD.Exif)  # now, while the file is open
    exif[ExifTags.Base.Orientation] = previews.orientation
    return Stored(data, exif, largest.width, largest.height)
