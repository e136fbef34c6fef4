"""The ratings file: what is written, what is left alone, and that a personal model can learn from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from livecam.errors import OutputError
from livecam.storage.ratings import FILE, Ratings
from model.data.ratings import read_ratings


def text(folder: Path) -> str:
    return (folder / FILE).read_text(encoding="utf-8")


def test_a_rating_is_a_line_and_rating_again_replaces_it(tmp_path: Path) -> None:
    ratings = Ratings(tmp_path)
    ratings.rate(tmp_path / "b.jpg", 4)
    ratings.rate(tmp_path / "a.jpg", 1)
    ratings.rate(tmp_path / "b.jpg", 5)

    assert text(tmp_path) == "path,rating\nb.jpg,5\na.jpg,1\n"
    assert [path.name for path in tmp_path.iterdir()] == [FILE], "nothing temporary stays"


def test_the_training_reads_it(tmp_path: Path) -> None:
    ratings = Ratings(tmp_path)
    ratings.rate(tmp_path / "größe, ü.jpg", 3)
    ratings.rate(tmp_path / "b.jpg", 2)
    ratings.move(tmp_path / "b.jpg", tmp_path / "deleted" / "b.jpg")

    assert [(rated.photo, rated.rating) for rated in read_ratings(tmp_path)] == [
        ("größe, ü.jpg", 3),
        ("deleted/b.jpg", 2),
    ]


def test_what_a_person_has_written_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes("\ufeffpath,eyes, rating,person\r\nold.jpg,closed,,Ada\r\n".encode())

    ratings = Ratings(tmp_path)
    ratings.rate(tmp_path / "new.jpg", 5)
    ratings.rate(tmp_path / "old.jpg", 2)

    assert text(tmp_path) == "path,eyes,rating,person\nold.jpg,closed,2,Ada\nnew.jpg,,5,\n"


def test_a_file_of_eyes_only_gets_the_column(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("path,eyes\na.jpg,open\n")

    Ratings(tmp_path).rate(tmp_path / "a.jpg", 4)

    assert text(tmp_path) == "path,eyes,rating\na.jpg,open,4\n"


@pytest.mark.parametrize(
    ("content", "after"),
    [
        ("Path;Rating;Remark\r\n.\\größe.jpg;2;so, so\r\n", "\ufeffPath;Rating;Remark\ngröße.jpg;5;so, so\n"),
        ("PATH\trating\ngröße.JPG\t2\n", "\ufeffPATH\trating\ngröße.jpg\t5\n"),
        ("path,rating\n{0}/größe.jpg,2\n", "path,rating\ngröße.jpg,5\n"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_file_that_a_spreadsheet_has_saved_keeps_its_separator_and_a_picture_has_one_line(
    tmp_path: Path, content: str, after: str, encoding: str
) -> None:
    picture = tmp_path / "größe.jpg"
    picture.write_bytes(b"")
    (tmp_path / FILE).write_bytes(content.format(tmp_path).encode(encoding))

    Ratings(tmp_path).rate(picture, 5)

    was_utf8 = encoding.startswith("utf")
    rows = text(tmp_path).replace(".\\", "").replace(f"{tmp_path}/", "").replace(".JPG", ".jpg")
    assert rows == (after if was_utf8 else "\ufeff" + after.removeprefix("\ufeff"))
    assert [(rated.photo, rated.rating) for rated in read_ratings(tmp_path)] == [("größe.jpg", 5)]


def test_a_picture_that_is_not_rated_moves_without_a_trace(tmp_path: Path) -> None:
    Ratings(tmp_path).move(tmp_path / "a.jpg", tmp_path / "deleted" / "a.jpg")

    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize(
    "content",
    [
        b"my diary",
        b"path,rating\na.jpg,1,2,3\n",
        b"path,note,Note\na.jpg,x,y\n",
        b"\xff\xfe\x00 no text",
        b'path,rating\n"a.jpg',
    ],
    ids=repr,
)
def test_a_file_that_is_something_else_is_not_touched(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)

    with pytest.raises(OutputError, match=FILE) as caught:
        Ratings(tmp_path).rate(tmp_path / "a.jpg", 4)

    assert "\n" not in str(caught.value)
    assert (tmp_path / FILE).read_bytes() == content


def test_a_folder_that_is_gone_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        Ratings(tmp_path / "gone").rate(tmp_path / "gone" / "a.jpg", 4)


@pytest.mark.parametrize("rating", [0, 6])
def test_a_rating_beyond_the_scale_is_a_bug(tmp_path: Path, rating: int) -> None:
    with pytest.raises(ValueError, match=r"1\.\.5"):
        Ratings(tmp_path).rate(tmp_path / "a.jpg", rating)
