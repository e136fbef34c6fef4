"""Every kind of still comes out the same: upright, sRGB, 8 bits, with the camera's time, or with one clear line."""

from __future__ import annotations

import io
import os
import struct
import sys
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from livecam.errors import SourceError
from livecam.photos.read import Photo, _register_heif
from livecam.photos.read import read as read_photo
from tests.best.records.factories import NOON
from tests.photos.mark_factories import make_picture, packet
from tests.photos.tiff_factory import make_tiff

TAG = ExifTags.Base


def half_and_half(size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Blue above, red below."""
    image = Image.new("RGB", size, (230, 20, 20))
    image.paste((20, 20, 230), (0, 0, size[0], size[1] // 2))
    return image


def read(tmp_path: Path, name: str, data: bytes, *, min_side_px: int | None = None) -> Photo:
    path = tmp_path / name
    path.write_bytes(data)
    return read_photo(path, min_side_px=min_side_px)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def heic(image: Image.Image, exif: bytes | None = None) -> bytes:
    pillow_heif = pytest.importorskip("pillow_heif", reason="needs pillow-heif to write a HEIC")
    pytest.importorskip("pi_heif", reason="needs the photos extra")
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, exif=exif)
    return buffer.getvalue()


def dng(image: Image.Image, orientation: int = 1) -> bytes:
    """A camera's raw file: a TIFF of a JPEG preview, a few raw pixels, and EXIF."""
    pytest.importorskip("rawpy", reason="needs the photos extra")
    data = bytearray(b"II*\0\0\0\0\0")

    def put(values: bytes) -> int:
        data.extend(b"\0" * (len(data) % 2))
        data.extend(values)
        return len(data) - len(values)

    def directory(*entries: tuple[int, int, tuple[int, ...] | bytes]) -> int:
        fields = b""
        for tag, kind, values in sorted(entries):
            code = {1: "B", 3: "H", 4: "I"}.get(kind, "")
            raw = values if isinstance(values, bytes) else struct.pack(f"<{len(values)}{code}", *values)
            inline = raw.ljust(4, b"\0") if len(raw) <= 4 else struct.pack("<I", put(raw))
            fields += struct.pack("<HHI", tag, kind, len(values)) + inline
        return put(struct.pack("<H", len(entries)) + fields + b"\0\0\0\0")

    preview = encoded(image, "JPEG", quality=95)
    raw, jpeg = put(np.full((64, 64), 1000, "<u2").tobytes()), put(preview)
    sensor = directory(
        (254, 4, (0,)), (256, 3, (64,)), (257, 3, (64,)), (258, 3, (16,)), (259, 3, (1,)), (262, 3, (32803,)),
        (273, 4, (raw,)), (277, 3, (1,)), (278, 3, (64,)), (279, 4, (8192,)), (33421, 3, (2, 2)),
        (33422, 1, (0, 1, 1, 2)),
    )  # fmt: skip
    exif = directory((36867, 2, b"2026:05:01 12:00:00\0"), (37521, 2, b"250\0"))
    main = directory(
        (254, 4, (1,)), (256, 3, (image.width,)), (257, 3, (image.height,)), (258, 3, (8, 8, 8)), (259, 3, (7,)),
        (262, 3, (6,)), (271, 2, b"Acme\0"), (272, 2, b"X1\0"), (273, 4, (jpeg,)), (274, 3, (orientation,)),
        (277, 3, (3,)), (278, 3, (image.height,)), (279, 4, (len(preview),)), (330, 4, (sensor,)), (34665, 4, (exif,)),
        (50706, 1, (1, 4, 0, 0)), (50708, 2, b"Acme X1\0"),
    )  # fmt: skip
    struct.pack_into("<I", data, 4, main)
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.jpg", lambda: encoded(half_and_half(), "JPEG", quality=95)),
        ("a.png", lambda: encoded(half_and_half(), "PNG")),
        ("a.webp", lambda: encoded(half_and_half(), "WEBP", lossless=True)),
        ("a.tif", lambda: encoded(half_and_half(), "TIFF", compression="tiff_lzw")),
        ("a.bmp", lambda: encoded(half_and_half(), "BMP")),
        ("p.png", lambda: encoded(half_and_half().quantize(8), "PNG")),
        ("wrong.png", lambda: encoded(half_and_half(), "JPEG", quality=95)),
        ("a.heic", lambda: heic(half_and_half())),
        ("a.dng", lambda: dng(half_and_half())),
        (
            "moving.gif",
            lambda: encoded(half_and_half(), "GIF", save_all=True, append_images=[Image.new("RGB", (64, 48))]),
        ),
        (
            "moving.webp",
            lambda: encoded(half_and_half(), "WEBP", save_all=True, append_images=[Image.new("RGB", (64, 48))]),
        ),
        ("a.jfif", lambda: encoded(half_and_half(), "JPEG", quality=95)),
        ("a.avif", lambda: encoded(half_and_half(), "AVIF", quality=95)),
        ("a.jp2", lambda: encoded(half_and_half(), "JPEG2000")),
        ("a.tga", lambda: encoded(half_and_half(), "TGA")),
        ("a.qoi", lambda: encoded(half_and_half(), "QOI")),
        ("wrong.dng", lambda: encoded(half_and_half(), "JPEG", quality=95)),
        ("a.pcx", lambda: encoded(half_and_half(), "PCX")),
        ("a.sgi", lambda: encoded(half_and_half(), "SGI")),
        ("cmyk.jpg", lambda: encoded(half_and_half().convert("CMYK"), "JPEG", quality=95)),
    ],
)
def test_every_kind_of_picture_comes_out_the_same(tmp_path: Path, name: str, make: Callable[[], bytes]) -> None:
    photo = read(tmp_path, name, make())

    assert photo.image.shape == (48, 64, 3)
    assert photo.image.dtype == np.uint8
    assert (photo.width, photo.height) == (64, 48)
    np.testing.assert_allclose(photo.image[5, 30], (20, 20, 230), atol=25)
    np.testing.assert_allclose(photo.image[-5, 30], (230, 20, 20), atol=25)


