"""A source that is not there yet is waited for."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from livecam.errors import SourceBusyError, SourceError, SourceRefusedError
from livecam.sources.source import Pace, Source, open_source
from livecam.sources.waiting import open_when_ready, open_when_there
from tests.sources.bad_camera import bad_camera, rtsp_camera
from tests.sources.test_source import make_clip


@pytest.fixture
def now_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of those who wait; it stands still."""
    now_s = [0.0]
    monkeypatch.setattr("livecam.sources.waiting.time", SimpleNamespace(monotonic=lambda: now_s[0]))
    return now_s


def test_source_that_comes_later_is_opened_and_each_reason_is_told_once(tmp_path: Path) -> None:
    path, told, pauses = tmp_path / "a.mp4", list[str](), list[float]()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 4:
            path.touch()
        elif len(pauses) == 6:
            make_clip(path)

    with open_when_there(lambda: open_source(str(path), Pace.FAST), told.append, pause) as opened:
        assert opened.read() is not None
    assert pauses == [0.5, 1, 2, 4, 8, 8]
    assert [("is called" in words, "is empty" in words) for words in told] == [(True, False), (False, True)]
    assert all(words.startswith("waiting: ") for words in told)


@pytest.mark.parametrize("code", [401, 403])
def test_camera_that_refuses_is_not_asked_again(code: int) -> None:
    tries: list[str] = []

    def opened(url: str) -> Source:
        tries.append(url)
        return open_source(url)

    with bad_camera() as camera, rtsp_camera() as rtsp:
        for url in (f"http://{camera.host}/{code}", f"rtsp://{rtsp}/{code}"):
            with pytest.raises(SourceRefusedError, match=str(code)):
                open_when_there(lambda url=url: opened(url), tries.append, lambda _: pytest.fail("it waits"))  # type: ignore[misc]
    assert len(tries) == 2


def test_camera_that_is_starting_is_waited_for() -> None:
    with bad_camera() as camera:
        addresses = iter((f"http://{camera.host}/503", f"http://{camera.host}/404", f"http://{camera.host}/stream"))
        told: list[str] = []
        with open_when_there(lambda: open_source(next(addresses)), told.append, lambda _: None) as opened:
            assert opened.read(5) is not None
    assert ["503" in words for words in told] == [True, False]


def test_live_source_at_pace_fast_is_refused_at_once() -> None:
    with bad_camera() as camera:
        url = f"http://{camera.host}/stream"
        with pytest.raises(SourceError, match="is live"):
            open_when_there(lambda: open_source(url, Pace.FAST), pytest.fail, lambda _: None)


@pytest.mark.usefixtures("now_s")
def test_source_that_never_comes_is_given_up_after_the_time_that_was_asked_for(tmp_path: Path) -> None:
    pauses: list[float] = []
    with pytest.raises(SourceError, match="is called"):
        open_when_there(lambda: open_source(str(tmp_path / "none")), lambda _: None, pauses.append, give_up_s=5)
    assert pauses == [0.5, 1, 2, 1.5]


def test_time_that_an_opening_takes_counts_for_when_it_is_given_up(now_s: list[float]) -> None:
    pauses: list[float] = []

    def opened() -> Source:
        now_s[0] += 10
        raise SourceError("it gave no video")

    with pytest.raises(SourceError, match="gave no video"):
        open_when_there(opened, lambda _: None, pauses.append, give_up_s=22)
    assert pauses == [0.5, 1]


@pytest.mark.parametrize("code", [429, 502, 503, 504])
def test_camera_that_is_not_ready_is_tried_again_for_some_seconds_unasked(code: int) -> None:
    with bad_camera() as camera:
        addresses = iter(
            (f"http://{camera.host}/{code}", f"http://{camera.host}/{code}", f"http://{camera.host}/stream")
        )
        told: list[str] = []
        with open_when_ready(lambda: open_source(next(addresses)), told.append, lambda _: None) as opened:
            assert opened.read(5) is not None
    assert len(told) == 1
    assert told[0].startswith("waiting: ")


@pytest.mark.usefixtures("now_s")
def test_camera_that_is_never_ready_ends_with_a_word_on_how_to_wait_for_it() -> None:
    pauses: list[float] = []
    with (
        bad_camera() as camera,
        pytest.raises(SourceBusyError, match=r"is not ready \(503\): .*; with --wait it is waited for$"),
    ):
        open_when_ready(lambda: open_source(f"http://{camera.host}/503"), lambda _: None, pauses.append)
    assert sum(pauses) == pytest.approx(10)


@pytest.mark.parametrize("path", ["404", "500", "page", "503-3600"])
def test_what_will_not_be_ready_in_a_moment_is_not_tried_again_unasked(path: str) -> None:
    with bad_camera() as camera, pytest.raises(SourceError, match="http://"):
        open_when_ready(
            lambda: open_source(f"http://{camera.host}/{path}"), pytest.fail, lambda _: pytest.fail("it waits")
        )
