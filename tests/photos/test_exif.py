"""What EXIF says of how a photo was exposed is read, and what is damaged is not believed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from livecam.photos.exif import UNKNOWN_EXPOSURE, Exposure, exposure_of
from livecam.photos.read import decode

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
    return decode(jpeg(**tags), Path("a.jpg")).exposure


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
