"""Who is who in the pictures of one burst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from livecam.best.people.same_people import match_people
from livecam.best.ranking.ranked import rank
from livecam.best.records.frame import FrameRecord
from tests.best.records.factories import make_face_record, make_record


def pair(*, score: float = 3.0, moved: float = 0.0) -> FrameRecord:
    """Two people beside each other; moved: pixels that both have moved to the right."""
    return make_record(*(make_face_record(x=x + moved, size=150, score=score) for x in (300.0, 700.0)))


def stored(record: FrameRecord, across: float, down: float | None = None) -> FrameRecord:
    """The same picture with other numbers of pixels."""
    down = across if down is None else down

    def scaled(box: Sequence[float]) -> tuple[float, float, float, float]:
        x0, y0, x1, y1 = box
        return x0 * across, y0 * down, x1 * across, y1 * down

    faces = tuple(replace(face, box=scaled(face.box)) for face in record.faces)
    return replace(record, width=round(record.width * across), height=round(record.height * down), faces=faces)


@pytest.mark.parametrize("scale", [0.25, 0.5, 1.0, 1.4, 2.0, 4.0])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_people_are_the_same_in_a_picture_that_is_stored_larger_or_smaller(scale: float, place: int) -> None:
    records = [pair(moved=20.0 * i) for i in range(3)]
    records[place] = stored(records[place], scale)

    present = match_people(records)

    assert [sorted(faces) for faces in present] == [[0, 1]] * 3
    for faces, record in zip(present, records, strict=True):
        assert [faces[person].middle[0] / record.width for person in (0, 1)] == sorted(
            face.middle[0] / record.width for face in record.faces
        )


def test_the_best_smile_wins_though_its_picture_has_more_pixels() -> None:
    records = [pair(score=3.2), pair(score=3.3), stored(pair(score=4.9), 2)]

    ranking = rank(records)

    assert ranking[0].index == 2
    assert ranking[0].score == pytest.approx(4.9)


def test_a_person_who_stands_elsewhere_is_another_whatever_the_pixels() -> None:
    left, right = (make_record(make_face_record(x=x, size=100)) for x in (150.0, 850.0))

    present = match_people([left, stored(right, 2)])

    assert [sorted(faces) for faces in present] == [[0], [1]]
