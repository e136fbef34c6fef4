"""Of a raw file only the preview that is enough is read, and it looks, and is dated and turned, like the whole."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from livecam.errors import SourceError
from livecam.photos.raw_previews import previews_of
from livecam.photos.read import read
from livecam.photos.stored import Stored, load
from tests.photos.test_read import dng

SIZES = ((160, 107), (1620, 1080), (3000, 2000))


def jpeg(size: tuple[int, int], colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return buffer.getvalue()


def raw_file(previews: list[bytes], *, order: str = "<", orientation: int = 1, lossless: bool = False) -> bytes:
    """A TIFF whose directories, one after the other, each hold a preview as JPEGInterchangeFormat."""
    data = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4))
    places = []
    for preview in previews:
        places.append(len(data))
        data += (preview.replace(b"\xff\xc0", b"\xff\xc3", 1) if lossless else preview) + b"\0" * (len(preview) % 2)
    link = 4
    for place, preview in zip(places, previews, strict=True):
        struct.pack_into(f"{order}I", data, link, len(data))
        numbers = ((274, orientation), (513, place), (514, len(preview)))
        data += struct.pack(f"{order}H", len(numbers))
        for tag, number in numbers:
            kind, code = (3, "Hxx") if tag == 274 else (4, "I")
            data += struct.pack(f"{order}HHI{code}", tag, kind, 1, number)
        link = len(data)
        data += bytes(4)
    return bytes(data)


def loaded(path: Path, data: bytes, min_side_px: int | None) -> Stored:
    path.write_bytes(data)
    return load(path, raw=True, min_side_px=min_side_px)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("wanted_px", "width"), [(100, 160), (200, 1620), (1500, 1620), (1600, 3000)])
def test_the_smallest_preview_that_is_enough_is_read(tmp_path: Path, order: str, wanted_px: int, width: int) -> None:
    previews = [jpeg(size) for size in SIZES]

    found = loaded(tmp_path / "a.nef", raw_file(previews[::-1], order=order), wanted_px)

    assert found.data == previews[[size[0] for size in SIZES].index(width)]
    assert (found.width, found.height) == SIZES[-1]


@pytest.mark.parametrize(
    "data",
    [
        raw_file([jpeg(SIZES[0])]),
        raw_file([jpeg(SIZES[2])], lossless=True),
        raw_file([jpeg(SIZES[2])], orientation=0),
        b"FUJIFILMCCD-RAW " + jpeg(SIZES[2]),
        raw_file([jpeg(SIZES[2])])[:3000],
    ],
    ids=["too small", "the sensor's own data", "turned nobody knows how", "another kind", "cut short"],
)
def test_what_is_not_found_here_is_left_to_libraw(tmp_path: Path, data: bytes) -> None:
    assert loaded(tmp_path / "a.nef", data, 1500).data == data


def test_a_thumbnail_of_another_shape_is_no_preview(tmp_path: Path) -> None:
    square, whole = jpeg((1400, 1400)), jpeg(SIZES[2])

    assert loaded(tmp_path / "a.nef", raw_file([square, whole]), 1500).data == whole


def test_a_whole_raw_file_is_read_where_all_of_the_picture_is_wanted(tmp_path: Path) -> None:
    data = raw_file([jpeg(size) for size in SIZES])

    assert loaded(tmp_path / "a.nef", data, None).data == data


@pytest.mark.parametrize(("orientation", "size"), [(1, (3000, 2000)), (6, (2000, 3000)), (8, (2000, 3000))])
def test_a_picture_has_the_size_of_the_largest_preview_and_stands_upright(
    tmp_path: Path, orientation: int, size: tuple[int, int]
) -> None:
    path = tmp_path / "a.arw"
    path.write_bytes(raw_file([jpeg(SIZES[1]), jpeg(SIZES[2])], orientation=orientation))

    photo = read(path, min_side_px=1500)

    assert (photo.width, photo.height) == size
    assert photo.image.shape[:2] == ((1080, 1620) if orientation == 1 else (1620, 1080))


def test_a_preview_and_the_whole_file_tell_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.dng"
    path.write_bytes(dng(Image.linear_gradient("L").resize((640, 480)).convert("RGB"), orientation=8))

    by_preview, by_libraw = read(path, min_side_px=480), read(path)

    assert load(path, raw=True, min_side_px=480).exif is not None
    assert (by_preview.image == by_libraw.image).all()
    for name in ("width", "height", "captured", "camera", "exposure"):
        assert getattr(by_preview, name) == getattr(by_libraw, name)


def test_raw_files_that_look_alike_but_were_taken_at_other_times_are_two(tmp_path: Path) -> None:
    path = tmp_path / "a.dng"
    data = dng(Image.new("RGB", (640, 480), "red"))
    one, same, other = (
        loaded(path, changed, 480).identity
        for changed in (data, data + b"behind", data.replace(b"2026:05:01", b"2026:05:02"))
    )

    assert one == same != other


def test_an_empty_raw_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is empty"):
        loaded(tmp_path / "a.nef", b"", 1500)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_damage_in_the_headers_ends_in_an_answer(data: st.DataObject) -> None:
    content = bytearray(raw_file([jpeg((16, 16)), jpeg((32, 32))]))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    found = previews_of(lambda start, count: bytes(content[start : start + count]), len(content))

    assert found is None or all(one.start + one.length <= len(content) for one in found.all)
