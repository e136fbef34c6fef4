"""When a photo was taken, and by which camera, by its EXIF block."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from PIL import ExifTags, Image


def captured_at(exif: Image.Exif) -> datetime | None:
    """The time of the exposure: DateTimeOriginal, else when it was digitised, else the file's own DateTime."""
    tag = ExifTags.Base
    inner: Mapping[int, object] = {}
    with contextlib.suppress(Exception):  # a damaged EXIF block says no time; Pillow's reader raises anything
        inner = exif.get_ifd(ExifTags.IFD.Exif)
    choices = (
        (inner.get(tag.DateTimeOriginal), inner.get(tag.SubsecTimeOriginal), inner.get(tag.OffsetTimeOriginal)),
        (inner.get(tag.DateTimeDigitized), inner.get(tag.SubsecTimeDigitized), inner.get(tag.OffsetTimeDigitized)),
        (exif.get(tag.DateTime), inner.get(tag.SubsecTime), inner.get(tag.OffsetTime)),
    )
    return next((found for texts in choices if (found := _time(*map(_text, texts))) is not None), None)


def _time(text: str, fraction: str, offset: str) -> datetime | None:
    try:
        moment = datetime.strptime(text[:19].replace("-", ":"), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007  set below
    except ValueError:
        return None
    if fraction.isdigit():
        moment = moment.replace(microsecond=int(f"{fraction[:6]:0<6}"))
    with contextlib.suppress(ValueError):
        hours, minutes = offset[1:].split(":")
        way = {"+": 1, "-": -1}.get(offset[:1], 0)
        if way:
            moment = moment.replace(tzinfo=timezone(way * timedelta(hours=int(hours), minutes=int(minutes))))
    return moment


def camera_of(exif: Image.Exif) -> str:
    """Make, model and serial number, as far as they are known."""
    tag = ExifTags.Base
    serial = ""
    with contextlib.suppress(Exception):  # see captured_at
        serial = _text(exif.get_ifd(ExifTags.IFD.Exif).get(tag.BodySerialNumber))
    return " ".join(filter(None, (_text(exif.get(tag.Make)), _text(exif.get(tag.Model)), serial)))


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return value.strip("\0 ") if isinstance(value, str) else ""
