"""What is taken for choices: the page's file, a list of paths, a table of ratings; all else is one line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from livecam.best.choices.choice import Choice, Choices, Flag, Source
from livecam.best.choices.file import read_choices
from livecam.errors import OutputError
from livecam.photos.on_disk import is_file
from tests.photos.mark_factories import make_picture

PHOTO = {"path": "/p/a.jpg", "flag": "keep", "flag_by": "person", "stars": 3, "eyes": "forgiven"}


def save(path: Path, *photos: object, **head: object) -> Path:
    path.write_text(json.dumps({"livecam_choices": 1, "page": "0", "photos": photos} | head))
    return path


def test_the_pages_file_says_all_that_was_chosen(tmp_path: Path) -> None:
    frame = {"path": "/p/a.mov", "t_ms": 500.5, "live_photo": "/p/a.jpg", "flag": "", "flag_by": "livecam", "stars": 0}
    whole = PHOTO | {"files": ["/p/a.CR3"], "bytes": 5, "modified_ns": "1", "captured": "", "phash": "00ff"}

    choices = read_choices(save(tmp_path / "c.json", whole, frame))

    photo, of_clip = choices.photos
    assert choices.source is Source.PAGE
    assert (photo.path, photo.flag, photo.by_person, photo.stars) == (Path("/p/a.jpg"), Flag.KEEP, True, 3)
    assert (photo.eyes_forgiven, photo.files) == (True, (Path("/p/a.CR3"),))
    assert photo.identity is not None
    assert (photo.identity.size, photo.identity.modified_ns, photo.identity.phash) == (5, 1, 255)
    assert of_clip == Choice(Path("/p/a.mov"), 500.5, live_photo=Path("/p/a.jpg"))


def make_huge(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


BAD: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "blank": lambda path: path.write_bytes(b" \n\n"),
    "other JSON": lambda path: path.write_text('{"a": 1}'),
    "a list": lambda path: path.write_text("[1, 2]"),
    "deep": lambda path: path.write_text("[" * 200_000),
    "cut": lambda path: path.write_text(save(path, PHOTO).read_text()[:-3]),
    "journal": lambda path: path.write_text('{"livecam_journal": 1}\n{"photo": "a"}\n'),
    "no photos": save,
    "other version": lambda path: save(path, PHOTO, livecam_choices=2),
    "stars": lambda path: save(path, PHOTO | {"stars": 6}),
    "true stars": lambda path: save(path, PHOTO | {"stars": "5"}),
    "flag": lambda path: save(path, PHOTO | {"flag": "maybe"}),
    "no path": lambda path: save(path, {"flag": "keep", "flag_by": "person", "stars": 0}),
    "zero in path": lambda path: save(path, PHOTO | {"path": "a\0b"}),
    "files": lambda path: save(path, PHOTO | {"files": "a"}),
    "time": lambda path: save(path, PHOTO | {"t_ms": "soon"}),
    "identity": lambda path: save(path, PHOTO | {"bytes": 1, "modified_ns": "?", "phash": "x"}),
    "photos": lambda path: save(path, PHOTO, photos={"a": 1}),
    "photos of texts": lambda path: save(path, PHOTO, photos=["a"]),
    "a picture": lambda path: make_picture(path.with_suffix(".jpg")).rename(path),
    "a folder": lambda path: path.mkdir(),
    "huge": make_huge,
    "nothing": lambda path: path,
    "the page": lambda path: path.write_text("<!doctype html>\n" + "x" * 10_000),
    "ratings of nothing": lambda path: path.write_text("path,rating\na.jpg,\n"),
    "ratings that are none": lambda path: path.write_text("path,rating\na.jpg,good\n"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_none_is_one_line(tmp_path: Path, what: str) -> None:
    path = tmp_path / "c\nhoices"
    BAD[what](path)

    with pytest.raises(OutputError) as failure:
        read_choices(path)

    assert "\n" not in str(failure.value)
    assert r"c\nhoices" in str(failure.value)
    assert ": " in str(failure.value)  # says what to do


def found(choices: Choices, folder: Path) -> list[str]:
    """The photos that were found, by their names below folder."""
    return [choice.path.relative_to(folder).as_posix() for choice in choices.photos if is_file(choice.path)]


NAMES = ["a.jpg", "Feier Müller.JPG", "sub/b.jpg"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    for name in NAMES:
        (tmp_path / name).write_bytes(b"photo")
    return tmp_path


@pytest.mark.parametrize(
    "data",
    [
        "\n".join(NAMES).encode(),
        "\r\n".join(NAMES).encode("utf-8-sig"),
        "\r\n".join(NAMES).encode("utf-16"),
        "\n".join(NAMES).encode("cp1252"),
        "\n".join(NAMES).encode("mac_roman"),
        b'"a.jpg"\n./Feier Mu\xcc\x88ller.jpg \n.\\sub\\B.JPG\n\n',
    ],
)
def test_a_list_is_read_however_a_program_has_spelled_it(folder: Path, data: bytes) -> None:
    (folder / "keepers.txt").write_bytes(data)

    choices = read_choices(folder / "keepers.txt")

    assert choices.source is Source.KEEPERS
    assert found(choices, folder) == NAMES
    assert all((choice.flag, choice.by_person) == (Flag.KEEP, True) for choice in choices.photos)


@pytest.mark.parametrize(
    "data", [b"path,rating\na.jpg,4\nsub/b.jpg,1\n", b"Path;Rating\r\na.jpg;4,0\r\n.\\sub\\b.jpg;1\r\n"]
)
def test_a_table_of_ratings_gives_stars_and_no_keepers(folder: Path, data: bytes) -> None:
    (folder / "ratings.csv").write_bytes(data)

    choices = read_choices(folder / "ratings.csv")

    assert choices.source is Source.RATINGS
    assert found(choices, folder) == ["a.jpg", "sub/b.jpg"]
    assert [(choice.stars, choice.flag) for choice in choices.photos] == [(4, Flag.NEITHER), (1, Flag.NEITHER)]


def test_names_that_are_no_text_and_frames_of_clips_are_found_in_a_list(folder: Path) -> None:
    (folder / "c.mp4").write_bytes(b"clip")
    (folder / "d.jpg#t=2").write_bytes(b"photo")
    lines = [b"c.mp4#t=61.500", b"d.jpg#t=2", b"a.jpg", b"a.jpg"]
    if sys.platform == "linux":
        (folder / os.fsdecode(b"\xff.jpg")).write_bytes(b"photo")
        lines.append(b"\xff.jpg")
    (folder / "list").write_bytes(b"\n".join(lines))

    photos = read_choices(folder / "list").photos

    told = [(os.fsencode(choice.path.name), choice.t_ms) for choice in photos]
    expected: list[tuple[bytes, float | None]] = [(b"c.mp4", 61_500.0), (b"d.jpg#t=2", None), (b"a.jpg", None)]
    assert told == [*expected, *((line, None) for line in lines[4:])]


def test_a_list_that_was_moved_with_its_folder_finds_its_photos_and_another_ones_does_not(folder: Path) -> None:
    gone = folder / "elsewhere"
    (folder / "moved.txt").write_text("".join(f"{gone / name}\n" for name in NAMES))
    (folder / "other.txt").write_text(f"{gone}/x/a.jpg\n{gone}/y/sub/b.jpg\n")
    (folder / "mixed.txt").write_text(f"{gone}/a.jpg\n{gone}/c.jpg\n{gone}/d.jpg\n")

    assert found(read_choices(folder / "moved.txt"), folder) == NAMES
    assert found(read_choices(folder / "other.txt"), folder) == []
    assert found(read_choices(folder / "mixed.txt"), folder) == []


def test_addresses_of_files_as_file_managers_copy_them_are_their_paths(folder: Path) -> None:
    (folder / "list").write_text("".join(f"{(folder / name).as_uri()}\r\n" for name in NAMES))

    assert found(read_choices(folder / "list"), folder) == NAMES


def test_lines_that_can_be_no_path_are_no_photos(folder: Path) -> None:
    (folder / "list").write_text("a.jpg\n" + "x" * 10_000 + "\n" + "y/" * 5_000 + "\n\t\n")

    assert found(read_choices(folder / "list"), folder) == ["a.jpg"]
