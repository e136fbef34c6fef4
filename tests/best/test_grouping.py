"""Which files are found, and which photos belong together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from livecam.best.grouping import group
from livecam.best.records import FrameRecord
from livecam.photos.discover import Item, collect, printable
from tests.best.record_factories import NOON, make_record

FAR = (1 << 44) - 1  # a hash that differs from 0 in 44 of 64 bits
NEAR = (1 << 20) - 1
SAME = (1 << 6) - 1


def photo(name: str, seconds: float | None = None, *, phash: int = 0, camera: str = "A") -> FrameRecord:
    captured = None if seconds is None else NOON + timedelta(seconds=seconds)
    return make_record(path=f"shoot/{name}", captured=captured, phash=phash, camera=camera)


def grouped(records: Sequence[FrameRecord], gap_s: float = 2.0) -> list[list[int]]:
    return [list(members.indices) for members in group(records, gap_s=gap_s)]


def test_a_pause_longer_than_the_gap_begins_a_new_burst() -> None:
    records = [photo(f"{i}.jpg", at) for i, at in enumerate((0.0, 0.3, 0.6, 5.0, 5.3))]

    assert grouped(records) == [[0, 1, 2], [3, 4]]
    assert grouped(records, gap_s=5) == [[0, 1, 2, 3, 4]]


def test_a_burst_is_in_the_order_of_time_whatever_the_names() -> None:
    assert grouped([photo("a.jpg", 0.6), photo("b.jpg", 0.0), photo("c.jpg", 0.3)]) == [[1, 2, 0]]


def test_another_scene_within_the_gap_is_another_group() -> None:
    assert grouped([photo("a.jpg", 0), photo("b.jpg", 1, phash=NEAR), photo("c.jpg", 2, phash=FAR)]) == [[0, 1], [2]]


def test_within_half_a_second_the_look_does_not_matter() -> None:
    assert grouped([photo("a.jpg", 0.0), photo("b.jpg", 0.3, phash=FAR)]) == [[0, 1]]


def test_whole_seconds_do_not_make_different_scenes_one() -> None:
    """A camera without sub-seconds gives photos of the same second the same time."""
    assert grouped([photo("a.jpg", 4), photo("b.jpg", 4, phash=FAR)]) == [[0], [1]]


def test_two_cameras_that_shoot_at_once_have_a_burst_each() -> None:
    records = [photo(f"{i}.jpg", i * 0.1, camera="AB"[i % 2]) for i in range(4)]

    assert grouped(records) == [[0, 2], [1, 3]]


def test_an_offset_that_only_some_photos_have_does_not_part_them() -> None:
    zoned = make_record(path="shoot/b.jpg", captured=datetime(2026, 5, 1, 12, 0, 1, tzinfo=UTC), camera="A")

    assert grouped([photo("a.jpg", 0), zoned]) == [[0, 1]]


def test_photos_without_a_time_are_joined_if_they_look_nearly_the_same() -> None:
    records = [photo("1.png"), photo("2.png", phash=SAME), photo("3.png", phash=NEAR), photo("10.png", phash=FAR)]

    assert grouped(records) == [[0, 1], [2], [3]]


def test_the_same_view_in_two_folders_is_two_groups() -> None:
    assert grouped([make_record(path="one/a.png"), make_record(path="two/a.png")]) == [[0], [1]]


@pytest.mark.parametrize(
    "names",
    [
        ("IMG_1234_BURST001_COVER.jpg", "IMG_1234_BURST002.jpg"),
        ("00000IMG_00000_BURST20190101120000123_COVER.jpg", "00001IMG_00001_BURST20190101120000123.jpg"),
        ("PXL_20210101_120000123.BURST-01.COVER.jpg", "PXL_20210101_120000123.BURST-02.jpg"),
        ("20190101_120000_001.jpg", "20190101_120000_002.jpg"),
        ("DSC01234.JPG", "DSC01234-2.JPG"),
        ("DSC01234-1.ARW", "DSC01234-2.ARW"),
    ],
)
def test_the_names_that_cameras_give_bursts_join_whatever_time_and_look(names: tuple[str, str]) -> None:
    records = [photo(names[0], 0), photo(names[1], 60, phash=FAR), photo("IMG_9999.jpg", 1)]

    assert grouped(records) == [[0, 1], [2]]


@pytest.mark.parametrize(
    "names",
    [
        ("2019-01.jpg", "2019-02.jpg"),
        ("IMG_1234_BURST001.jpg", "IMG_1235_BURST001.jpg"),
        ("20190101_120000_001.jpg", "20190101_120001_001.jpg"),
    ],
)
def test_other_names_do_not_join(names: tuple[str, str]) -> None:
    assert grouped([photo(names[0], 0), photo(names[1], 60)]) == [[0], [1]]


def test_a_folder_that_is_called_a_burst_is_one() -> None:
    records = [
        make_record(path=f"burst_{i}/{name}.jpg", phash=hash_) for i in (1, 2) for name, hash_ in (("a", 0), ("b", FAR))
    ]

    assert grouped(records) == [[0, 1], [2, 3]]


def test_groups_have_names_and_every_photo_is_in_one() -> None:
    records = [photo(f"IMG_{i}.jpg", i * 0.9 if i % 7 else None, phash=i << 11) for i in range(50)]

    found = group(records)

    assert sorted(i for members in found for i in members.indices) == list(range(50))
    assert found[0].name == "IMG_0"


def test_two_groups_of_one_name_are_told_apart_by_their_folder() -> None:
    assert [members.name for members in group([make_record(path="one/a.png"), make_record(path="two/a.png")])] == [
        "one/a",
        "two/a",
    ]


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
    one = touch(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").symlink_to(one)
    os.link(one, tmp_path / "c.jpg")

    assert names(collect([str(one), str(tmp_path), str(one)])[0]) == ["a.jpg"]


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

    assert [one.path for one in skipped] == [tmp_path / "no.jpg", tmp_path]
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