RAMP = np.arange(256, dtype=np.uint16)[None].repeat(4, 0)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("grey.png", RAMP.astype(np.uint8)),
        ("grey16.png", RAMP * 257),
        ("dark16.png", RAMP * 20),
        ("rgb16.png", np.dstack([RAMP * 257] * 3)),
        ("rgb16.tif", np.dstack([RAMP * 257] * 3)),
        ("float.tif", (RAMP / 255).astype(np.float32)),
    ],
)
def test_depth_and_grey_become_8_bit_rgb(tmp_path: Path, name: str, values: np.ndarray) -> None:
    photo = read(tmp_path, name, cv2.imencode(Path(name).suffix, values)[1].tobytes())

    full = 255 * 20 / 257 if name.startswith("dark") else 255
    assert photo.image.shape == (4, 256, 3)
    np.testing.assert_allclose(photo.image[0, [0, 128, 255], 1], [0, full * 128 / 255, full], atol=1.5)


def picture_16(transparent: bool = False) -> np.ndarray:
    """Blue above, red below, 64 x 48 pixels of 16 bits, with texture, so that it is not the same in another order."""
    light = np.asarray(half_and_half(), np.uint16) * 240
    light[..., 1] = np.arange(48, dtype=np.uint16)[:, None] * 900 + np.arange(64, dtype=np.uint16) * 250
    return np.dstack([light, np.full((48, 64), 65535, np.uint16)]) if transparent else light


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("tile", [0, 32])
@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("transparent", [False, True])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_a_tiff_comes_out_right_in_whatever_order_its_numbers_stand(
    tmp_path: Path, order: Literal["<", ">"], tile: int, separate: bool, transparent: bool, depth: type
) -> None:
    values = picture_16(transparent)
    stored = values if depth is np.uint16 else (values >> 8).astype(np.uint8)

    photo = read(tmp_path, "a.tif", make_tiff(stored, separate=separate, tile=tile, order=order))

    np.testing.assert_allclose(photo.image, values[..., :3] >> 8, atol=1)


