"""Makes files of one exposure as cameras and phones write them: only their headers say anything."""

from __future__ import annotations

import os
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import ExifTags, Image

from tests.photos.mark_factories import box

NOON = datetime(2026, 5, 1, 12, 0, 0)  # noqa: DTZ001  a camera's clock knows no zone
_CANON_ID = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")


def apple_note(content_id: str) -> bytes:
    """Apple's maker note, whose offsets count from its own beginning."""
    value = content_id.encode() + b"\0"
    entries = struct.pack(">HHII", 1, 9, 1, 14) + struct.pack(">HHII", 0x11, 2, len(value), 14 + 2 + 24 + 4)
    return b"Apple iOS\0\0\1MM" + struct.pack(">H", 2) + entries + bytes(4) + value


def exif_of(
    seconds: float | None, model: str = "ILCE-7M4", serial: str = "", offset: str = "", content_id: str = ""
) -> Image.Exif:
    """EXIF of a photo that was taken seconds after noon; without a time if None. content_id: of a live photo."""
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = model
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    if seconds is not None:
        inner[ExifTags.Base.DateTimeOriginal] = f"{NOON + timedelta(seconds=seconds):%Y:%m:%d %H:%M:%S}"
    if offset:
        inner[ExifTags.Base.OffsetTimeOriginal] = offset
    if serial:
        inner[ExifTags.Base.BodySerialNumber] = serial
    if content_id:
        exif[ExifTags.Base.Make] = "Apple"
        inner[ExifTags.Base.MakerNote] = apple_note(content_id)
    return exif


def make_shot(
    path: Path,
    seconds: float | None = 0.0,
    *,
    model: str = "ILCE-7M4",
    serial: str = "",
    offset: str = "",
    content_id: str = "",
) -> Path:
    """A photo of the kind that path's suffix names; a raw file is only its header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = exif_of(seconds, model, serial, offset, content_id)
    kind = path.suffix.lower()
    if kind in {".jpg", ".jpeg", ".tif", ".png", ".webp"}:
        Image.new("RGB", (16, 12), "teal").save(path, exif=exif)
    elif kind == ".heic":
        import pillow_heif  # noqa: PLC0415  writes HEIC, in the dev extra

        pillow_heif.from_pillow(Image.new("RGB", (64, 48), "teal")).save(path, exif=exif.tobytes())
    elif kind == ".cr3":
        inner = Image.Exif()
        inner.update(exif.get_ifd(ExifTags.IFD.Exif))
        first = Image.Exif()
        first[ExifTags.Base.Model] = model
        blocks = box(b"CMT1", first.tobytes()[6:]) + box(b"CMT2", inner.tobytes()[6:])
        path.write_bytes(box(b"ftyp", b"crx \0\0\0\1") + box(b"moov", box(b"uuid", _CANON_ID + blocks)))
    elif kind == ".raf":
        jpeg = make_shot(path.with_suffix(".jpg.tmp.jpg"), seconds, model=model, serial=serial, offset=offset)
        data = jpeg.read_bytes()
        jpeg.unlink()
        path.write_bytes(b"FUJIFILMCCD-RAW 0201FF".ljust(84, b"\0") + struct.pack(">II", 92, len(data)) + data)
    else:
        magic = {".orf": b"IIRO", ".rw2": b"IIU\0"}.get(kind, b"II*\0")
        block = exif.tobytes()[6:]
        path.write_bytes((magic if block[:2] == b"II" else block[:4]) + block[4:])
    return path


def make_movie(
    path: Path,
    length_s: float = 3.0,
    created_s: float | None = None,
    *,
    wide: bool = False,
    written_s: float = 0.0,
    content_id: str = "",
) -> Path:
    """The header of a MOV. created_s: what it says, seconds after noon UTC.  written_s: the file itself, so.

    content_id: of the live photo whose moving part it is; with wide as ISO has such metadata, else as QuickTime.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    epoch = datetime(1904, 1, 1, tzinfo=UTC)
    since = 0 if created_s is None else int((NOON.replace(tzinfo=UTC) - epoch).total_seconds() + created_s)
    form = ">IQQIQ" if wide else ">IIIII"
    header = struct.pack(form, wide << 24, since, since, 600, round(600 * length_s))
    boxes = box(b"mvhd", header + bytes(80)) + (_apple_metadata(content_id, iso=wide) if content_id else b"")
    path.write_bytes(box(b"ftyp", b"qt  ") + box(b"mdat", bytes(64)) + box(b"moov", boxes))
    return written(path, written_s)


def _apple_metadata(content_id: str, *, iso: bool) -> bytes:
    """Two keys, of which the second is the identifier."""
    keys = (b"com.apple.quicktime.make", b"com.apple.quicktime.content.identifier")
    values = (b"Apple", content_id.encode())
    named = b"".join(box(b"mdta", key) for key in keys)
    items = b"".join(
        box(struct.pack(">I", number), box(b"data", struct.pack(">II", 1, 0) + value))
        for number, value in enumerate(values, 1)
    )
    handler = box(b"hdlr", bytes(8) + b"mdta" + bytes(14))
    inside = handler + box(b"keys", struct.pack(">II", 0, 2) + named) + box(b"ilst", items)
    return box(b"meta", bytes(4) * iso + inside)


def written(path: Path, seconds: float) -> Path:
    """Give the file the time that is seconds after noon UTC."""
    moment = NOON.replace(tzinfo=UTC).timestamp() + seconds
    os.utime(path, (moment, moment))
    return path
