"""What EXIF says of how a photo was exposed is read, and what is damaged is not believed."""

from __future__ import annotations

import io
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from livecam.photos.exif import UNKNOWN_EXPOSURE, Exposure, captured_at, exposure_of, parse_time
from livecam.photos.read import decode
from livecam.photos.stored import Stored

TAG = ExifTags.Base


def jpeg(**tags: object) -> bytes:
    """A photo with these tags by their EXIF name."""
    exif = Image.Exif()
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    for name, value in tags.items():
        inner[getattr(TAG, name)] = value
    data = io.BytesIO()
    Image.new("RGB", (8, 8)).save(data, "JPEG", exif=exif)
    return data.getvalue()


def exposure(**tags: object) -> Exposure:
    return decode(Stored(jpeg(**tags)), Path("a.jpg")).exposure


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026:06:20 12:00:01", datetime(2026, 6, 20, 12, 0, 1)),  # noqa: DTZ001
        ("2026-06-20T12:00:01", datetime(2026, 6, 20, 12, 0, 1)),  # noqa: DTZ001
        ("2026/06/20 12:00:01+02:00", datetime(2026, 6, 20, 12, 0, 1)),  # noqa: DTZ001
        ("2026:6:20 9:05:07", datetime(2026, 6, 20, 9, 5, 7)),  # noqa: DTZ001
        ("2026: 6: 2  9: 5: 7", datetime(2026, 6, 2, 9, 5, 7)),  # noqa: DTZ001
        ("2026:06:20 24:14:03", datetime(2026, 6, 21, 0, 14, 3)),  # noqa: DTZ001
        ("2026:06:30 23:59:60", datetime(2026, 6, 30, 23, 59, 59)),  # noqa: DTZ001
        ("2026:06:20 25:00:00", None),
        ("0000:00:00 00:00:00", None),
        ("0001:01:01 00:00:00", None),
        ("    :  :     :  :  ", None),
        ("9999:12:31 24:00:00", None),
    ],
)
def test_times_are_read_as_programs_write_them(text: str, moment: datetime | None) -> None:
    assert parse_time(text) == moment


@pytest.mark.parametrize(
    ("offset", "hours"),
    [("+02:00", 2), ("-0400", -4), ("Z", 0), ("+05:30", 5.5), ("+5:30", 5.5), ("", None), ("CET", None)],
)
def test_zones_are_read_as_programs_write_them(offset: str, hours: float | None) -> None:
    found = parse_time("2026:10:25 02:30:00", "5 ", offset)

    assert found is not None
    assert found.microsecond == 500_000
    assert found.utcoffset() == (None if hours is None else timedelta(hours=hours))


def test_a_zone_that_leads_beyond_all_time_is_left_out() -> None:
    assert parse_time("9999:12:31 23:59:59", "", "-12:00") == datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001


def test_a_bracket_says_so_and_by_how_much_it_was_exposed_otherwise() -> None:
    found = exposure(ExposureMode=2, ExposureBiasValue=-2.0, ExposureTime=0.001)

    assert (found.bracketed, found.bias_ev) == (True, -2.0)
    assert found.time_s == pytest.approx(0.001)
    assert not exposure(ExposureMode=1).bracketed


@pytest.mark.parametrize(
    "brighter",
    [
        {"ExposureTime": 0.04, "FNumber": 8.0, "ISOSpeedRatings": 100},
        {"ExposureTime": 0.01, "FNumber": 4.0, "ISOSpeedRatings": 100},
        {"ExposureTime": 0.01, "FNumber": 8.0, "ISOSpeedRatings": 400},
    ],
)
def test_time_aperture_and_iso_make_a_picture_two_stops_brighter(brighter: dict[str, float]) -> None:
    here, there = exposure(ExposureTime=0.01, FNumber=8.0, ISOSpeedRatings=100), exposure(**brighter)

    assert here.value_ev is not None
    assert there.value_ev == pytest.approx(here.value_ev + 2, abs=1e-3)


def test_the_lens_and_whether_the_camera_names_its_serial_number() -> None:
    found = exposure(LensModel="RF 50mm F1.8", BodySerialNumber="0123")

    assert (found.lens, found.serial) == ("RF 50mm F1.8", True)


def test_a_photo_that_says_nothing_is_of_unknown_exposure() -> None:
    assert exposure() == UNKNOWN_EXPOSURE


@pytest.mark.parametrize("value", ["much", b"\xff", (), None, float("nan"), float("inf")])
def test_values_that_are_no_numbers_are_none(value: object) -> None:
    exif = Image.Exif()
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    for tag in (TAG.ExposureBiasValue, TAG.ExposureTime, TAG.FNumber, TAG.ISOSpeedRatings):
        inner[tag] = value

    assert exposure_of(exif) == UNKNOWN_EXPOSURE


@pytest.mark.parametrize("time_s", [0.0, -1.0])
def test_a_time_that_cannot_be_makes_no_value(time_s: float) -> None:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[TAG.ExposureTime] = time_s

    assert exposure_of(exif).value_ev is None


def captured(edited: str | None = None, **tags: object) -> datetime | None:
    """When a photo with these tags was taken. edited: the file's own time."""
    exif = Image.Exif()
    if edited is not None:
        exif[TAG.DateTime] = edited
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    for name, value in tags.items():
        inner[getattr(TAG, name)] = value
    return captured_at(exif)


def test_an_offset_that_only_the_files_own_time_has_counts_until_the_file_is_edited() -> None:
    taken = "2026:10:25 02:30:00"
    hour = timedelta(hours=1)

    assert captured(taken, DateTimeOriginal=taken, OffsetTime="+01:00") == datetime(
        2026, 10, 25, 2, 30, tzinfo=timezone(hour)
    )
    assert captured("2026:12:01 00:00:00", DateTimeOriginal=taken, OffsetTime="+01:00") == datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001  a camera's clock
    own = captured(taken, DateTimeOriginal=taken, OffsetTime="+01:00", OffsetTimeOriginal="+02:00")
    assert own is not None
    assert own.utcoffset() == 2 * hour
