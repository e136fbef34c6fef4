"""The desk: pictures are rated, put away and brought back, and nothing is lost by a key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from livecam.live.recent_shots import AWAY, ActionResult, RecentShots
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
def desk_with(folder: Path, *names: str) -> Iterator[RecentShots]:
    with RecentShots(folder) as recent_shots:
        for name in names:
            recent_shots.add(shot(folder, name))
        yield recent_shots


def settled(recent_shots: RecentShots) -> list[ActionResult]:
    """All news, when all is done."""
    recent_shots.close()
    return recent_shots.results()


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_newest_picture_is_rated_and_may_be_rated_again(tmp_path: Path) -> None:
    with desk_with(tmp_path, "a.jpg", "b.jpg") as recent_shots:
        recent_shots.rate(2)
        recent_shots.rate(5)
        assert recent_shots.last is not None
        assert recent_shots.last.rating == 5, "seen at once"
        assert [(results.event, results.words) for results in settled(recent_shots)] == [
            ("rated", "Rated 2 of 5"),
            ("rated", "Rated 5 of 5"),
        ]

    assert (tmp_path / FILE).read_text() == "path,rating\nb.jpg,5\n"


def test_a_deleted_picture_lies_in_a_subfolder_and_the_one_before_is_then_the_last(tmp_path: Path) -> None:
    with desk_with(tmp_path, "a.jpg", "b.jpg", "c.jpg") as recent_shots:
        recent_shots.delete()
        recent_shots.delete()
        assert recent_shots.last is not None
        assert recent_shots.last.path.name == "a.jpg"
        assert recent_shots.put_away == 2
        settled(recent_shots)

    assert files(tmp_path) == ["a.jpg", f"{AWAY}/b.jpg", f"{AWAY}/c.jpg"]
    assert (tmp_path / AWAY / "c.jpg").read_text() == "c.jpg"


def test_it_is_brought_back_with_its_rating(tmp_path: Path) -> None:
    with desk_with(tmp_path, "a.jpg", "b.jpg") as recent_shots:
        recent_shots.rate(1)
        recent_shots.delete()
        recent_shots.restore()
        assert [print_.path.name for print_ in recent_shots.thumbnails] == ["b.jpg", "a.jpg"]
        assert [results.event for results in settled(recent_shots)] == ["rated", "deleted", "restored"]
        assert recent_shots.thumbnails[0].rating == 1

    assert files(tmp_path) == ["a.jpg", "b.jpg", FILE]
    assert (tmp_path / FILE).read_text() == "path,rating\nb.jpg,1\n"


def test_the_rating_of_a_deleted_picture_still_finds_it(tmp_path: Path) -> None:
    with desk_with(tmp_path, "a.jpg") as recent_shots:
        recent_shots.rate(1)
        recent_shots.delete()
        settled(recent_shots)

    assert (tmp_path / FILE).read_text() == f"path,rating\n{AWAY}/a.jpg,1\n"


def test_nothing_there_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / AWAY).mkdir()
    (tmp_path / AWAY / "a.jpg").write_text("an older one")
    with desk_with(tmp_path, "a.jpg") as recent_shots:
        recent_shots.rate(3)
        recent_shots.delete()
        assert recent_shots.last is None
        *_, failed = settled(recent_shots)
        assert failed.event == "failed"
        assert "stays where it is" in failed.words
        assert recent_shots.last is not None, "it is back on the desk, because it was never moved"
        assert recent_shots.put_away == 0

    assert (tmp_path / "a.jpg").read_text() == "a.jpg"
    assert (tmp_path / AWAY / "a.jpg").read_text() == "an older one"
    assert (tmp_path / FILE).read_text() == "path,rating\na.jpg,3\n"


def test_a_rating_that_cannot_be_written_is_not_shown_as_one(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("my diary")
    with desk_with(tmp_path, "a.jpg") as recent_shots:
        recent_shots.rate(3)
        (results,) = settled(recent_shots)
        assert results.event == "failed"
        assert recent_shots.last is not None
        assert recent_shots.last.rating is None


def test_an_empty_desk_does_nothing(tmp_path: Path) -> None:
    with RecentShots(tmp_path) as recent_shots:
        recent_shots.rate(3)
        recent_shots.delete()
        recent_shots.restore()
        assert settled(recent_shots) == []
    assert files(tmp_path) == []


def test_a_thousand_pictures_do_not_fill_the_memory(tmp_path: Path) -> None:
    with RecentShots(tmp_path) as recent_shots:
        taken = shot(tmp_path, "a.jpg", size=(1920, 1080))
        for _ in range(40):
            recent_shots.add(taken)
        kept = [print_.small for print_ in recent_shots._thumbnails if print_.small is not None]

    assert len(kept) == len(recent_shots.thumbnails) == 8
    assert all(max(small.shape) == 480 for small in kept)
