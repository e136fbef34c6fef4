"""What a person has marked goes before livecam's own choice."""

from __future__ import annotations

from pathlib import Path

import pytest

from livecam.best.outputs.export import to_transfer
from livecam.best.outputs.report import as_json
from livecam.best.ranking.human_choice import HumanMarks, prefer_marked, read_marks
from livecam.best.ranking.ranked import RankedGroup, rank
from livecam.best.ranking.selection import keepers
from livecam.best.records.scan_result import ScanResult
from livecam.photos.discover import Item
from livecam.storage.marks import FoundMarks, Mark, MarkedPlace
from tests.best.records.factories import make_face_record, make_record
from tests.photos.mark_factories import make_picture, packet


def make_group(*scores: float, closed: int | None = None) -> RankedGroup:
    """Photos 0.jpg, 1.jpg … with these scores. closed: the one whose eyes are."""
    records = tuple(
        make_record(make_face_record(score=score, eyes=(1.0, 1.0) if i == closed else (0.0, 0.0)), path=f"{i}.jpg")
        for i, score in enumerate(scores)
    )
    return RankedGroup("group", records, rank(records))


def marked(*ratings: int | None) -> HumanMarks:
    places = [(Path(f"{i}.jpg"), Mark(rating)) for i, rating in enumerate(ratings) if rating is not None]
    return HumanMarks({path: FoundMarks(mark, (MarkedPlace(path, mark),)) for path, mark in places})


def order(group: RankedGroup) -> list[int]:
    return [ranked.index for ranked in group.ranking]


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        ((None, None, None), [0, 1, 2]),
        ((-1, None, None), [1, 2, 0]),
        ((-1, None, 5), [2, 1, 0]),
        ((None, None, 1), [2, 0, 1]),
        ((3, 4, None), [1, 0, 2]),
        ((0, 0, 0), [0, 1, 2]),
        ((2, 2, 2), [0, 1, 2]),
        ((-1, -1, -1), [0, 1, 2]),
    ],
)
def test_rejects_come_last_and_more_stars_first(ratings: tuple[int | None, ...], expected: list[int]) -> None:
    (group,) = prefer_marked([make_group(4.8, 4.0, 3.0)], marked(*ratings))

    assert order(group) == expected


def test_a_person_may_choose_closed_eyes() -> None:
    (group,) = prefer_marked([make_group(4.8, 3.0, closed=1)], marked(None, 5))

    assert order(group) == [1, 0]


def test_a_reject_is_never_kept_whatever_else_there_is() -> None:
    groups = prefer_marked([make_group(4.8, 4.0)], marked(-1, -1))

    assert keepers(groups[0], 2) == ()
    assert to_transfer(groups, 2) == []
    assert as_json(groups[0])["best"] is None
    assert [ranked.why for ranked in groups[0].ranking] == [("rejected by you",)] * 2


def test_the_reasons_are_told_against_the_photo_that_a_person_chose() -> None:
    (group,) = prefer_marked([make_group(4.8, 3.0, 2.0)], marked(None, 5, -1))

    assert [ranked.why for ranked in group.ranking] == [(), ("frame 2 has more stars by you",), ("rejected by you",)]


def test_the_stars_that_livecam_itself_wrote_do_not_change_its_choice() -> None:
    # By eyes the second is the best; by stars alone it would not be.
    group = make_group(4.8, 3.0, closed=0)
    assert order(group) == [1, 0]

    assert prefer_marked([group], marked(5, 3)) == [group]
    assert order(prefer_marked([group], marked(5, 2))[0]) == [0, 1]
    assert order(prefer_marked([group], marked(5, None))[0]) == [0, 1]


def test_the_one_star_that_darktable_gives_every_photo_is_no_choice() -> None:
    found = FoundMarks(Mark(1), (MarkedPlace(Path("1.jpg.xmp"), Mark(1), darktable=True),))

    (group,) = prefer_marked([make_group(4.8, 3.0)], HumanMarks({Path("1.jpg"): found}))

    assert order(group) == [0, 1]


def test_of_a_rejected_live_photo_the_clip_is_not_kept_either() -> None:
    still = make_record(make_face_record(eyes=(1.0, 1.0)), path="0.jpg")
    still = type(still)(**{name: getattr(still, name) for name in still.__slots__} | {"companions": (Path("0.mov"),)})
    frame = make_record(make_face_record(), path="0.mov", t_ms=500.0)
    records = (still, frame)

    (group,) = prefer_marked([RankedGroup("live", records, rank(records))], marked(-1))

    assert keepers(group, 2) == ()


def test_marks_are_read_of_a_photo_and_of_the_raw_file_beside_it(tmp_path: Path) -> None:
    photo, raw = make_picture(tmp_path / "a.jpg"), make_picture(tmp_path / "a.dng", packet('xmp:Rating="-1"'))
    other = make_picture(tmp_path / "b.jpg")
    (tmp_path / "c.jpg.xmp").write_bytes(b"no XMP")
    items = [Item(photo, companions=(raw,)), Item(other), Item(make_picture(tmp_path / "c.jpg"))]

    marks = read_marks([ScanResult(item, (make_record(path=str(item.path)),)) for item in items])

    assert [marks.rating_of(item.path) for item in items] == [-1, 0, 0]
    assert len(marks.failures) == 1
    assert "c.jpg.xmp" in marks.failures[0]
    assert marks.disagreements() is None


def test_places_that_disagree_are_said_in_one_line(tmp_path: Path) -> None:
    photo = make_picture(tmp_path / "a.dng", packet('xmp:Rating="1"'))
    (tmp_path / "a.xmp").write_bytes(packet('xmp:Rating="3"'))

    line = read_marks([ScanResult(Item(photo), (make_record(path=str(photo)),))]).disagreements()

    assert line is not None
    assert "3 in a.xmp, 1 in a.dng: 3 is taken" in line