def test_a_tiff_of_deep_planes_is_turned_and_reduced_as_any_other(tmp_path: Path) -> None:
    photo = read(tmp_path, "a.tif", make_tiff(picture_16().repeat(4, 0).repeat(4, 1), separate=True), min_side_px=48)

    assert photo.image.shape == (48, 64, 3)
    assert (photo.width, photo.height) == (256, 192)
    np.testing.assert_allclose(photo.image, picture_16() >> 8, atol=1)


@pytest.mark.parametrize("told", [False, True])
def test_of_a_tiff_whose_first_page_is_a_thumbnail_the_picture_is_read(tmp_path: Path, *, told: bool) -> None:
    pages = [half_and_half((90, 48)), half_and_half((640, 480)), half_and_half((640, 480)).convert("L")]
    if not told:  # then by its shape
        pages[0] = pages[0].resize((64, 48))
    exif = {TAG.DateTime: f"{NOON:%Y:%m:%d %H:%M:%S}"} | ({TAG.NewSubfileType: 1} if told else {})
    data = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:], tiffinfo=exif)
    subfile = struct.pack("<HHII", TAG.NewSubfileType, 4, 1, 1)  # Pillow writes it into each page
    first, *others = data.split(subfile)
    data = first + subfile * bool(others) + struct.pack("<HHII", TAG.NewSubfileType, 4, 1, 0).join(others)

    photo = read(tmp_path, "a.tif", data)

    assert photo.image.shape == (480, 640, 3)
    assert photo.captured == NOON
    assert photo.image[10, 10, 2] > 200
    # Pages of a document, of one size or another, are no thumbnails.
    other = encoded(pages[1], "TIFF", save_all=True, append_images=[half_and_half((1300, 400))])
    assert read(tmp_path, "b.tif", other).image.shape == (480, 640, 3)
    assert read(tmp_path, "c.tif", data[:-40]).image.shape == (480, 640, 3)  # damaged behind it


def test_deep_grey_fills_its_range_and_a_negative_is_turned_round(tmp_path: Path) -> None:
    values = RAMP[:, ::2] * 16
    for data in (make_tiff(values, bits=12), make_tiff((4095 - values) * 16, photometric=0)):
        grey = read(tmp_path, "a.tif", data).image[0, :, 1]
        np.testing.assert_allclose(grey, RAMP[0, ::2], atol=1.5)


@pytest.mark.parametrize(
    "data",
    [
        make_tiff(np.dstack([RAMP * 200] * 4), separate=True, photometric=5),
        make_tiff(RAMP.astype(np.uint32) << 24),
        make_tiff((RAMP * 256 - 32768).astype(np.int16), sample_format=2),
    ],
)
def test_a_tiff_that_would_come_out_as_garbage_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SourceError, match=r"save it as JPEG|damaged"):
        read(tmp_path, "a.tif", data)


def noise(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (120, 160, 3), np.uint8))


def jpegs() -> list[bytes]:
    image = noise(0)
    return [
        encoded(image, "JPEG", quality=85, progressive=progressive, restart_marker_blocks=restart)
        for progressive in (False, True)
        for restart in (0, 4)
    ]


def test_a_zero_that_is_the_pictures_own_last_byte_is_not_taken_for_filling(tmp_path: Path) -> None:
    data = next(data for seed in range(5000) if (data := encoded(noise(seed), "JPEG")).endswith(b"\0\xff\xd9"))

    photo = read(tmp_path, "a.jpg", data[:-2])

    assert np.array_equal(photo.image, read(tmp_path, "b.jpg", data).image)


@pytest.mark.parametrize("data", jpegs())
@pytest.mark.parametrize("zeros", [0, 700])
def test_a_jpeg_that_lacks_only_its_end_marker_is_read(tmp_path: Path, data: bytes, zeros: int) -> None:
    whole = read(tmp_path, "a.jpg", data).image

    for lacking in (1, 2):
        np.testing.assert_array_equal(read(tmp_path, "a.jpg", data[:-lacking] + bytes(zeros)).image, whole)
        assert read(tmp_path, "a.jpg", data[:-lacking] + bytes(zeros), min_side_px=60).image.shape == (60, 80, 3)


