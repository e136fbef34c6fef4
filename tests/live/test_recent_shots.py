"""The pictures just taken are rated, deleted and restored, and nothing is lost by a key."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from livecam.daemon_worker import DaemonWorker
from livecam.errors import OutputError
from livecam.live.recent_shots import DELETED_FOLDER, ActionResult, RecentShots
from livecam.storage.album import Shot
from livecam.storage.ratings import FILE
from livecam.types import Frame, Moment


def shot(folder: Path, name: str, *, size: tuple[int, int] = (64, 48)) -> Shot:
    """A picture that is really there."""
    path = folder / name
    path.write_text(name)
    frame = Frame(np.full((size[1], size[0], 3), 90, np.uint8), 0.0, 0, 0.0)
    return Shot(path, Moment(frame), 0.0)


@contextmanager
def recent(folder: Path, *names: str) -> Iterator[RecentShots]:
    with RecentShots(folder) as recent_shots:
        for name in names:
            recent_shots.add(shot(folder, name))
        yield recent_shots


def settled(recent_shots: RecentShots) -> list[ActionResult]:
    """All results, when all is done."""
    recent_shots.close()
    return recent_shots.results()


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_newest_picture_is_rated_and_may_be_rated_again(tmp_path: Path) -> None:
    with recent(tmp_path, "a.jpg", "b.jpg") as recent_shots:
        recent_shots.rate(2)
        recent_shots.rate(5)
        assert recent_shots.last is not None
        assert recent_shots.last.rating == 5, "seen at once"
        assert [(result.event, result.message) for result in settled(recent_shots)] == [
            ("rated", "Rated 2 of 5"),
            ("rated", "Rated 5 of 5"),
        ]

    assert (tmp_path / FILE).read_text() == "path,rating\nb.jpg,5\n"


def test_a_deleted_picture_lies_in_a_subfolder_and_the_one_before_is_then_the_last(tmp_path: Path) -> None:
    with recent(tmp_path, "a.jpg", "b.jpg", "c.jpg") as recent_shots:
        recent_shots.delete()
        recent_shots.delete()
        assert recent_shots.last is not None
        assert recent_shots.last.path.name == "a.jpg"
        assert recent_shots.deleted == 2
        settled(recent_shots)

    assert files(tmp_path) == ["a.jpg", f"{DELETED_FOLDER}/b.jpg", f"{DELETED_FOLDER}/c.jpg"]
    assert (tmp_path / DELETED_FOLDER / "c.jpg").read_text() == "c.jpg"


def test_a_deleted_picture_is_restored_with_its_rating(tmp_path: Path) -> None:
    with recent(tmp_path, "a.jpg", "b.jpg") as recent_shots:
        recent_shots.rate(1)
        recent_shots.delete()
        recent_shots.restore()
        assert [shot.path.name for shot in recent_shots.with_thumbnail] == ["b.jpg", "a.jpg"]
        assert [result.event for result in settled(recent_shots)] == ["rated", "deleted", "restored"]
        assert recent_shots.with_thumbnail[0].rating == 1

    assert files(tmp_path) == ["a.jpg", "b.jpg", FILE]
    assert (tmp_path / FILE).read_text() == "path,rating\nb.jpg,1\n"


def test_the_rating_of_a_deleted_picture_still_finds_it(tmp_path: Path) -> None:
    with recent(tmp_path, "a.jpg") as recent_shots:
        recent_shots.rate(1)
        recent_shots.delete()
        settled(recent_shots)

    assert (tmp_path / FILE).read_text() == f"path,rating\n{DELETED_FOLDER}/a.jpg,1\n"


def test_nothing_there_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / DELETED_FOLDER).mkdir()
    (tmp_path / DELETED_FOLDER / "a.jpg").write_text("an older one")
    with recent(tmp_path, "a.jpg") as recent_shots:
        recent_shots.rate(3)
        recent_shots.delete()
        assert recent_shots.last is None
        *_, failed = settled(recent_shots)
        assert failed.event == "failed"
        assert "stays where it is" in failed.message
        assert recent_shots.last is not None, "it is listed again, because it was never moved"
        assert recent_shots.deleted == 0

    assert (tmp_path / "a.jpg").read_text() == "a.jpg"
    assert (tmp_path / DELETED_FOLDER / "a.jpg").read_text() == "an older one"
    assert (tmp_path / FILE).read_text() == "path,rating\na.jpg,3\n"


def test_a_rating_that_cannot_be_written_is_not_shown_as_one(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("my diary")
    with recent(tmp_path, "a.jpg") as recent_shots:
        recent_shots.rate(3)
        (result,) = settled(recent_shots)
        assert result.event == "failed"
        assert recent_shots.last is not None
        assert recent_shots.last.rating is None


def test_without_a_picture_nothing_is_done(tmp_path: Path) -> None:
    with RecentShots(tmp_path) as recent_shots:
        recent_shots.rate(3)
        recent_shots.delete()
        recent_shots.restore()
        assert settled(recent_shots) == []
    assert files(tmp_path) == []


@pytest.mark.slow
def test_a_thousand_pictures_do_not_fill_the_memory(tmp_path: Path) -> None:
    with RecentShots(tmp_path) as recent_shots:
        taken = shot(tmp_path, "a.jpg", size=(1920, 1080))
        recent_shots.add(taken)
        assert recent_shots.last is not None
        first = recent_shots.last
        for _ in range(40):
            recent_shots.add(taken)
        thumbnails = [one.thumbnail for one in recent_shots.with_thumbnail]

    assert first.thumbnail is None, "what is too old to be shown is let go"
    assert len(thumbnails) == 8
    assert all(thumbnail is not None and max(thumbnail.shape) == 480 for thumbnail in thumbnails)


def test_a_disk_that_never_answers_is_not_waited_for_and_what_was_not_done_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answers = threading.Event(), threading.Event()

    def rate(*_: object) -> None:
        asked.set()
        answers.wait()

    monkeypatch.setattr("livecam.live.recent_shots.Ratings.rate", rate)
    recent_shots = RecentShots(tmp_path, hangs_s=0.0)
    recent_shots.add(shot(tmp_path, "a.jpg"))
    recent_shots.rate(4)
    recent_shots.delete()
    asked.wait()
    recent_shots.close()
    said = [(result.event, result.message) for result in recent_shots.results()]
    assert said == [
        ("failed", "not deleted: the disk does not answer"),
        ("failed", "not rated: the disk does not answer"),
    ]
    assert recent_shots.last is not None, "it is where it was"
    assert recent_shots.last.rating is None
    assert not recent_shots.results()
    answers.set()


@pytest.mark.parametrize(
    ("works", "shown"),
    [([True, False], 2), ([False, True], 5), ([False, False], None), ([True, True], 5), ([True, False, False], 2)],
)
def test_a_picture_shows_the_rating_that_is_on_the_disk_whichever_failed(
    works: list[bool], shown: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = list(works)

    def rate(*_: object) -> None:
        if not left.pop(0):
            raise OutputError("the disk is full")

    monkeypatch.setattr("livecam.live.recent_shots.Ratings.rate", rate)
    recent_shots = RecentShots(tmp_path)
    recent_shots.add(shot(tmp_path, "a.jpg"))
    for rating in (2, 5, 3)[: len(works)]:
        recent_shots.rate(rating)
    assert [result.event == "rated" for result in settled(recent_shots)] == works
    assert recent_shots.last is not None
    assert recent_shots.last.rating == shown


def test_a_slow_disk_is_waited_for_as_long_as_it_gets_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = threading.Semaphore(0)
    monkeypatch.setattr("livecam.live.recent_shots.Ratings.rate", lambda *_: slow.acquire())
    ends_within = DaemonWorker.ends_within

    def one_is_done(worker: DaemonWorker, seconds: float) -> bool:
        before = worker._done
        slow.release()
        while worker._done == before and not ends_within(worker, 0.001):
            pass
        return ends_within(worker, seconds)

    monkeypatch.setattr(DaemonWorker, "ends_within", one_is_done)
    recent_shots = RecentShots(tmp_path, hangs_s=0.0)
    recent_shots.add(shot(tmp_path, "a.jpg"))
    for rating in (1, 2, 3):
        recent_shots.rate(rating)
    assert [result.event for result in settled(recent_shots)] == ["rated"] * 3
