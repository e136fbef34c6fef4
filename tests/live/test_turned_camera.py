"""What a person is told of a camera that lies: once, when it is clear, and never of people who lie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from livecam.live.turned_camera import TurnedCamera
from livecam.sources.source import Orientation
from livecam.types import Frame, Moment, ScoredFace
from tests.factories import make_face, make_frame, make_score

IMAGE = make_frame(width=640, height=480).image


def moment(t_ms: float, *turned: int, path: Path | None = None) -> Moment:
    faces = (ScoredFace(replace(make_face(), turned=degrees), make_score(3.0)) for degrees in turned)
    return Moment(Frame(IMAGE, t_ms, 0, 0.0, path), tuple(faces))


def told(moments: Iterable[Moment], asked: Orientation | None = None) -> list[int]:
    camera = TurnedCamera("cam", asked or Orientation())
    return [turned.rotate for one in moments if (turned := camera.note(one)) is not None]


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_people_who_all_lie_for_a_second_are_told_once(turned: int) -> None:
    assert told(moment(t, turned, turned) for t in range(0, 5000, 40)) == [turned]


def test_who_bends_over_or_lies_beside_others_is_not_the_camera() -> None:
    bends = [moment(t, 90 if 1000 <= t < 1900 else 0) for t in range(0, 4000, 40)]
    beside = [moment(t, 0, 270) for t in range(0, 4000, 40)]
    assert told(bends) == told(beside) == []


def test_a_moment_without_anybody_does_not_begin_the_second_again() -> None:
    assert told(moment(t, *([180] if t % 200 else [])) for t in range(0, 2000, 40)) == [180]


def test_a_camera_that_is_turned_once_more_is_told_again() -> None:
    assert told(moment(t, 90 if t < 3000 else 180 if t < 6000 else 90) for t in range(0, 9000, 40)) == [90, 180, 90]


@pytest.mark.parametrize(
    ("asked", "turned", "rotate"),
    [(Orientation(90), 90, [180]), (Orientation(90), 270, [0]), (Orientation(0, mirror=True), 90, [270])],
)
def test_what_is_asked_for_already_is_counted_in(asked: Orientation, turned: int, rotate: list[int]) -> None:
    assert told((moment(t, turned) for t in range(0, 3000, 40)), asked) == rotate


def test_of_a_folder_of_pictures_each_has_its_own_turn() -> None:
    assert told(moment(t, 90, path=Path("a.jpg")) for t in range(0, 4000, 40)) == []
