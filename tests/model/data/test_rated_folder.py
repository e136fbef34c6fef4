"""Folders of photos that are rated without a ratings file."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from livecam.errors import SourceError
from model.data.rated_folder import read_rated

XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{}"/></rdf:RDF></x:xmpmeta>"""


def photo(path: Path, stars: int | None = None) -> Path:
    """Write a picture, and stars as Lightroom writes them beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((8, 8, 3), 90, np.uint8))
    if stars is not None:
        path.with_suffix(".xmp").write_text(XMP.format(stars), "utf-8")
    return path


def ratings(folder: Path) -> dict[str, int]:
    return {one.photo: one.rating for one in read_rated(folder).photos}


def test_folders_1_to_5_rate_what_is_in_them_and_below(tmp_path: Path) -> None:
    for name in ("1/a.jpg", "3/a.jpg", "5/beach/b.jpg"):
        photo(tmp_path / name, stars=2)  # the folder is what was sorted into
    (tmp_path / "5" / "notes.txt").write_text("nice")
    assert ratings(tmp_path) == {"1/a.jpg": 1, "3/a.jpg": 3, "5/beach/b.jpg": 5}
    assert all(one.path.is_file() for one in read_rated(tmp_path).photos)


def test_stars_rate_where_photos_lie_anywhere_else_and_what_has_none_is_said(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg", stars=4)
    photo(tmp_path / "2" / "b.jpg", stars=5)
    photo(tmp_path / "bad.jpg", stars=-1)
    photo(tmp_path / "none.jpg", stars=0)
    photo(tmp_path / "silent.jpg")
    assert ratings(tmp_path) == {"a.jpg": 4, "2/b.jpg": 5}
    found = {one.photo: one.reason for one in read_rated(tmp_path).left_out}
    assert found == {"bad.jpg": "rejected", "none.jpg": "no stars", "silent.jpg": "no stars"}


def test_a_ratings_file_in_the_folder_counts_before_all_else(tmp_path: Path) -> None:
    photo(tmp_path / "5" / "a.jpg", stars=4)
    (tmp_path / "ratings.csv").write_text("path,rating\n5/a.jpg,2\n", "utf-8")
    assert ratings(tmp_path) == {"5/a.jpg": 2}


@pytest.mark.parametrize("names", [(), ("a.jpg", "6/b.jpg")])
def test_a_folder_that_says_nothing_is_one_line(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        photo(tmp_path / name)
    with pytest.raises(SourceError, match=r"write a ratings\.csv, sort the photos into folders 1 to 5") as caught:
        read_rated(tmp_path)
    assert "\n" not in str(caught.value)
