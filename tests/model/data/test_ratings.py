"""A ratings file as the page of ``livecam best``, Excel, Windows and macOS write it."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from livecam.errors import SourceError
from model.data.ratings import read_ratings

NAMES = ("Feier Müller 0.jpg", "Zoë/Größe.jpg", "c.JPG")


def shoot(folder: Path) -> Path:
    """A folder with a few files that are named like photos."""
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


def read(path: Path, content: str | bytes) -> list[tuple[str, Path, int]]:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [(rated.photo, rated.path, rated.rating) for rated in read_ratings(path)]


def expected(folder: Path) -> list[tuple[str, Path, int]]:
    return [(name, folder / name, stars) for stars, name in enumerate(NAMES, start=3)]


def table(folder: str = "", separator: str = ",", header: str = "path,rating", end: str = "\r\n") -> str:
    rows = [f"{folder}{name}{separator}{stars}" for stars, name in enumerate(NAMES, start=3)]
    return end.join([header.replace(",", separator), *rows, ""])


@pytest.mark.parametrize(
    "content",
    [
        table(separator=";"),
        table(separator="\t"),
        table(separator="|"),
        "sep=;\r\n" + table(separator=";"),
        table(header="Path,RATING"),
        table(header=" PATH , Rating"),
        table("./"),
        table(".\\").replace("/", "\\"),
        table().replace(",3", ',"3.0"'),
        table(separator=";").replace(";3", ";3,0"),
        table().replace("c.JPG", "C.jpg"),
        table().upper().replace("SS", "ß"),
        unicodedata.normalize("NFD", table()),
        table() + ",\r\n,,,\r\n",
        table().encode("cp1252"),
        table(separator=";").encode("mac_roman"),
        table(separator="\t").encode("utf-16"),
        table(separator=";").encode("utf-8-sig"),
    ],
)
def test_what_programs_save_is_read_as_it_is(tmp_path: Path, content: str | bytes) -> None:
    folder = shoot(tmp_path / "in")

    assert read(folder / "ratings.csv", content) == expected(folder)


def test_names_that_are_apart_on_the_disk_are_found_by_composed_ones(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "Müller.jpg")
    (tmp_path / apart).write_bytes(b"")

    assert read(tmp_path / "ratings.csv", "path,rating\nMüller.jpg,3\n") == [(apart, tmp_path / apart, 3)]


def test_of_two_names_that_differ_in_case_only_the_right_one_is_taken_and_none_is_guessed(tmp_path: Path) -> None:
    for name in ("a.jpg", "A.jpg"):
        (tmp_path / name).write_bytes(b"")
    if len(list(tmp_path.iterdir())) < 2:
        pytest.skip("case does not count on this disk")

    rated = read(tmp_path / "ratings.csv", "path,rating\nA.jpg,3\na.jpg,4\na.JPG,5\n")

    assert [photo for photo, _, _ in rated] == ["A.jpg", "a.jpg", "a.JPG"], "the last is not there"


def test_absolute_paths_in_the_folder_of_the_ratings_are_those_in_it(tmp_path: Path) -> None:
    folder = shoot(tmp_path / "in")

    assert read(folder / "ratings.csv", table(f"{folder}/")) == expected(folder)
    assert read(folder / "ratings.csv", table(f"{folder}/") + f"{folder}/../in/d.jpg,1\n")[-1][0] == "d.jpg"


@pytest.mark.parametrize("host", ["", "localhost"])
def test_addresses_of_files_are_their_paths(tmp_path: Path, host: str) -> None:
    (tmp_path / "größe 1.jpg").write_bytes(b"")
    address = (tmp_path / "größe 1.jpg").as_uri().replace("file://", f"file://{host}")
    (tmp_path / "ratings.csv").write_text(f"path,rating\n{address},4\n", encoding="utf-8")

    assert [(rated.photo, rated.rating) for rated in read_ratings(tmp_path)] == [("größe 1.jpg", 4)]


def test_absolute_paths_of_a_folder_that_is_a_link_are_those_in_it(tmp_path: Path) -> None:
    folder = shoot(tmp_path / "in")
    (tmp_path / "link").symlink_to(folder)

    assert read(folder / "ratings.csv", table(f"{tmp_path / 'link'}/")) == expected(folder)


def test_the_file_of_absolute_paths_may_lie_elsewhere(tmp_path: Path) -> None:
    folder = shoot(tmp_path / "in")

    rated = read(tmp_path / "Downloads" / "ratings (1).csv", table(f"{folder}/"))

    assert rated == [(str(path), path, stars) for _, path, stars in expected(folder)]


@pytest.mark.parametrize("before", ["/gone/shoot/", "D:\\Photos\\shoot\\", "\\\\server\\shoot\\"])
def test_absolute_paths_hold_when_the_folder_was_moved_with_its_ratings(tmp_path: Path, before: str) -> None:
    folder = shoot(tmp_path / "in")

    assert read(folder / "ratings.csv", table(before)) == expected(folder)


@pytest.mark.parametrize("where", ["../secret.jpg", "..\\secret.jpg", "{0}/secret.jpg", "sub/../../secret.jpg"])
def test_a_path_among_relative_ones_may_not_leave_the_folder(tmp_path: Path, where: str) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"")
    folder = shoot(tmp_path / "in")

    with pytest.raises(SourceError, match=r"line 5: .*leads out of the folder of the ratings"):
        read(folder / "ratings.csv", table() + f"{where.format(tmp_path)},3\n")


def test_what_is_no_photo_may_not_be_named_outside_the_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="/etc/passwd leads out of the folder"):
        read(tmp_path / "ratings.csv", "path,rating\n/etc/passwd,3\n")


def test_one_photo_in_two_spellings_is_rated_twice_which_is_refused(tmp_path: Path) -> None:
    folder = shoot(tmp_path / "in")

    with pytest.raises(SourceError, match=r"has c\.JPG in lines 4 and 5: leave one of them"):
        read(folder / "ratings.csv", table() + ".\\c.jpg,2\n")
