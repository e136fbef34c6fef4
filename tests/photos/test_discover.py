"""Which photos and clips are found by what a user names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from livecam.photos.discover import Item, collect, printable


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def names(items: Sequence[Item]) -> list[str]:
    return [item.path.name for item in items]


def test_a_folder_gives_its_photos_and_clips_in_natural_order(tmp_path: Path) -> None:
    for name in ("IMG_10.jpg", "IMG_2.HEIC", "a.mov", "notes.txt", "._IMG_2.HEIC", "deep/b.jpg"):
        touch(tmp_path / name)

    flat, skipped = collect([str(tmp_path)])
    deep, _ = collect([str(tmp_path)], recursive=True)

    assert (names(flat), skipped) == (["a.mov", "IMG_2.HEIC", "IMG_10.jpg"], [])
    assert names(deep) == ["a.mov", "IMG_2.HEIC", "IMG_10.jpg", "b.jpg"]
    assert [item.clip for item in flat] == [True, False, False]


def test_a_pattern_is_expanded_here_when_the_shell_does_not(tmp_path: Path) -> None:
    for name in ("a1.jpg", "a2.jpg", "b.jpg", "a.txt"):
        touch(tmp_path / name)

    found, _ = collect([str(tmp_path / "a*")])
    nothing, skipped = collect([str(tmp_path / "z*")])

    assert names(found) == ["a1.jpg", "a2.jpg"]
    assert nothing == []
    assert "nothing fits" in skipped[0].why


def test_a_name_with_brackets_that_exists_is_no_pattern(tmp_path: Path) -> None:
    assert names(collect([str(touch(tmp_path / "a[1].jpg"))])[0]) == ["a[1].jpg"]


def test_a_file_that_is_named_twice_or_linked_comes_once(tmp_path: Path) -> None:
    photo = touch(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").symlink_to(photo)
    os.link(photo, tmp_path / "c.jpg")

    assert names(collect([str(photo), str(tmp_path), str(photo)])[0]) == ["a.jpg"]


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    touch(tmp_path / "deep" / "a.jpg")
    (tmp_path / "deep" / "up").symlink_to(tmp_path)
    (tmp_path / "itself").symlink_to(tmp_path / "itself")

    items, skipped = collect([str(tmp_path)], recursive=True)

    assert (names(items), skipped) == (["a.jpg"], [])


def test_where_the_keepers_go_is_not_searched(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg")
    touch(tmp_path / "keepers" / "b.jpg")

    assert names(collect([str(tmp_path)], recursive=True, outside=[tmp_path / "keepers"])[0]) == ["a.jpg"]


def test_what_is_not_there_or_holds_nothing_is_said(tmp_path: Path) -> None:
    touch(tmp_path / "deep" / "a.jpg")
    _, skipped = collect([str(tmp_path / "no.jpg"), str(tmp_path)])

    assert [entry.path for entry in skipped] == [tmp_path / "no.jpg", tmp_path]
    assert "no such file" in skipped[0].why
    assert "--recursive" in skipped[1].why


def test_a_folder_that_may_not_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)

    (skipped,) = collect([str(tmp_path)])[1]

    assert "Permission denied" in skipped.why


def test_a_live_photo_and_a_raw_file_stay_with_their_photo(tmp_path: Path) -> None:
    for name in ("A.HEIC", "A.MOV", "B.JPG", "B.CR3", "C.CR3", "D.MOV"):
        touch(tmp_path / name)

    items = {item.path.name: item for item in collect([str(tmp_path)])[0]}

    assert set(items) == {"A.HEIC", "A.MOV", "B.JPG", "C.CR3", "D.MOV"}
    assert items["A.MOV"].live_of == tmp_path / "A.HEIC"
    assert items["D.MOV"].live_of is None
    assert items["B.JPG"].companions == (tmp_path / "B.CR3",)


def test_a_name_with_a_newline_stays_on_one_line() -> None:
    assert printable("a\nb\udcff.jpg") == r"a\nb\udcff.jpg"