@pytest.mark.parametrize("data", jpegs())
@pytest.mark.parametrize("lacking", [6, 100, 5000])
@pytest.mark.parametrize("zeros", [0, 20_000])
def test_a_jpeg_that_lacks_a_part_of_its_picture_is_refused(
    tmp_path: Path, data: bytes, lacking: int, zeros: int
) -> None:
    with pytest.raises(SourceError, match="is damaged or cut short"):
        read(tmp_path, "a.jpg", data[:-lacking] + bytes(zeros))


@pytest.mark.parametrize("kind", ["HEIC", "AVIF", "WEBP"])
def test_a_picture_whose_end_became_zeros_is_refused_and_one_with_zeros_behind_it_is_read(
    tmp_path: Path, kind: str
) -> None:
    """Their decoders give grey or smeared rows for what was lost, which would be judged."""
    image = noise(0)
    data, name = heic(image) if kind == "HEIC" else encoded(image, kind, quality=90), f"a.{kind.lower()}"

    for kept in (0.6, 0.9):
        cut = data[: int(len(data) * kept)]
        with pytest.raises(SourceError, match="nothing but zeros"):
            read(tmp_path, name, cut + bytes(len(data) - len(cut)))
    whole = read(tmp_path, name, data).image
    at = data.find(b"mdat") - 4
    longer = (int.from_bytes(data[at : at + 4], "big") + 5000).to_bytes(4, "big")
    aligned = data if kind == "WEBP" else data[:at] + longer + data[at + 4 :]
    for padded in (data + bytes(5000), data + (5000).to_bytes(4, "big") + b"free" + bytes(4992), aligned + bytes(5000)):
        assert np.array_equal(read(tmp_path, name, padded).image, whole)


