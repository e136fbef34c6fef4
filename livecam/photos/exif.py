"""When a photo was taken, by which camera, and how it was exposed, by its EXIF block."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from PIL import ExifTags, Image

from livecam.photos.maker_notes import Drive, drive_of

_AUTO_BRACKET = 2  # of ExposureMode, EXIF 2.32
_MAKER_NOTE = 0x927C
_FIRST_PHOTO = 1826
# EXIF has colons and a space; programs that came from XMP or a system's settings write otherwise, and some cameras a
# space for a zero.
_TIME = re.compile(
    r"\s*(\d{4})[:/.-]( ?\d|\d\d)[:/.-]( ?\d|\d\d)[ T]( ?\d|[01]\d|2[0-4]):( ?\d|\d\d):( ?\d|\d\d)(?!\d)", re.ASCII
)
_OFFSET = re.compile(r"(?:(?P<way>[+-])(?P<hours>\d\d?):?(?P<minutes>\d\d)|[Zz])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Exposure:
    """How a photo was exposed, as far as the camera says.

    bracketed: it was one of an automatic exposure bracket.  focus_bracketed: one of a series in which the camera moved
    the focus, or the sensor (pixel shift).  bias_ev: exposure compensation, EV.  time_s: how long the shutter was open.
    value_ev: how bright time, aperture and ISO make a picture of one and the same scene, EV; only differences mean
    something.  lens: its name, "" if unknown.  serial: whether the camera names its serial number.
    """

    bracketed: bool = False
    focus_bracketed: bool = False
    bias_ev: float | None = None
    time_s: float | None = None
    value_ev: float | None = None
    lens: str = ""
    serial: bool = False


UNKNOWN_EXPOSURE = Exposure()


def captured_at(exif: Image.Exif) -> datetime | None:
    """The time of the exposure: DateTimeOriginal, else when it was digitised, else the file's own DateTime."""
    tag, inner = ExifTags.Base, _inner(exif)
    # Some cameras name the offset of the file's own time only, which is the same until somebody edits it.
    unedited = exif.get(tag.DateTime) == inner.get(tag.DateTimeOriginal)
    offset = inner.get(tag.OffsetTimeOriginal) or (inner.get(tag.OffsetTime) if unedited else None)
    choices = (
        (inner.get(tag.DateTimeOriginal), inner.get(tag.SubsecTimeOriginal), offset),
        (inner.get(tag.DateTimeDigitized), inner.get(tag.SubsecTimeDigitized), inner.get(tag.OffsetTimeDigitized)),
        (exif.get(tag.DateTime), inner.get(tag.SubsecTime), inner.get(tag.OffsetTime)),
    )
    return next((found for texts in choices if (found := parse_time(*map(_text, texts))) is not None), None)


def parse_time(text: str, fraction: str = "", offset: str = "") -> datetime | None:
    """The time that EXIF's three texts tell, aware if there is an offset; None if they tell none."""
    match = _TIME.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups())
    if year < _FIRST_PHOTO:  # what a program has for none, such as year 1
        return None
    try:
        # Some phones count the first hour of a day as the 24th of the day before; a leap second is the 60th.
        moment = datetime(year, month, day, hour % 24, minute, min(second, 59)) + timedelta(days=hour // 24)  # noqa: DTZ001
    except (ValueError, OverflowError):
        return None
    if (fraction := fraction.strip()).isdecimal():
        moment = moment.replace(microsecond=int(f"{fraction[:6]:0<6}"))
    return _with_offset(moment, offset.strip())


def _with_offset(moment: datetime, offset: str) -> datetime:
    """The time with its zone, where offset names one and the world's clock can show it."""
    match = _OFFSET.fullmatch(offset)
    if match is None:
        return moment
    from_utc = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    try:
        zoned = moment.replace(tzinfo=timezone(-from_utc if match["way"] == "-" else from_utc))
        zoned.astimezone(UTC)
    except (ValueError, OverflowError):  # a day and more, or the first or last day that there is
        return moment
    return zoned


def camera_of(exif: Image.Exif) -> str:
    """Make, model and serial number, as far as they are known."""
    tag = ExifTags.Base
    serial = _text(_inner(exif).get(tag.BodySerialNumber))
    return " ".join(filter(None, (_text(exif.get(tag.Make)), _text(exif.get(tag.Model)), serial)))


def exposure_of(exif: Image.Exif) -> Exposure:
    """How the photo was exposed, as far as it is said."""
    tag, inner = ExifTags.Base, _inner(exif)
    time_s, f_number, iso = (_number(inner.get(key)) for key in (tag.ExposureTime, tag.FNumber, tag.ISOSpeedRatings))
    value_ev = None
    if time_s is not None and time_s > 0:
        value_ev = math.log2(time_s)
        value_ev += math.log2(iso) if iso is not None and iso > 0 else 0.0
        value_ev -= 2 * math.log2(f_number) if f_number is not None and f_number > 0 else 0.0
    note = inner.get(_MAKER_NOTE)
    drive = drive_of(note, exif.endian or "<") if isinstance(note, bytes) else Drive()
    return Exposure(
        bracketed=inner.get(tag.ExposureMode) == _AUTO_BRACKET or drive.bracketed,
        focus_bracketed=drive.focus_bracketed,
        bias_ev=_number(inner.get(tag.ExposureBiasValue)),
        time_s=time_s,
        value_ev=value_ev,
        lens=_text(inner.get(tag.LensModel)),
        serial=bool(_text(inner.get(tag.BodySerialNumber))),
    )


def _inner(exif: Image.Exif) -> Mapping[int, object]:
    with contextlib.suppress(Exception):  # a damaged EXIF block says nothing; Pillow's reader raises anything
        return exif.get_ifd(ExifTags.IFD.Exif)
    return {}


def _number(value: object) -> float | None:
    """A number, or the first of several; None where there is none, or 1/0."""
    if isinstance(value, tuple) and value:
        value = value[0]
    with contextlib.suppress(TypeError, ValueError, ArithmeticError):
        number = float(value)  # type: ignore[arg-type]
        return number if math.isfinite(number) else None
    return None


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return value.strip("\0 ") if isinstance(value, str) else ""
