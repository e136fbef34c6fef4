"""``livecam archive query``: what it prints, and what becomes of the photos of an answer."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from livecam import cli
from livecam.archive.rows import Row
from livecam.best.scan.cache import content_of_file
from livecam.storage.xmp_marks import Mark, read, write
from tests.archive.archives import failed_row, make_archive, make_archived_face, row
from tests.archive.archives import make_photo as make_archived_photo
from tests.archive.scanned import archive_of
from tests.best.photo_factories import make_photo
from tests.commands.best_runs import Best
from tests.photos.capture_factories import make_shot
from tests.trees import tree

Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run ``livecam archive query``: code, stdout, stderr."""

    def run(*words: str | Path) -> tuple[int, str, str]:
        code = cli.run(["archive", "query", *map(str, words)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A photo with a face and one that could not be read."""
    photo = make_archived_photo("/p/a.jpg", make_archived_face(4.25))
    return make_archive(tmp_path / "archive", [row(photo), failed_row("/p/b.jpg", "b.jpg is\nno photo")])


@pytest.fixture
def shoot(tmp_path: Path) -> Path:
    """Photos on the disk: a burst of three, the first with a raw file, and one with an edit; the lighter the better."""
    folder = tmp_path / "in"
    for i in range(3):
        make_photo(folder / f"DSC{i}.JPG", 120 + 40 * i, 0.5 * i)
    make_shot(folder / "RAW" / "DSC0.ARW", 0, model="")
    make_photo(folder / "DSC7.JPG", 150, 600)
    make_photo(folder / "DSC7-edit.JPG", 151, 600)
    return folder


def test_json_is_one_object_a_row(archive: Path, ask: Ask) -> None:
    code, out, told = ask(
        archive,
        "select path, score, captured, embedding[1:2] as e, 'nan'::float as n from photos order by path",
        "--json",
    )

    assert (code, told) == (0, "")
    first, second = map(json.loads, out.splitlines())
    assert first | {"e": None} == {
        "path": "/p/a.jpg",
        "score": 4.25,
        "captured": "2026-05-23T12:00:00",
        "e": None,
        "n": None,
    }
    assert len(first["e"]) == 2
    assert second["score"] is None


def test_json_names_columns_of_one_name_apart(archive: Path, ask: Ask) -> None:
    _, out, _ = ask(archive, "select 1 as a, 2 as a, 3 as a_2, 4 as a", "--json")

    assert json.loads(out) == {"a": 1, "a_3": 2, "a_2": 3, "a_4": 4}


def test_a_table_for_a_program_does_not_cut_a_path_into_pieces(tmp_path: Path, ask: Ask) -> None:
    path = "/p/" + 30 * "a long folder/" + "IMG_1.jpg"
    photo = make_archived_photo(path, make_archived_face(4.25))

    code, out, _ = ask(make_archive(tmp_path / "long", [row(photo)]), "above 4")

    assert code == 0
    assert path in out.splitlines()[1]
    assert len(out.splitlines()) == 2


def test_csv_has_a_header_and_survives_line_ends_in_values(archive: Path, ask: Ask) -> None:
    code, out, _ = ask(archive, "failed", "--csv")

    assert code == 0
    assert list(csv.reader(io.StringIO(out))) == [["path", "error"], ["/p/b.jpg", "b.jpg is\nno photo"]]


def test_people_get_a_table_on_one_line_a_row(archive: Path, ask: Ask) -> None:
    code, out, told = ask(archive, "select path, score, error, embedding from photos order by path")

    assert (code, told) == (0, "")
    assert "4.25" in out
    assert "(512)" in out
    assert ask(archive, "failed")[1].count("\n") == 2
    assert ask(archive, "3 people") == (0, "", "no photo is like that\n")


def test_a_long_answer_is_cut_in_the_table_alone(tmp_path: Path, ask: Ask) -> None:
    archive = make_archive(tmp_path / "archive", [make_archived_photo(f"/p/{i:03}.jpg") for i in range(250)])

    _, out, told = ask(archive, "no people")

    assert len(out.splitlines()) == 201
    assert "and 50 more rows" in told
    assert len(ask(archive, "no people", "--csv")[1].splitlines()) == 251


def test_the_photos_of_an_answer_are_copied_whole_and_taken_back(tmp_path: Path, shoot: Path, ask: Ask) -> None:
    archive = archive_of(shoot, tmp_path / "archive")
    before = tree(shoot)

    code, out, told = ask(
        archive, "select path from photos where name in ('DSC0.JPG', 'DSC7.JPG')", "--copy-to", tmp_path / "keep"
    )

    assert (code, out) == (0, "")
    assert "2 photos picked" in told
    assert set(tree(tmp_path / "keep")) == {"DSC0.JPG", "DSC0.ARW", "DSC7.JPG", "DSC7-edit.JPG"}
    assert tree(shoot) == before
    assert "livecam best --undo" in told
    assert cli.run(["best", "--undo", str(tmp_path / "keep")]) == 0
    assert tree(tmp_path / "keep") == {}


def test_stars_are_written_where_nobody_has_set_any_and_rejects_are_not_picked(
    tmp_path: Path, shoot: Path, ask: Ask
) -> None:
    archive = archive_of(shoot, tmp_path / "archive")
    write(shoot / "DSC1.JPG", Mark(rating=5, label="Red"))
    write(shoot / "DSC2.JPG", Mark(rating=-1))

    code, _, told = ask(
        archive, "1 or more people", "--xmp", "sidecar", "--keep-label", "Pick", "--copy-to", tmp_path / "keep"
    )

    assert code == 0
    assert read(shoot / "DSC0.JPG") == Mark(3, "Pick")
    assert read(shoot / "RAW" / "DSC0.ARW") == Mark(3, "Pick")
    assert read(shoot / "DSC1.JPG") == Mark(5, "Red")
    assert read(shoot / "DSC2.JPG") == Mark(rating=-1)
    assert "1 of them is rejected by you, and not kept" in told
    assert "DSC2.JPG" not in tree(tmp_path / "keep")
    assert "DSC1.JPG" in tree(tmp_path / "keep")


def test_the_page_shows_the_photos_of_the_answer_alone(tmp_path: Path, shoot: Path, ask: Ask) -> None:
    archive = archive_of(shoot, tmp_path / "archive")

    code, _, told = ask(archive, "best of each day", "--page", tmp_path / "page.html")

    assert code == 0
    assert "page written" in told
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "DSC2.JPG" in page
    assert "DSC1.JPG" not in page


def test_an_answer_without_paths_is_no_pick(tmp_path: Path, archive: Path, ask: Ask) -> None:
    code, _, told = ask(archive, "select count(*) from photos", "--copy-to", tmp_path / "keep")

    assert code == 1
    assert "the answer has no column path" in told
    assert told.count("\n") == 1


def test_a_path_that_is_none_of_the_archives_is_refused(tmp_path: Path, archive: Path, ask: Ask) -> None:
    code, _, told = ask(archive, "select '/etc/passwd' as path", "--move-to", tmp_path / "keep")

    assert code == 1
    assert "/etc/passwd is not a photo of the archive" in told


def test_what_lies_in_a_store_or_is_gone_is_said_and_the_rest_is_done(tmp_path: Path, shoot: Path, ask: Ask) -> None:
    archive = archive_of(shoot, tmp_path / "archive")
    (shoot / "DSC1.JPG").unlink()
    away = make_archive(
        tmp_path / "away", [{**row(make_archived_photo("/1.jpg", make_archived_face(4.5))), "path": "s3://b/1.jpg"}]
    )

    code, _, told = ask(archive, "select path from photos where name like 'DSC_.JPG'", "--copy-to", tmp_path / "keep")

    assert code == 1
    assert "DSC1.JPG" in told
    assert {"DSC0.JPG", "DSC2.JPG"} <= set(tree(tmp_path / "keep"))
    code, _, told = ask(away, "above 4", "--copy-to", tmp_path / "keep")
    assert code == 1
    assert "s3://b/1.jpg is no file on this computer: copy it here first" in told


def as_on_the_disk(photo: Path, **changed: object) -> Row:
    """The row of a file as livecam archive writes it, but for what is changed."""
    status = photo.stat()
    record = make_archived_photo(str(photo), make_archived_face(4.5))
    return row(record, size=status.st_size, mtime_ns=status.st_mtime_ns, content=content_of_file(photo)) | changed


@pytest.mark.parametrize("wanted", ["--move-to", "--copy-to", "--link-to"])
@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("IMG_1.jpg", {"source": "/photos"}),
        ("IMG_1.jpg", {"source": "@/other"}),
        ("IMG_1.jpg", {"source": "zip://::file:///all.zip"}),
        ("../in/IMG_1.jpg", {}),
        ("thesis.txt", {}),
        ("IMG_1.jpg", {"companions": ["@/IMG_2.jpg"]}),
        ("IMG_1.jpg", {"companions": ["@/IMG_1.txt"]}),
        ("IMG_1.jpg", {"companions": ["@/../private/IMG_1.nef"]}),
        ("IMG_1.jpg", {"judged_path": "@/IMG_2.jpg"}),
    ],
)
def test_an_archive_of_somebody_else_takes_no_file_that_it_was_not_made_of(
    tmp_path: Path, ask: Ask, best: Best, name: str, changed: dict[str, object], wanted: str
) -> None:
    folder = tmp_path / "in"
    for file in (folder / "IMG_1.jpg", folder / "IMG_2.jpg", tmp_path / "private" / "IMG_1.png"):
        make_photo(file)
    (tmp_path / "private" / "IMG_1.png").rename(tmp_path / "private" / "IMG_1.nef")
    for file in (folder / "thesis.txt", folder / "IMG_1.txt"):
        file.write_text("mine")
    before = tree(tmp_path)
    named = json.loads(json.dumps(changed).replace("@", str(folder)))
    photo = as_on_the_disk(folder / name, **{"source": str(folder), **named})
    archive = make_archive(tmp_path / "archive", [photo])

    code, _, told = ask(archive, "above 4", wanted, tmp_path / "keep")
    of_best, _, told_by_best = best(archive, wanted, tmp_path / "keep")

    assert (code, of_best) == (1, 1)
    for said in (told, told_by_best):
        assert said.count("no photo of the folder that the archive says it is from: left alone") == 1
    assert {path: data for path, data in tree(tmp_path).items() if not path.startswith("archive")} == before


def test_a_relative_path_of_an_archive_is_no_file_here(
    tmp_path: Path, best: Best, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    photo = as_on_the_disk(make_photo(tmp_path / "IMG_1.jpg"))
    for path in ("IMG_1.jpg", "s3://../IMG_1.jpg"):
        archive = make_archive(tmp_path / f"archive {path[0]}", [photo | {"path": path}])

        assert best(archive, "--move-to", tmp_path / "keep")[0] == 1

        assert (tmp_path / "IMG_1.jpg").exists()


@pytest.mark.parametrize("source", ["{}", "{}/IMG_*.jpg", "{}/IMG_1.jpg", "/"])
def test_what_an_archive_was_made_of_is_moved(tmp_path: Path, ask: Ask, source: str) -> None:
    photo = make_photo(tmp_path / "in" / "IMG_1.jpg")
    raw = make_photo(tmp_path / "in" / "IMG_1.png").rename(tmp_path / "in" / "IMG_1.nef")
    of = as_on_the_disk(photo, source=source.replace("{}", str(photo.parent)), companions=[str(raw)])
    archive = make_archive(tmp_path / "archive", [of])

    assert ask(archive, "above 4", "--move-to", tmp_path / "keep")[0] == 0

    assert {"IMG_1.jpg", "IMG_1.nef"} == set(tree(tmp_path / "keep"))


def test_a_file_that_is_another_one_than_was_scored_is_not_moved(tmp_path: Path, ask: Ask, best: Best) -> None:
    """Whoever makes an archive up cannot know what the files of others hold, and when they were written."""
    touched, other, same = (make_photo(tmp_path / "in" / f"{i}.jpg", 100, 100.0 * i) for i in range(3))
    rows = [as_on_the_disk(touched), as_on_the_disk(other), as_on_the_disk(same)]
    archive = make_archive(tmp_path / "archive", rows)
    os.utime(touched, (1_700_000_009, 1_700_000_009))
    make_photo(other, 200)

    code, _, told = ask(archive, "select path from photos", "--move-to", tmp_path / "keep")

    assert code == 1
    assert "1.jpg was changed since, and not moved: run livecam archive again, then this" in told
    assert set(tree(tmp_path / "keep")) == {"0.jpg", "2.jpg"}
    assert best(archive, "--move-to", tmp_path / "keep2")[0] == 1
    assert other.exists()
    assert ask(archive, "select path from photos where name = '1.jpg'", "--copy-to", tmp_path / "copy")[0] == 0
    assert set(tree(tmp_path / "copy")) == {"1.jpg"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--json", "--csv"], "only one of --json"),
        (["--copy-to", "x", "--move-to", "y"], "only one of --copy-to"),
        (["--keep-label", "Red"], "--xmp"),
    ],
)
def test_options_that_do_not_go_together_are_usage(archive: Path, ask: Ask, words: list[str], said: str) -> None:
    code, _, told = ask(archive, "failed", *words)

    assert code == 2
    assert said in " ".join(told.split())


def test_without_the_extra_it_is_named(archive: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livecam.archive.extra.find_spec", lambda name: None if name == "duckdb" else object())

    code, _, told = ask(archive, "failed")

    assert code == 1
    assert told == 'livecam: archives need duckdb, not installed here: pip install "livecam[archive]"\n'


@pytest.mark.parametrize("asked", [["select path::int from photos"], ["failed", "--link-to"]])
def test_what_an_archive_says_gives_the_terminal_no_orders(tmp_path: Path, ask: Ask, asked: list[str]) -> None:
    photo = row(make_archived_photo("/p/a.jpg", make_archived_face())) | {"path": "/p/\x1b[2J.jpg"}
    archive = make_archive(tmp_path / "a", [photo, failed_row("/p/b.jpg", "\x1b[2J is no photo")])

    code, _, told = ask(archive, *asked, *([tmp_path / "out"] if len(asked) > 1 else []))

    assert code == 1
    assert r"\x1b[2J" in told
    assert told.replace("\n", "").isprintable()