def test_a_png_whose_end_became_zeros_is_refused(tmp_path: Path) -> None:
    """Some decode without an error, to garbage."""
    image = Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (200, 1)))
    for mode in ("L", "LA", "RGB", "1"):
        data = encoded(image.convert(mode), "PNG", compress_level=1)
        assert read(tmp_path, "b.png", data + bytes(5000)).image.shape == (200, 256, 3)
        with pytest.raises(SourceError, match="nothing but zeros"):
            read(tmp_path, "a.png", data[: len(data) // 2] + bytes(5000))


@pytest.mark.parametrize(
    ("kind", "mode"), [("TIFF", "RGB"), ("TIFF", "L"), ("BMP", "RGB"), ("PPM", "RGB"), ("TIFF", "CMYK")]
)
def test_pixels_that_are_not_coded_and_end_in_zeros_are_refused_unless_the_picture_is_black_there(
    tmp_path: Path, kind: str, mode: str
) -> None:
    noisy = np.random.default_rng(0).integers(1, 255, (300, 400, 3), np.uint8)
    name = f"a.{kind.lower()}"
    data = encoded(Image.fromarray(noisy).convert(mode), kind)
    with pytest.raises(SourceError, match="nothing but zeros"):
        read(tmp_path, name, data[: 4096 * 12] + bytes(len(data) - 4096 * 12))
    for black in (np.s_[150:], np.s_[150:, :], np.s_[:, 250:]):  # a bar, and a frame
        framed = noisy.copy()
        framed[black] = 0
        framed[150:] = 0
        assert read(tmp_path, name, encoded(Image.fromarray(framed).convert(mode), kind)).image.shape == (300, 400, 3)


def test_a_black_bar_that_happens_to_begin_where_a_block_of_the_disk_does_is_none_that_was_lost(tmp_path: Path) -> None:
    grey = np.random.default_rng(0).integers(1, 255, (96, 1000), np.uint8)
    grey[86:] = 0  # 16 bytes before it, and 86 rows, are 21 blocks

    assert read(tmp_path, "a.ppm", encoded(Image.fromarray(grey), "PPM")).image.shape == (96, 1000, 3)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("filled", [False, True])
def test_a_tiff_whose_directory_at_its_end_is_lost_is_damaged(tmp_path: Path, filled: bool) -> None:
    data = encoded(noise(0), "TIFF", compression="tiff_lzw")
    cut = data[: len(data) // 2]

    with pytest.raises(SourceError, match="its directory is lost"):
        read(tmp_path, "a.tif", cut + bytes((len(data) - len(cut)) * filled))


def test_what_shows_through_is_white(tmp_path: Path) -> None:
    image = half_and_half().convert("RGBA")
    image.putalpha(0)

    assert (read(tmp_path, "a.png", encoded(image, "PNG")).image == 255).all()


# How a camera stores what it saw upright, by EXIF's orientation.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", STORED)
def test_a_picture_comes_out_upright_whole_or_reduced(tmp_path: Path, orientation: int) -> None:
    """Blue above, red below, and black at the left."""
    upright = half_and_half((640, 400))
    upright.paste("black", (0, 0, 320, 400))
    exif = Image.Exif()
    exif[TAG.Orientation] = orientation
    transpose = STORED[orientation]
    stored = upright if transpose is None else upright.transpose(transpose)

    for min_side_px, shape in ((None, (400, 640, 3)), (100, (100, 160, 3))):
        photo = read(tmp_path, "a.jpg", encoded(stored, "JPEG", exif=exif), min_side_px=min_side_px)
        assert photo.image.shape == shape
        assert (photo.width, photo.height) == (640, 400)
        assert photo.image[10, -10, 2] > 200
        assert photo.image[-10, -10, 0] > 200
        assert photo.image[:, :10].max() < 30


def test_a_raw_file_is_turned_as_the_camera_was_held(tmp_path: Path) -> None:
    stored = half_and_half().transpose(Image.Transpose.ROTATE_90)

    photo = read(tmp_path, "a.dng", dng(stored, orientation=6))

    assert (photo.width, photo.height) == (64, 48)
    assert photo.image[5, 30, 2] > 200
    assert photo.captured == NOON + timedelta(milliseconds=250)
    assert photo.camera == "Acme X1"


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.heic"])
def test_a_large_picture_is_reduced_to_no_less_than_is_needed(tmp_path: Path, name: str) -> None:
    image = half_and_half((800, 600))
    data = heic(image) if name.endswith("heic") else encoded(image, name[2:].replace("jpg", "jpeg"))

    photo = read(tmp_path, name, data, min_side_px=125)

    assert 125 <= min(photo.image.shape[:2]) < 250
    assert (photo.width, photo.height) == (800, 600)
    assert min(read(tmp_path, name, data, min_side_px=1000).image.shape[:2]) == 600


def test_colours_come_out_in_srgb(tmp_path: Path) -> None:
    """The same picture, stored in CIE Lab's white point by a profile with swapped primaries, keeps its colours."""
    swapped = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = swapped.index(b"rXYZ"), swapped.index(b"bXYZ")
    swapped[red : red + 1], swapped[blue : blue + 1] = b"b", b"r"
    swapped_description = bytes(swapped).replace("sRGB".encode("utf-16-be"), "Test".encode("utf-16-be"))
    stored = Image.merge("RGB", half_and_half().split()[::-1])

    photo = read(tmp_path, "a.png", encoded(stored, "PNG", icc_profile=swapped_description))

    np.testing.assert_allclose(photo.image[5, 30], (20, 20, 230), atol=8)


def test_a_damaged_profile_is_passed_over(tmp_path: Path) -> None:
    assert read(tmp_path, "a.png", encoded(half_and_half(), "PNG", icc_profile=b"junk" * 50)).image[5, 30, 2] == 230


def with_times(**times: str) -> bytes:
    exif = Image.Exif()
    exif[TAG.Make], exif[TAG.Model] = "Acme", "X1"
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    for name, text in times.items():
        if name == "DateTime":
            exif[TAG.DateTime] = text
        else:
            inner[getattr(TAG, name)] = text
    return encoded(half_and_half(), "JPEG", exif=exif)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"DateTimeOriginal": "2026:05:01 12:00:00"}, NOON),
        (
            {"DateTimeOriginal": "2026:05:01 12:00:00", "SubsecTimeOriginal": "07", "OffsetTimeOriginal": "+02:00"},
            datetime(2026, 5, 1, 12, 0, 0, 70_000, tzinfo=timezone(timedelta(hours=2))),
        ),
        (
            {
                "DateTimeOriginal": "2026:05:01 12:00:00",
                "SubsecTimeOriginal": "123456789",
                "OffsetTimeOriginal": "+00:00",
            },
            datetime(2026, 5, 1, 12, 0, 0, 123_456, tzinfo=UTC),
        ),
        ({"DateTime": "2026:05:01 12:00:00"}, NOON),
        (
            {"DateTimeOriginal": "0000:00:00 00:00:00", "DateTimeDigitized": "2026:05:01 12:00:00"},
            NOON,
        ),
        ({"DateTimeOriginal": "2026:05:01 12:00:00", "OffsetTimeOriginal": "   :  "}, NOON),
        ({"DateTimeOriginal": "yesterday"}, None),
        ({}, None),
    ],
)
def test_the_time_is_the_cameras_with_sub_seconds_and_offset(
    tmp_path: Path, times: dict[str, str], expected: datetime | None
) -> None:
    photo = read(tmp_path, "a.jpg", with_times(**times))

    assert photo.captured == expected
    assert photo.captured is None or expected is None or photo.captured.utcoffset() == expected.utcoffset()
    assert photo.camera == "Acme X1"


