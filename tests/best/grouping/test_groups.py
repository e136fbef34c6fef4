"""Which photos belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import cv2
import numpy as np
import pytest

from livecam.best.grouping.groups import GroupingSettings, group_photos
from livecam.best.records.frame import FrameRecord
from livecam.best.records.pixel_measures import difference_hash
from livecam.best.records.view import view_of
from livecam.photos.exif import UNKNOWN_EXPOSURE, Exposure
from tests.best.records.factories import NOON, make_face_record, make_record

FAR = (1 << 44) - 1  # a hash that differs from 0 in 44 of 64 bits
NEAR = (1 << 20) - 1
SAME = (1 << 6) - 1


def photo(
    name: str,
    seconds: float | None = None,
    *,
    phash: int = 0,
    camera: str = "A",
    zone_h: int | None = None,
    exposure: Exposure = UNKNOWN_EXPOSURE,
    folder: str = "shoot",
    people: int = 0,
) -> FrameRecord:
    """zone_h: the offset that the camera names, hours.  people: faces that are found."""
    captured = None if seconds is None else NOON + timedelta(seconds=seconds)
    if captured is not None and zone_h is not None:
        captured = captured.replace(tzinfo=timezone(timedelta(hours=zone_h)))
    return make_record(
        *(make_face_record(x=100.0 + 250 * i) for i in range(people)),
        path=f"{folder}/{name}",
        captured=captured,
        phash=phash,
        camera=camera,
        exposure=exposure,
    )


def grouped(records: Sequence[FrameRecord], gap_s: float = 2.0) -> list[list[int]]:
    return [list(group.indices) for group in group_photos(records, GroupingSettings(gap_s=gap_s))]


def test_a_pause_longer_than_the_gap_begins_a_new_burst() -> None:
    records = [photo(f"{i}.jpg", at) for i, at in enumerate((0.0, 0.3, 0.6, 5.0, 5.3))]

    assert grouped(records) == [[0, 1, 2], [3, 4]]
    assert grouped(records, gap_s=5) == [[0, 1, 2, 3, 4]]


def test_a_burst_is_in_the_order_of_time_whatever_the_names() -> None:
    assert grouped([photo("a.jpg", 0.6), photo("b.jpg", 0.0), photo("c.jpg", 0.3)]) == [[1, 2, 0]]


def test_another_scene_within_the_gap_is_another_group() -> None:
    assert grouped([photo("a.jpg", 0), photo("b.jpg", 1, phash=NEAR), photo("c.jpg", 2, phash=FAR)]) == [[0, 1], [2]]


def test_within_half_a_second_people_may_look_different() -> None:
    assert grouped([photo("a.jpg", 0.0, people=1), photo("b.jpg", 0.3, phash=FAR, people=2)]) == [[0, 1]]
    assert grouped([photo("a.jpg", 0.0, people=1), photo("b.jpg", 0.7, phash=FAR, people=2)]) == [[0], [1]]


@pytest.mark.parametrize("people", [(0, 0), (1, 0), (0, 1)])
def test_half_a_second_alone_does_not_join_what_looks_different(people: tuple[int, int]) -> None:
    records = [photo("a.jpg", 0.0, people=people[0]), photo("b.jpg", 0.3, phash=FAR, people=people[1])]

    assert grouped(records) == [[0], [1]]


def test_whole_seconds_do_not_make_different_scenes_one() -> None:
    """A camera without sub-seconds gives photos of the same second the same time."""
    assert grouped([photo("a.jpg", 4), photo("b.jpg", 4, phash=FAR)]) == [[0], [1]]


def at(moment: datetime, name: str, phash: int) -> FrameRecord:
    return replace(photo(name, 0, phash=phash), captured=moment)


def test_a_clock_that_stands_at_its_beginning_joins_nothing_that_looks_different() -> None:
    begin = datetime(2000, 1, 1)  # noqa: DTZ001  a camera's clock
    records = [at(begin, f"IMG_{i}.jpg", phash) for i, phash in enumerate((0, SAME, NEAR))]

    assert grouped(records) == [[0, 1], [2]]
    assert grouped([photo("a.jpg", 0), photo("b.jpg", 0, phash=NEAR)]) == [[0, 1]]


def test_a_clock_that_was_not_set_but_runs_tells_the_time() -> None:
    begin = datetime(2000, 1, 1)  # noqa: DTZ001  a camera's clock
    records = [at(begin + timedelta(seconds=i), f"IMG_{i}.jpg", NEAR * (i % 2)) for i in range(3)]

    assert grouped(records) == [[0, 1, 2]]


def test_a_camera_without_parts_of_seconds_that_turns_with_somebody_takes_a_burst() -> None:
    """All of one second claim the same time, and what is seen has moved on too far for the hashes."""
    wide = np.random.default_rng(3).uniform(0, 255, (15, 60))
    scene = np.asarray(cv2.resize(wide, (1600, 400), interpolation=cv2.INTER_CUBIC).clip(0, 255), np.uint8)
    views = [scene[:, x : x + 600] for x in (100, 160, 220, 280)]

    def records(people: int) -> list[FrameRecord]:
        return [
            replace(photo(f"DSC_{i}.jpg", 4, phash=difference_hash(seen), people=people), view=view_of(seen))
            for i, seen in enumerate(views)
        ]

    assert all(difference_hash(a) != difference_hash(b) for a, b in pairwise(views))
    assert grouped(records(people=1)) == [[0, 1, 2, 3]]
    assert len(grouped(records(people=0))) > 1


def test_two_cameras_that_shoot_at_once_have_a_burst_each() -> None:
    records = [photo(f"{i}.jpg", i * 0.1, camera="AB"[i % 2]) for i in range(4)]

    assert grouped(records) == [[0, 2], [1, 3]]


def test_an_offset_that_only_some_photos_have_does_not_part_them() -> None:
    zoned = make_record(path="shoot/b.jpg", captured=datetime(2026, 5, 1, 12, 0, 1, tzinfo=UTC), camera="A")

    assert grouped([photo("a.jpg", 0), zoned]) == [[0, 1]]


def test_an_hour_that_comes_twice_is_two_hours() -> None:
    """The night in which the clocks go back."""
    summer = [photo(f"IMG_70{i}.jpg", i, zone_h=2) for i in range(3)]
    winter = [photo(f"IMG_70{3 + i}.jpg", i + 0.5, zone_h=1) for i in range(3)]

    assert grouped([*summer, *winter]) == [[0, 1, 2], [3, 4, 5]]


def test_a_burst_during_which_the_clocks_go_back_is_one() -> None:
    assert grouped([photo("a.jpg", 3599, zone_h=2), photo("b.jpg", 0, zone_h=1)]) == [[0, 1]]


def test_two_photographers_whose_clocks_are_set_to_other_zones_have_a_burst_each() -> None:
    one = [photo(f"DSC_{i}.jpg", i, camera="A", zone_h=2) for i in range(3)]
    other = [photo(f"IMG_{i}.jpg", 3600 + i, camera="B", zone_h=3) for i in range(3)]

    assert grouped([*one, *other]) == [[0, 1, 2], [3, 4, 5]]


# What two cameras of one model take, without a serial number and at once.
TWO_BODIES = [
    ([photo(f"IMG_{500 + i}.jpg", i) for i in range(4)], [photo(f"IMG_{900 + i}.jpg", i + 0.3) for i in range(4)]),
    ([photo(f"A_IMG_{500 + i}.jpg", i) for i in range(4)], [photo(f"B_IMG_{500 + i}.jpg", i + 0.3) for i in range(4)]),
    ([photo(f"{i}.jpg", i, folder="A") for i in range(4)], [photo(f"{i}.jpg", i + 0.3, folder="B") for i in range(4)]),
    (
        [photo(f"IMG_{i}.jpg", i, exposure=Exposure(lens="EF 50mm f/1.8")) for i in range(4)],
        [photo(f"IMG_{i + 4}.jpg", i + 0.3, exposure=Exposure(lens="EF 85mm f/1.8")) for i in range(4)],
    ),
    (
        [photo(f"IMG_{i}.jpg", i, people=1) for i in range(4)],
        [photo(f"IMG_{i + 4}.jpg", i + 0.3, phash=FAR) for i in range(4)],
    ),
]  # fmt: skip


@pytest.mark.parametrize("bodies", TWO_BODIES, ids=["numbers", "names", "folders", "lenses", "look"])
def test_two_cameras_of_one_model_that_shoot_at_once_have_a_burst_each(
    bodies: tuple[list[FrameRecord], list[FrameRecord]],
) -> None:
    one, other = bodies
    mixed = [record for pair in zip(one, other, strict=True) for record in pair]

    assert grouped(mixed) == [[0, 2, 4, 6], [1, 3, 5, 7]]


@pytest.mark.parametrize(
    "pair",
    [
        (photo("IMG_9999.jpg", 0), photo("IMG_0001.jpg", 1)),
        (photo("IMG_9999.jpg", 0, folder="DCIM/100CANON"), photo("IMG_0001.jpg", 1, folder="DCIM/101CANON")),
        (photo("IMG_0010.jpg", 0), photo("IMG_0011.jpg", 1, folder="shoot/good ones")),
        (
            photo("IMG_0010.jpg", 0, exposure=Exposure(serial=True)),
            photo("IMG_0900.jpg", 1, exposure=Exposure(serial=True), folder="elsewhere"),
        ),
        (photo("120000-IMG_0010.jpg", 0), photo("120001-IMG_0011.jpg", 1)),
        (
            photo("IMG_0010.jpg", 0, exposure=Exposure(lens="iPhone 15 Pro back camera 6.86mm f/1.78")),
            photo("IMG_0011.jpg", 1, exposure=Exposure(lens="iPhone 15 Pro back camera 2.2mm f/2.2")),
        ),
    ],
    ids=[
        "counter begins anew",
        "next folder of the card",
        "folder below",
        "serial",
        "time in the name",
        "phone's lens",
    ],
)
def test_one_camera_stays_one(pair: tuple[FrameRecord, FrameRecord]) -> None:
    assert grouped(pair) == [[0, 1]]


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
def test_the_names_that_cameras_give_bursts_join_what_time_does_not_part(names: tuple[str, str]) -> None:
    other = photo("IMG_9999.jpg", 1)

    assert grouped([photo(names[0], 0), photo(names[1], 8, phash=FAR), other]) == [[0, 1], [2]]
    assert sorted(map(sorted, grouped([photo(names[0]), photo(names[1], phash=FAR), other]))) == [[0, 1], [2]]
    assert grouped([photo(names[0], 0), photo(names[1], 60), other]) == [[0], [1], [2]]
    assert grouped([photo(names[0], 0), photo(names[1], 1, camera="B"), other]) == [[0], [1], [2]]


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


@pytest.mark.parametrize("folder", ["Sunburst 2024", "burst 2024", "Burst_1"])
def test_a_folders_name_does_not_join_what_days_part(folder: str) -> None:
    assert grouped([photo(f"IMG_{i}.jpg", i * 86_400, folder=folder) for i in range(4)]) == [[0], [1], [2], [3]]


def test_a_word_that_ends_like_burst_is_no_burst() -> None:
    assert grouped([photo("a.jpg", folder="Sunburst 2024"), photo("b.jpg", phash=FAR, folder="Sunburst 2024")]) == [
        [0],
        [1],
    ]


def test_groups_have_names_and_every_photo_is_in_one() -> None:
    records = [photo(f"IMG_{i}.jpg", i * 0.9 if i % 7 else None, phash=i << 11) for i in range(50)]

    groups = group_photos(records)

    assert sorted(i for group in groups for i in group.indices) == list(range(50))
    assert groups[0].name == "IMG_0"


def test_two_groups_of_one_name_are_told_apart_by_their_folder() -> None:
    groups = group_photos([make_record(path="one/a.png"), make_record(path="two/a.png")])

    assert [group.name for group in groups] == ["one/a", "two/a"]
