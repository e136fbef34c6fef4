"""The desk: pictures are rated, put away and brought back, and nothing is lost by a key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from livecam.live.recent_shots import AWAY, Desk, News
from livecam.storage.ratings import FILE
from livecam.types import Frame, Moment, Shot


def shot(folder: Path, name: str, *, size: tuple[int, int] = (64, 48)) -> Shot:
    """A picture that is really there."""
    path = folder / name
    path.write_text(name)
    frame = Frame(np.full((size[1], size[0], 3), 90, np.uint8), 0.0, 0, 0.0)
    return Shot(path, Moment(frame), 0.0)


@contextmanager
def desk_with(folder: Path, *names: str) -> Iterator[Desk]:
    with Desk(folder) as desk:
        for name in names:
            desk.add(shot(folder, name))
        yield desk


def settled(desk: Desk) -> list[News]:
    """All news, when all is done."""
    desk.close()
    return desk.news()


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_newest_picture_is_rated_and_may_be_rated_again(tmp_path: Path) -> None:
    with desk_with(tmp_path, "a.jpg", "b.jpg") as desk:
        desk.rate(2)
        desk.rate(5)
        assert desk.last is not None
        assert desk.last.rating == 5, "seen at once"
        assert [(news.event, news.words) for news in settled(desk)] == [
            ("rated", "Rated 2 of 5"),
            ("rated", "Rated 5 of 5"),
        ]

    assert (tmp_path / FILE).read_text() == "path,rating\nb.jpg,5\n"


def test_a_deleted_picture_lies_in_a_subfolder_and_the_one_before_is_then_the_last(tmp_path: Path) -> None:
    with desk_with(tmp_path, "a.jpg", "b.jpg", "c.jpg") as desk:
        desk.delete()
        desk.delete()
        assert desk.last is not None
        assert desk.last.path.name == "a.jpg"
        assert desk.put_away == 2
        settled(desk)

    assert files(tmp_path) == ["a.jpg", f"{AWAY}/b.jpg", f"{AWAY}/c.jpg"]
    assert (tmp_path / AWAY / "c.jpg").read_text() == "c.jpg"


def test_it_is_brought_back_with_its_rating(tmp_path: Path) -> None:
    with desk_with(tmp_path, "a.jpg", "b.jpg") as desk:
        desk.rate(1)
        desk.delete()
        desk.restore()
        assert [print_.path.name for print_ in desk.prints] == ["b.jpg", "a.jpg"]
        assert [news.event for news in settled(desk)] == ["rated", "deleted", "restored"]
        assert desk.prints[0].rating == 1

    assert files(tmp_path) == ["a.jpg", "b.jpg", FILE]
    assert (tmp_path / FILE).read_text() == "path,rating\nb.jpg,1\n"


def test_the_rating_of_a_deleted_picture_still_finds_it(tmp_path: Path) -> None:
    with desk_with(tmp_path, "a.jpg") as desk:
        desk.rate(1)
        desk.delete()
        settled(desk)

    assert (tmp_path / FILE).read_text() == f"path,rating\n{AWAY}/a.jpg,1\n"


def test_nothing_there_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / AWAY).mkdir()
    (tmp_path / AWAY / "a.jpg").write_text("an older one")
    with desk_with(tmp_path, "a.jpg") as desk:
        desk.rate(3)
        desk.delete()
        assert desk.last is None
        *_, failed = settled(desk)
        assert failed.event == "failed"
        assert "stays where it is" in failed.words
        assert desk.last is not None, "it is back on the desk, because it was never moved"
        assert desk.put_away == 0

    assert (tmp_path / "a.jpg").read_text() == "a.jpg"
    assert (tmp_path / AWAY / "a.jpg").read_text() == "an older one"
    assert (tmp_path / FILE).read_text() == "path,rating\na.jpg,3\n"


def test_a_rating_that_cannot_be_written_is_not_shown_as_one(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("my diary")
    with desk_with(tmp_path, "a.jpg") as desk:
        desk.rate(3)
        (news,) = settled(desk)
        assert news.event == "failed"
        assert desk.last is not None
        assert desk.last.rating is None


def test_an_empty_desk_does_nothing(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.rate(3)
        desk.delete()
        desk.restore()
        assert settled(desk) == []
    assert files(tmp_path) == []


def test_a_thousand_pictures_do_not_fill_the_memory(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        taken = shot(tmp_path, "a.jpg", size=(1920, 1080))
        for _ in range(40):
            desk.add(taken)
        kept = [print_.small for print_ in desk._prints if print_.small is not None]

    assert len(kept) == len(desk.prints) == 8
    assert all(max(small.shape) == 480 for small in kept)