@pytest.mark.parametrize(("name", "other"), [(b"mime\0", b"m\xccme\0"), (b"application/rdf", b"applic\xcction/rdf")])
def test_a_heic_whose_items_are_named_in_no_text_is_one_line_and_does_not_end_the_program(
    tmp_path: Path, name: bytes, other: bytes
) -> None:
    data = make_picture(tmp_path / "whole.heic", packet('xmp:Rating="2"', "")).read_bytes()
    assert data.count(name) == 1
    assert read(tmp_path, "a.heic", data).image.size
    with pytest.raises(SourceError, match=r"b\.heic is damaged"):
        read(tmp_path, "b.heic", data.replace(name, other))


def test_a_heic_carries_its_time_too(tmp_path: Path) -> None:
    exif = Image.open(io.BytesIO(with_times(DateTimeOriginal="2026:05:01 12:00:00"))).getexif().tobytes()

    assert read(tmp_path, "a.heic", heic(half_and_half(), exif)).captured == NOON


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


HUGE = (
    b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 65_000, 65_000, 8, 2, 0, 0, 0)) + chunk(b"IEND", b"")
)


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.jpg", b"", "is empty (0 bytes)"),
        ("a.jpg", b"hello " * 99, "is not a picture that can be read"),
        ("a.cr2", b"hello " * 99, "has no preview that can be read"),
        ("a.jpg", encoded(half_and_half((640, 480)), "JPEG")[:2000], "is damaged or cut short"),
        ("a.png", encoded(Image.effect_noise((300, 300), 50), "PNG")[:9000], "is damaged or cut short"),
        ("a.png", HUGE, "claims 65000 x 65000 pixels"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    with pytest.raises(SourceError) as raised:
        read(tmp_path, name, data)

    assert says in str(raised.value)
    assert str(tmp_path / name) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    for name, says in (("no.jpg", "no such file"), ("pipe.jpg", "is not a file"), ("", "is not a file")):
        with pytest.raises(SourceError, match=says):
            read_photo(tmp_path / name)


@pytest.mark.parametrize(("name", "package"), [("a.heic", "pi_heif"), ("a.nef", "rawpy")])
def test_a_missing_package_is_named_by_the_extra_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, package: str
) -> None:
    _register_heif.cache_clear()
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(SourceError, match=r'pip install "livecam\[photos\]"'):
        read(tmp_path, name, b"\0" * 100)
