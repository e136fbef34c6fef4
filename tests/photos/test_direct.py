"""Pictures that are decoded straight into an array are the ones that Pillow decodes, to the last bit."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from livecam.photos.direct import DIVISORS, direct_pixels

SIZES = [(640, 416), (333, 217)]  # one that blocks of 16 pixels fill, and one that they do not


def noisy(size: tuple[int, int]) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), np.uint8))


def jpeg(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "options",
    [
        {"subsampling": "4:4:4"},
        {"subsampling": "4:2:2"},
        {"subsampling": "4:2:0"},
        {"progressive": True},
        {"keep_rgb": True},
        {"restart_marker_rows": 1},
    ],
)
@pytest.mark.parametrize("divisor", DIVISORS)
def test_a_jpeg_has_the_same_pixels_at_every_size(
    size: tuple[int, int], options: dict[str, object], divisor: int
) -> None:
    data = jpeg(noisy(size), **options)
    theirs = opened(data)
    theirs.draft(None, (theirs.width // divisor, theirs.height // divisor))

    pixels = direct_pixels(opened(data), data, divisor)

    assert pixels is not None
    np.testing.assert_array_equal(pixels, np.asarray(theirs))


def test_a_jpeg_comes_as_it_is_stored_though_exif_turns_it() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = jpeg(noisy((64, 48)), exif=exif)

    pixels = direct_pixels(opened(data), data, 1)

    assert pixels is not None
    np.testing.assert_array_equal(pixels, np.asarray(opened(data)))


@pytest.mark.parametrize("size", SIZES)
def test_a_heic_has_the_same_pixels_and_no_padding(size: tuple[int, int]) -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason="needs pillow-heif to write a HEIC")
    pi_heif = pytest.importorskip("pi_heif", reason="needs the photos extra")
    pi_heif.register_heif_opener()
    buffer = io.BytesIO()
    pillow_heif.from_pillow(noisy(size)).save(buffer)
    data = buffer.getvalue()

    pixels, half = (direct_pixels(opened(data), data, divisor) for divisor in (1, 2))

    assert pixels is not None
    assert half is not None
    np.testing.assert_array_equal(pixels, np.asarray(opened(data)))
    assert half.shape == (size[1] // 2, size[0] // 2, 3)
    np.testing.assert_allclose(half[1, 1], pixels[2:4, 2:4].mean(axis=(0, 1)), atol=1)


def test_what_is_cut_short_grey_or_of_another_kind_is_left_to_pillow() -> None:
    whole, grey = jpeg(noisy((64, 48))), jpeg(noisy((64, 48)).convert("L"))
    png = io.BytesIO()
    noisy((64, 48)).save(png, "PNG")

    assert direct_pixels(opened(whole), whole[: len(whole) // 2], 1) is None
    assert direct_pixels(opened(grey), grey, 1) is None
    assert direct_pixels(opened(png.getvalue()), png.getvalue(), 1) is None
