"""A file that a person names by mistake is not written over; what livecam has written there before is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from livecam import cli, model_files, pipeline
from livecam.taste.head_file import save_head
from livecam.taste.lesson import Kind
from livecam.taste.lessons import LessonStore
from livecam.taste.places import head_file
from tests.archive.scanned import archive_of
from tests.best.photo_factories import make_photo
from tests.best.scan.fake_models import FakeModels
from tests.explain.test_explain import a_run
from tests.explain.test_explain import write as write_log
from tests.taste.lesson_factories import make_lesson, make_lesson_face
from tests.taste.test_head import make_head

Words = list[str | Path]


def of_best(folder: Path, file: Path) -> Words:
    return ["best", make_photo(folder / "in" / "a.jpg"), "--page", file]


def of_query(folder: Path, file: Path) -> Words:
    if not (folder / "archive").exists():
        make_photo(folder / "in" / "a.jpg")
        archive_of(folder / "in", folder / "archive")
    return ["archive", "query", folder / "archive", "select path from photos", "--page", file]


def of_explain(folder: Path, file: Path) -> Words:
    return ["explain", write_log(folder / "run.log", *a_run()), "--page", file]


def of_taste(folder: Path, file: Path) -> Words:
    save_head(make_head(), head_file())
    return ["taste", "--page", file]


def of_export(folder: Path, file: Path) -> Words:
    LessonStore().add([make_lesson()])
    return ["taste", "--export", file]


def of_stars(folder: Path, file: Path) -> Words:
    photo = make_photo(folder / "in" / "a.jpg")
    LessonStore().add([make_lesson(Kind.STARS, make_lesson_face(str(photo), path=str(photo)), stars=4)])
    return ["taste", "--export", file.with_suffix(".csv")]


def of_learn(folder: Path, file: Path) -> Words:
    faces = [make_lesson_face(f"{i}", shapes={"mouthSmile": i / 12}) for i in range(12)]
    pairs = zip(faces[::2], faces[1::2], strict=True)
    LessonStore().add([make_lesson(Kind.PAIR, one, other, session=one.picture) for one, other in pairs])
    return ["learn", "--out", file.with_suffix(".npz")]


WRITERS = [of_best, of_query, of_explain, of_taste, of_export, of_stars, of_learn]


@pytest.fixture(autouse=True)
def _fake_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pipeline, "default_models", FakeModels)
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")
    monkeypatch.setattr("livecam.best.lessons.learning_run.network_of_file", lambda _: make_lesson().network)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_of_the_persons_own_is_not_written_over(
    writer: Callable[[Path, Path], Words], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = writer(tmp_path, tmp_path / "mine.html")
    mine = Path(words[-1])
    mine.write_text("path,rating\nthe work of an evening.jpg,5\n" + 500 * "x")
    before = mine.read_bytes()
    capsys.readouterr()

    code = cli.run(list(map(str, words)))

    told = capsys.readouterr().err
    assert code == 1
    assert told.count("\n") == 1
    assert f"{mine} " in told
    assert "would be lost: name another file with --" in told
    assert mine.read_bytes() == before


@pytest.mark.parametrize("writer", WRITERS)
def test_what_livecam_wrote_before_is_replaced_and_so_is_nothing(
    writer: Callable[[Path, Path], Words], tmp_path: Path
) -> None:
    words = writer(tmp_path, tmp_path / "livecams.html")
    file = Path(words[-1])
    file.touch()
    assert cli.run(list(map(str, words))) == 0
    written = file.read_bytes()
    file.write_bytes(written + b"\n")

    assert cli.run(list(map(str, writer(tmp_path, tmp_path / "livecams.html")))) == 0

    assert written
    assert file.read_bytes()[:100] == written[:100]
    assert not file.read_bytes().endswith(b"\n\n")


def test_stars_go_over_those_that_say_no_more(tmp_path: Path) -> None:
    table = tmp_path / "stars.csv"
    words = list(map(str, of_stars(tmp_path, table)))
    table.write_text("path,rating\n")
    assert cli.run(words) == 0
    said = table.read_text()
    table.write_text(said.replace(",4", ",5"))

    assert cli.run(words) == 1

    assert table.read_text() == said.replace(",4", ",5")


@pytest.mark.parametrize("title", ["Your taste", "The taste of Anna"])
def test_a_page_on_a_taste_of_an_older_livecam_is_livecams(title: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(f'<!doctype html>\n<html lang="en"><head><title>{title}</title></head></html>')

    assert cli.run(list(map(str, of_taste(tmp_path, page)))) == 0
