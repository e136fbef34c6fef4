"""Stars and XMP are found inside pictures of every kind."""

from __future__ import annotations

import struct
from datetime import datetime
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from livecam.photos.capture_header import PhotoHeader, photo_header
from livecam.photos.embedded import DamagedError, Embedded, embedded
from livecam.photos.tiff_tags import stars_of_percent
from tests.photos.mark_factories import box, exif, imagemagick_png, make_picture, packet, psd, tiff

KINDS = ["jpg", "webp", "png", "heic", "avif", "tif", "dng", "cr2", "nef", "pef", "raf", "jp2", "psd"]


@pytest.mark.parametrize("kind", [*KINDS, "cr3", "gif"])
def test_xmp_is_found_inside_every_kind_of_picture(tmp_path: Path, kind: str) -> None:
    photo = make_picture(tmp_path / f"a.{kind}", packet())

    assert [found.strip(b"\0") for found in embedded(photo).packets] == [packet()]


@pytest.mark.parametrize("kind", KINDS)
def test_the_stars_of_exif_are_found_inside_every_kind_of_picture(tmp_path: Path, kind: str) -> None:
    photo = make_picture(tmp_path / f"a.{kind}", rating=4, percent=25)

    assert embedded(photo) == Embedded(stars=(4, 2))


def test_a_picture_without_marks_has_none(tmp_path: Path) -> None:
    for kind in (*KINDS, "cr3", "gif"):
        assert embedded(make_picture(tmp_path / f"a.{kind}")) == Embedded()


def test_microsofts_percents_are_stars() -> None:
    stars = [stars_of_percent(percent) for percent in (-1, 0, 1, 12, 13, 25, 50, 75, 87, 88, 99, 100)]
    assert stars == [-1, 0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 5]


def test_a_png_by_imagemagick_is_read(tmp_path: Path) -> None:
    photo = tmp_path / "a.png"
    photo.write_bytes(imagemagick_png(packet()))

    assert embedded(photo).packets == (packet(),)


def test_a_jpeg_xl_in_boxes_is_read(tmp_path: Path) -> None:
    photo = tmp_path / "a.jxl"
    exif = box(b"Exif", bytes(4) + tiff(None, rating=3))
    photo.write_bytes(box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl ") + exif + box(b"xml ", packet()))

    assert embedded(photo) == Embedded((packet(),), (3,))


@pytest.mark.parametrize("signature", [b"MeSa", b"AgHg", b"PHUT", b"DCSR"])
def test_what_other_programs_left_in_a_psd_hides_neither_stars_nor_time(tmp_path: Path, signature: bytes) -> None:
    block = exif(rating=4)
    block[ExifTags.Base.DateTime] = "2026:11:29 10:00:00"
    resources = [(1060, b"theirs"), (1058, block.tobytes()[6:]), (7001, b"odd"), (1060, packet())]
    photo = tmp_path / "a.psd"
    photo.write_bytes(psd(Image.new("RGB", (8, 8)), resources, {0: signature, 2: signature}))

    assert embedded(photo) == Embedded((packet(),), (4,))
    assert photo_header(photo).captured == datetime(2026, 11, 29, 10)  # noqa: DTZ001  as a camera writes it


def test_xmp_that_was_too_long_for_one_segment_is_put_together(tmp_path: Path) -> None:
    plain = make_picture(tmp_path / "a.jpg").read_bytes()
    whole = packet('xmp:Rating="3" xmp:Nickname="' + "x" * 1000 + '"')
    parts = b""
    for start in (600, 0):
        body = b"http://ns.adobe.com/xmp/extension/\0" + b"F" * 32 + struct.pack(">II", len(whole), start)
        body += whole[start : start + 600] if start == 0 else whole[600:]
        parts += b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    (tmp_path / "b.jpg").write_bytes(plain[:2] + parts + plain[2:])

    assert embedded(tmp_path / "b.jpg").packets == (whole,)


def test_a_jpeg_that_breaks_off_in_its_headers_is_damaged(tmp_path: Path) -> None:
    photo = make_picture(tmp_path / "a.jpg", packet())
    photo.write_bytes(photo.read_bytes()[:100])

    with pytest.raises(DamagedError):
        embedded(photo)


@pytest.mark.parametrize("kind", [*KINDS, "cr3", "gif"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
@pytest.mark.slow
def test_damage_anywhere_ends_in_an_answer_or_in_damaged(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    photo = make_picture(tmp_path_factory.mktemp("damage") / f"a.{kind}", packet(), rating=2)
    content = bytearray(photo.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, min(len(content), 1200) - 1))] = data.draw(st.integers(0, 255))
    photo.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        found = embedded(photo)
    except DamagedError:
        return
    assert all(-1 <= stars <= 5 for stars in found.stars)


@pytest.mark.parametrize("place", [1 << 40, (1 << 64) - 1])
@pytest.mark.parametrize(("kind", "order"), [(b"II+\0", "little"), (b"MM\0+", "big")])
def test_a_directory_that_lies_beyond_any_file_holds_nothing(
    tmp_path: Path, kind: bytes, order: Literal["little", "big"], place: int
) -> None:
    head = kind + (8).to_bytes(2, order) + bytes(2) + place.to_bytes(8, order)
    photo = tmp_path / "a.tif"
    photo.write_bytes(head + bytes(64))

    assert embedded(photo) == Embedded()
    assert photo_header(photo) == PhotoHeader()
