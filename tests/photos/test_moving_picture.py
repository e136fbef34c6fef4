"""An AVIF that moves is played as any clip: all its pictures, upright, each at its time."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import ExifTags, Image, features

from livecam.errors import SourceError
from livecam.photos.moving_picture import MovingPicture
from livecam.sources.decoding import Picture, clip_pictures
from livecam.sources.source import Pace, is_still, open_source

pytestmark = pytest.mark.skipif(not features.check("avif"), reason="this Pillow reads no AVIF")

COLOURS = [(230, 20, 20), (20, 230, 20), (20, 20, 230), (200, 200, 200)]


def make_avif(path: Path) -> Path:
    first, *others = (Image.new("RGB", (64, 32), colour) for colour in COLOURS)
    durations = [100, 100, 300, 100]
    first.save(path, save_all=True, append_images=others, duration=durations, quality=95)
    return path


def pictures_in(path: Path) -> list[Picture]:
    return list(clip_pictures(MovingPicture(path), path.name))


def test_each_picture_comes_once_in_its_colours_at_its_time(tmp_path: Path) -> None:
    pictures = pictures_in(make_avif(tmp_path / "a.avif"))

    assert [picture.t_ms for picture in pictures] == [0, 100, 200, 500]
    for picture, colour in zip(pictures, COLOURS, strict=True):
        assert picture.image.shape == (32, 64, 3)
        assert abs(picture.image.astype(int) - colour).max() < 12


def test_pictures_that_are_to_be_turned_are_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    # A single one: Pillow 13's encoder does not survive several that are turned.
    Image.new("RGB", (64, 32)).save(tmp_path / "a.avif", exif=exif.tobytes())

    assert [picture.image.shape for picture in pictures_in(tmp_path / "a.avif")] == [(64, 32, 3)]


def test_what_is_damaged_within_ends_there_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_avif(tmp_path / "a.avif")
    device = MovingPicture(path)
    seek = device._image.seek
    monkeypatch.setattr(device._image, "seek", lambda place: seek(place) if place < 2 else _fail())

    found: list[Picture] = []
    with pytest.raises(SourceError, match=r"a\.avif ends early: 2 of 4 frames"):
        found.extend(clip_pictures(device, path.name))


def _fail() -> None:
    raise OSError("broken data")


@pytest.mark.parametrize("cut", [0, 10, 200])
def test_what_is_no_avif_or_not_whole_is_one_line(tmp_path: Path, cut: int) -> None:
    (tmp_path / "a.avif").write_bytes(make_avif(tmp_path / "whole.avif").read_bytes()[:cut])
    with pytest.raises(SourceError, match="not a whole picture that can be read: copy it again"):
        MovingPicture(tmp_path / "a.avif")


def test_it_is_a_clip_and_one_that_stands_still_a_photo(tmp_path: Path) -> None:
    moving = make_avif(tmp_path / "moving.avif")
    Image.new("RGB", (64, 32)).save(tmp_path / "still.avif")

    assert (is_still(str(moving)), is_still(str(tmp_path / "still.avif"))) == (False, True)
    with open_source(str(moving), Pace.FAST) as source:
        frames = [source.read() for _ in range(5)]
    assert [frame is not None for frame in frames] == [True, True, True, True, False]
