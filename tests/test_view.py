"""The live view: what is drawn of a run, and what the keys do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from livecam.live import Known, LiveRun
from livecam.source import Health, Source
from livecam.types import Decision, Frame, Moment, ScoredFace, Shot, State, UInt8Array
from livecam.view import View
from livecam.window import Key
from tests.factories import make_face, make_frame, make_score

if TYPE_CHECKING:
    from collections.abc import Iterable

DECISION = Decision(State.WAITING, 3.0, 4.0)


class Screen:
    def __init__(self, keys: Iterable[Key | None] = ()) -> None:
        self.shown: list[UInt8Array] = []
        self._keys = iter(keys)

    def show(self, image: UInt8Array) -> Key | None:
        self.shown.append(image)
        return next(self._keys, None)


class Run:
    """A run whose newest frame and newest moment the test sets."""

    def __init__(self) -> None:
        self.newest: Frame | None = None
        self.known: Known | None = None
        self.fps = 30.0
        self.saved = 0
        self.captured: list[Frame] = []

    def capture(self, frame: Frame) -> None:
        self.captured.append(frame)


class Camera:
    health = Health.OK


def frame(index: int, *, grey: int = 128) -> Frame:
    return make_frame(index * 33.0, width=640, height=480, grey=grey, index=index)


def known(of: Frame) -> Known:
    return Known(Moment(of, (ScoredFace(make_face(), make_score(3.0)),)), DECISION)


def refresh(view: View, run: Run) -> bool:
    return view.refresh(cast("LiveRun", run))


def make_view(screen: Screen, camera: Camera | None = None) -> View:
    return View(screen, cast("Source", camera or Camera()), provider="cpu")


def test_the_newest_frame_is_shown_although_its_analysis_is_not_there_yet() -> None:
    screen, run = Screen(), Run()
    view = make_view(screen)
    run.known, run.newest = known(frame(0, grey=20)), frame(5, grey=200)

    refresh(view, run)

    assert np.median(screen.shown[0][200:280, 250:390]) == 200
    box_drawn = np.any(screen.shown[0][120:260, 150:300] != 200)
    assert box_drawn, "the face of the moment before stands in"


def test_nothing_is_drawn_twice() -> None:
    screen, run = Screen(), Run()
    view = make_view(screen)
    run.newest = frame(0)
    run.known = known(run.newest)

    refresh(view, run)
    refresh(view, run)

    assert len(screen.shown) == 1


def test_before_the_first_analysis_nothing_is_shown_unless_the_camera_fails() -> None:
    screen, camera, run = Screen(), Camera(), Run()
    view = make_view(screen, camera)

    assert refresh(view, run)
    assert screen.shown == []
    camera.health = Health.LOST
    refresh(view, run)
    assert len(screen.shown) == 1


def test_space_takes_the_frame_that_was_on_the_screen_when_it_was_pressed() -> None:
    screen, run = Screen([None, Key.TAKE]), Run()
    view = make_view(screen)
    seen, next_one = frame(0), frame(1)
    for run.newest in (seen, next_one):
        run.known = known(run.newest)
        refresh(view, run)

    assert run.captured == [seen]


def test_q_quits_and_other_keys_do_not() -> None:
    screen, run = Screen([Key.MIRROR, Key.HELP, Key.QUIT]), Run()
    view = make_view(screen)
    run.newest = frame(0)
    run.known = known(run.newest)

    assert [refresh(view, run) for _ in range(3)] == [True, True, False]


def test_m_mirrors_the_picture_but_not_the_one_taken() -> None:
    screen, run = Screen([Key.MIRROR]), Run()
    view = make_view(screen)
    run.newest = frame(0)
    run.newest.image[:, :320] = 10
    run.known = known(run.newest)

    refresh(view, run)
    refresh(view, run)

    assert [int(np.median(image[200:280, :200])) for image in screen.shown] == [10, 128]
    assert run.newest.image[0, 0, 0] == 10


def test_a_picture_taken_is_seen_at_once() -> None:
    screen, run = Screen(), Run()
    view = make_view(screen)
    run.newest = frame(0)
    run.known = known(run.newest)
    refresh(view, run)

    view.shot_taken(Shot(Path("a.jpg"), run.known.moment, 0.0))
    refresh(view, run)

    before, after = screen.shown
    assert after.mean() > before.mean() + 20, "the flash"
