from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from livecam.best.grouping.shoots import Taken, part_into_shoots
from livecam.best.grouping.versions import merge_versions
from livecam.best.ranking.ranked import RankedGroup
from livecam.best.ranking.selection import choose, joined
from livecam.best.records.frame import FrameRecord
from livecam.best.records.scan_result import ScanResult
from livecam.photos.discover import Item, natural_key
from tests.best.records.factories import NOON, make_face_record, make_record

_CLOCKS = st.sampled_from([NOON, NOON + timedelta(hours=30), datetime(1980, 1, 1), datetime(1980, 1, 1, 0, 5)])  # noqa: DTZ001


@st.composite
def photos(draw: st.DrawFn) -> FrameRecord:
    """A photo whose name, time, camera and look are often those of another, or nearly."""
    folder = draw(st.sampled_from(["a", "a/raw", "b", "b/burst 1", "c/d/e"]))
    stem = draw(st.sampled_from(["IMG_0001", "IMG_0002", "IMG_0001-edit", "IMG_0002 (1)", "DSC01234-2", "DSC01234"]))
    captured = None
    if draw(st.integers(0, 4)):
        captured = draw(_CLOCKS) + timedelta(seconds=draw(st.sampled_from([0.0, 0.4, 1.0, 5.0, 3601.0])))
        zone = draw(st.sampled_from([None, UTC, timezone(timedelta(hours=2))]))
        captured = captured.replace(tzinfo=zone)
    return make_record(
        *[make_face_record(score=draw(st.sampled_from([2.0, 4.0])))] * draw(st.integers(0, 1)),
        path=f"/p/{folder}/{stem}{draw(st.sampled_from(['.jpg', '.nef']))}",
        captured=captured,
        camera=draw(st.sampled_from(["", "Nikon Z9", "Nikon Z9 12"])),
        phash=draw(st.sampled_from([0, 0b11, (1 << 40) - 1])),
    )


def results_of(records: Sequence[FrameRecord]) -> list[ScanResult]:
    results = []
    for record in sorted(records, key=lambda record: natural_key(record.path or Path())):
        assert record.path is not None
        results.append(ScanResult(Item(record.path), (record,)))
    return results


def parted(results: Sequence[ScanResult]) -> list[list[ScanResult]]:
    taken = [Taken((one.item.path,), one.records[0].captured, one.records[0].camera) for one in results]
    return [[results[i] for i in shoot] for shoot in part_into_shoots(taken)]


def told(groups: Sequence[RankedGroup]) -> list[tuple[object, ...]]:
    return [(group.name, group.kind, [record.path for record in group.records], group.ranking) for group in groups]


@example(
    [
        make_record(path="/p/b/DSC01234-2.nef"),
        make_record(path="/p/b/burst 1/DSC01234-2.jpg", captured=NOON),
        make_record(path="/p/b/burst 1/DSC01234.jpg"),
    ]
)
@given(st.lists(photos(), min_size=1, max_size=14, unique_by=lambda record: record.path))
def test_all_shoots_together_give_the_groups_of_all_photos(records: list[FrameRecord]) -> None:
    results = results_of(records)

    by_shoot = joined(chain.from_iterable(choose(merge_versions(shoot)) for shoot in parted(results)))

    assert told(by_shoot) == told(choose(merge_versions(results)))


def test_a_photo_without_a_number_goes_on_with_the_camera_that_took_the_last_one() -> None:
    """By two counters two cameras of one name are told apart; what another day shows must not decide for this one."""
    next_day = NOON + timedelta(hours=30)
    records = [
        make_record(path="/p/a/IMG_0002.jpg", captured=NOON, camera="Z9"),
        make_record(path="/p/a/DSC01234.jpg", captured=next_day, camera="Z9"),
        make_record(path="/p/a/IMG_0001-edit.jpg", captured=next_day, camera="Z9"),
    ]
    results = results_of(records)

    whole = choose(merge_versions(results))

    names = [[record.path.name for record in group.records if record.path] for group in whole]
    assert names == [["DSC01234.jpg", "IMG_0001-edit.jpg"], ["IMG_0002.jpg"]]
    assert told(whole) == told(joined(chain.from_iterable(choose(merge_versions(part)) for part in parted(results))))


def test_days_are_shoots_and_a_camera_that_goes_on_after_midnight_is_one() -> None:
    one = make_record(path="/p/a/1.jpg", captured=NOON, camera="Z9")
    late = make_record(path="/p/a/2.jpg", captured=NOON.replace(hour=23, minute=59), camera="Z9")
    early = make_record(path="/p/b/3.jpg", captured=NOON.replace(hour=0, minute=1) + timedelta(days=1), camera="Z9")
    other = replace(early, path=Path("/p/c/4.jpg"), camera="Z8")

    shoots = parted(results_of([one, late, early, other]))

    assert [[result.item.path.name for result in shoot] for shoot in shoots] == [
        ["1.jpg"],
        ["2.jpg", "3.jpg"],
        ["4.jpg"],
    ]


def test_what_has_no_time_is_one_shoot_with_its_folder() -> None:
    records = [make_record(path=f"/p/{folder}/{name}.jpg") for folder in "ab" for name in (1, 2)]

    assert [len(shoot) for shoot in parted(results_of(records))] == [2, 2]


def test_an_edit_whose_camera_lost_its_number_is_in_the_shoot_of_its_photo() -> None:
    photo = make_record(path="/p/a/IMG_1.jpg", captured=NOON, camera="Nikon Z9 12345")
    edit = make_record(path="/p/a/IMG_1-edit.jpg", captured=NOON, camera="Nikon Z9")

    assert len(parted(results_of([photo, edit]))) == 1


def test_a_clock_that_was_never_set_puts_a_photo_to_those_of_its_folder_without_a_time() -> None:
    unset = make_record(path="/p/a/IMG_0002.jpg", captured=datetime(1980, 1, 1))  # noqa: DTZ001
    timeless = make_record(path="/p/a/IMG_0001.jpg")

    assert len(parted(results_of([unset, timeless]))) == 1
