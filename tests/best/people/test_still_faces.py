"""A face that never changes in a burst is a picture on a wall: it does not count beside somebody who lives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console

from livecam.best.outputs.report import table
from livecam.best.people.still_faces import without_still_faces
from livecam.best.ranking.ranked import RankedGroup, rank
from livecam.best.records.frame import FaceRecord, FrameRecord
from tests.best.records.factories import NOON, make_face_record, make_record

POSTER = make_face_record(x=250, size=300, score=1.1, eyes=(1.0, 1.0), shapes={"eyeBlink": 0.8})


def person(smile: float, *, x: float = 700, size: float = 150) -> FaceRecord:
    return make_face_record(x=x, size=size, score=2 + 3 * smile, shapes={"mouthSmile": smile, "eyeSquint": smile / 2})


def burst(photos: Sequence[Sequence[FaceRecord]], *, gap_s: float = 0.8) -> list[FrameRecord]:
    return [
        make_record(*faces, path=f"{i}.jpg", captured=NOON + timedelta(seconds=gap_s * i))
        for i, faces in enumerate(photos)
    ]


def drifted(face: FaceRecord, amount: float, *, x: float = 0.0) -> FaceRecord:
    """The same face whose every blendshape is by so much higher, seen x pixels further right."""
    x0, y0, x1, y1 = face.box
    return replace(face, blendshapes=tuple(v + amount for v in face.blendshapes), box=(x0 + x, y0, x1 + x, y1))


def sizes(records: Sequence[FrameRecord]) -> list[list[float]]:
    return [[face.size_px for face in record.faces] for record in records]


def test_the_stars_are_those_of_the_person_beside_a_poster_with_closed_eyes() -> None:
    records = burst([(POSTER, person(smile)) for smile in (0.1, 0.9, 0.4)])

    living, left_out = without_still_faces(records)

    assert (sizes(living), left_out) == ([[150.0]] * 3, 1)
    ranking = rank(living)
    assert ranking[0].index == 1
    assert ranking[0].score == pytest.approx(4.7)


def test_a_person_much_smaller_than_the_poster_is_no_passer_by() -> None:
    records = burst([(POSTER, person(smile, size=100)) for smile in (0.1, 0.9, 0.4)])

    assert rank(without_still_faces(records)[0])[0].score == pytest.approx(4.7)


def test_several_posters_wherever_they_are_in_the_picture() -> None:
    other = make_face_record(x=900, score=4.9, shapes={"mouthSmile": 0.6, "jawOpen": 0.3})
    photos = [(drifted(POSTER, 0.002 * i, x=30.0 * i), drifted(other, 0.004 * i), person(0.3 * i)) for i in range(4)]

    living, left_out = without_still_faces(burst(photos))

    assert (sizes(living), left_out) == ([[150.0]] * 4, 2)


@pytest.mark.parametrize("change", [0.035, 0.05])
def test_somebody_who_holds_as_still_as_people_can_stays(change: float) -> None:
    photos = [(drifted(POSTER, change * i / 2), person(0.3 * i)) for i in range(3)]

    living, left_out = without_still_faces(records := burst(photos))

    assert (list(living), left_out) == (records, 0)


@pytest.mark.parametrize(
    "records",
    [
        pytest.param(burst([(POSTER,)] * 3), id="alone"),
        pytest.param(burst([(POSTER, person(0.5))] * 3), id="nobody changes"),
        pytest.param(burst([(POSTER, person(0.1)), (POSTER, person(0.9))]), id="two photos"),
        pytest.param(burst([(POSTER, person(0.3 * i)) for i in range(3)], gap_s=0.2), id="too short"),
        pytest.param(burst([(POSTER, person(0.9)), (POSTER,), (POSTER,)]), id="somebody passes by"),
        pytest.param(burst([(POSTER, person(0.1)), (person(0.9),), (POSTER, person(0.4))]), id="not in each"),
        pytest.param(
            [replace(r, captured=None) for r in burst([(POSTER, person(0.3 * i)) for i in range(3)])], id="no time"
        ),
    ],
)
def test_what_may_be_a_person_stays(records: list[FrameRecord]) -> None:
    assert without_still_faces(records) == (tuple(records), 0)


def test_one_print_twice_is_two_faces() -> None:
    photos = [(POSTER, drifted(POSTER, 0.0, x=400), person(0.3 * i, x=900)) for i in range(3)]

    living, left_out = without_still_faces(burst(photos))

    assert (sizes(living), left_out) == ([[150.0]] * 3, 2)


def test_a_clock_of_whole_seconds_may_say_one_too_many() -> None:
    photos = [(POSTER, person(0.3 * i)) for i in range(3)]

    assert without_still_faces(burst(photos, gap_s=1.0))[1] == 1
    a_second = burst([*photos, (POSTER, person(0.9))], gap_s=0)
    a_second[-1] = replace(a_second[-1], captured=NOON + timedelta(seconds=1))
    assert without_still_faces(a_second)[1] == 0


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "1 face that never changes (a poster?) is left out"),
        (2, "2 faces that never change (posters?) are left out"),
    ],
)
def test_it_is_said_once_a_group(count: int, said: str) -> None:
    records = tuple(burst([(person(0.3 * i),) for i in range(3)]))
    console = Console(width=200)
    with console.capture() as capture:
        console.print(table([RankedGroup("party", records, rank(records), still_faces=count)], 1))

    assert capture.get().count(said) == 1
