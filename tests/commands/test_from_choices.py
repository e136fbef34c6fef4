"""What a person chose becomes lessons: the page's choices, ratings, stars in files; livecam's own word never does."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from livecam.best.lessons.from_choices import Taught, Whose
from livecam.best.lessons.learn_from import lessons_from
from livecam.best.records.scan_result import ScanResult
from livecam.best.scan.cache import Cache
from livecam.best.scan.scanner import PhotoScanner
from livecam.errors import OutputError
from livecam.photos.discover import Item
from livecam.storage.album import Album
from livecam.taste.lesson import Kind, Lesson
from livecam.taste.lessons import LessonStore
from tests.best.choices.factories import save_choices
from tests.best.photo_factories import make_clip, make_photo
from tests.best.scan.fake_models import FakeModels
from tests.commands.best_runs import Best
from tests.factories import make_moment
from tests.photos.mark_factories import packet

WHOSE = Whose("default-3", 1000.0)


def taught(tmp_path: Path, *names: str | Path) -> Taught:
    def look(items: Sequence[Item]) -> list[ScanResult]:
        with Cache(tmp_path / "cache") as cache, PhotoScanner(cache, FakeModels()) as scanner:
            return list(scanner.scan(items))

    return lessons_from([str(name) for name in names], look, WHOSE)


def name_of(lesson: Lesson) -> str:
    return Path(lesson.face.path).stem


def pairs(found: Taught) -> set[tuple[str, str]]:
    return {(name_of(lesson), Path(lesson.other.path).stem) for lesson in found.lessons if lesson.other is not None}


def alone(found: Taught) -> dict[str, tuple[Kind, int]]:
    return {name_of(lesson): (lesson.kind, lesson.stars) for lesson in found.lessons if lesson.other is None}


def burst(folder: Path) -> Path:
    """Four photos of one burst, the second the lightest, so that livecam picks it."""
    for i, light in enumerate((120, 220, 180, 100)):
        make_photo(folder / f"{'abcd'[i]}.jpg", light, 0.4 * i)
    return folder


@pytest.fixture
def page(tmp_path: Path, best: Best) -> Path:
    """The page of ``livecam best`` on a burst and a lone photo."""
    make_photo(burst(tmp_path / "shoot") / "z.jpg", 150, 900)
    code, groups, _ = best("--page", tmp_path / "page.html", tmp_path / "shoot")
    assert code == 0
    assert Path(groups[0]["best"]).name == "b.jpg"
    return tmp_path / "page.html"


def test_a_frame_that_was_preferred_to_livecams_pick_is_a_pair(tmp_path: Path, page: Path) -> None:
    choices = save_choices(page, tmp_path / "c.json", {"b.jpg": "", "a.jpg": "keep"})
    found = taught(tmp_path, choices)
    assert alone(found) == {"a": (Kind.KEEP, 0)}
    assert pairs(found) == {("a", "b"), ("a", "c"), ("a", "d")}, "the pick that was taken away, and who was passed over"
    assert {lesson.source for lesson in found.lessons} == {"page"}
    assert {lesson.session for lesson in found.lessons} == {"2026-05-01"}
    assert found.failures == []


def test_what_was_rejected_loses_to_the_pick_that_was_left(tmp_path: Path, page: Path) -> None:
    found = taught(tmp_path, save_choices(page, tmp_path / "c.json", {"c.jpg": "reject"}))
    assert alone(found) == {"c": (Kind.REJECT, 0)}
    assert pairs(found) == {("b", "c")}


def test_of_two_keepers_neither_is_better(tmp_path: Path, page: Path) -> None:
    found = taught(tmp_path, save_choices(page, tmp_path / "c.json", {"a.jpg": "keep"}))
    assert ("a", "b") not in pairs(found)
    assert ("b", "a") not in pairs(found)


def test_more_stars_are_better_and_a_reject_goes_before_stars(tmp_path: Path, page: Path) -> None:
    choices = save_choices(
        page, tmp_path / "c.json", {"d.jpg": "reject"}, {"a.jpg": 5, "c.jpg": 2, "d.jpg": 4, "z.jpg": 3}
    )
    found = taught(tmp_path, choices)
    assert alone(found) == {
        "a": (Kind.STARS, 5), "c": (Kind.STARS, 2), "d": (Kind.REJECT, 0), "z": (Kind.STARS, 3)
    }  # fmt: skip
    assert {("a", "c"), ("a", "d"), ("b", "d")} <= pairs(found)
    assert not {pair for pair in pairs(found) if pair[0] == "d"}


def test_a_page_that_nobody_touched_teaches_nothing(tmp_path: Path, page: Path) -> None:
    assert taught(tmp_path, save_choices(page, tmp_path / "c.json")) == Taught()


def test_a_frame_of_a_clip_is_known_by_its_time(tmp_path: Path, best: Best) -> None:
    clip = make_clip(tmp_path / "clip.mp4", [60, 90, 120, 160, 200, 160, 120, 90, 60, 90, 130, 170, 210, 170, 130] * 3)
    best("--page", tmp_path / "page.html", clip)
    text = save_choices(tmp_path / "page.html", tmp_path / "c.json").read_text()
    first, rest = text.split('"flag": ""', 1)
    (tmp_path / "c.json").write_text(first + '"flag": "reject"' + rest.replace('"livecam"', '"person"', 1))
    found = taught(tmp_path, tmp_path / "c.json")
    assert [lesson.kind for lesson in found.lessons] == [Kind.REJECT, Kind.PAIR]
    assert all("@" in lesson.face.picture for lesson in found.lessons)


def test_a_frame_that_is_no_peak_any_more_is_a_line(tmp_path: Path, best: Best) -> None:
    clip = make_clip(tmp_path / "clip.mp4", [60, 90, 120, 160, 200, 160, 120, 90, 60, 90, 130, 170, 210, 170, 130] * 3)
    best("--page", tmp_path / "page.html", clip)
    text = save_choices(tmp_path / "page.html", tmp_path / "c.json").read_text()
    text = text.replace('"flag_by": "livecam"', '"flag_by": "person"', 1)
    (tmp_path / "c.json").write_text(re.sub(r'"t_ms": [\d.]+', '"t_ms": 33.0', text, count=1))
    assert taught(tmp_path, tmp_path / "c.json").failures == [
        "1 frame of clips is no longer a peak, and is not learned from"
    ]


def test_stars_and_rejects_that_a_person_set_in_files_are_lessons(tmp_path: Path) -> None:
    folder = burst(tmp_path / "shoot")
    (folder / "a.xmp").write_bytes(packet('xmp:Rating="5"'))
    (folder / "c.xmp").write_bytes(packet('xmp:Rating="-1"'))
    found = taught(tmp_path, folder)
    assert alone(found) == {"a": (Kind.STARS, 5), "c": (Kind.REJECT, 0)}
    assert pairs(found) == {("a", "c"), ("a", "b"), ("a", "d")}
    assert {lesson.source for lesson in found.lessons} == {"xmp"}


def test_livecams_own_stars_are_never_a_persons(tmp_path: Path, best: Best) -> None:
    folder = burst(tmp_path / "shoot")
    assert best("--xmp", "sidecar", folder)[0] == 0
    assert len(list(folder.glob("*.xmp"))) == 4, "it has rated them"
    album = Album(folder)
    album.save(make_moment(0, 4.4), fired_t_ms=0.0)
    assert taught(tmp_path, folder).lessons == []


def test_the_ratings_beside_photos_are_lessons_and_go_before_stars_in_them(tmp_path: Path) -> None:
    folder = burst(tmp_path / "shoot")
    (folder / "a.xmp").write_bytes(packet('xmp:Rating="2"'))
    (folder / "ratings.csv").write_text("path,rating\na.jpg,5\nb.jpg,1\n")
    found = taught(tmp_path, folder)
    assert alone(found) == {"a": (Kind.STARS, 5), "b": (Kind.STARS, 1)}, "the last word on a"
    assert ("a", "b") in pairs(found)


def test_photos_that_are_gone_or_show_nobody_are_a_line_each_and_the_rest_is_learned(tmp_path: Path) -> None:
    folder = burst(tmp_path / "shoot")
    make_photo(folder / "dark.jpg", 0, 900)
    table = folder / "my.csv"
    table.write_text("path,rating\na.jpg,5\ngone.jpg,4\ndark.jpg,3\n")
    found = taught(tmp_path, table)
    assert alone(found) == {"a": (Kind.STARS, 5)}
    gone, dark = found.failures
    assert "gone.jpg is gone" in gone
    assert "dark.jpg shows no face" in dark


def test_what_is_read_again_changes_no_later_word(tmp_path: Path) -> None:
    folder, store = burst(tmp_path / "shoot"), LessonStore(tmp_path / "lessons.jsonl")
    (folder / "ratings.csv").write_text("path,rating\na.jpg,2\n")
    os.utime(folder / "ratings.csv", (500, 500))
    (lesson,) = [one for one in taught(tmp_path, folder).lessons if one.kind is Kind.STARS]
    assert lesson.time_s == 500
    store.add([replace(lesson, stars=5, time_s=600)])
    assert store.add_new([lesson]) == 0
    assert [one.stars for one in store.read().of("me")] == [5]
    os.utime(folder / "ratings.csv", (700, 700))
    assert store.add_new(taught(tmp_path, folder).lessons) > 0
    assert [one.stars for one in store.read().of("me") if one.kind is Kind.STARS] == [2]


def test_stars_in_a_file_are_as_old_as_the_file_that_they_stand_in(tmp_path: Path) -> None:
    folder = burst(tmp_path / "shoot")
    (folder / "a.xmp").write_bytes(packet('xmp:Rating="5"'))
    os.utime(folder / "a.xmp", (800, 800))
    assert {lesson.time_s for lesson in taught(tmp_path, folder).lessons} == {800.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Name;Sterne\nIMG_1;4\n", "no list of choices"),
        ("path,rating\na.jpg,great\n", "line 2: 'great' is no rating"),
        ("path,rating\na.jpg,\n", "rates no photo"),
        ('{"livecam_choices": 1, "photos": [{"path": "a', "cut short"),
        ("", "is empty"),
    ],
)
def test_another_programs_file_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    file = burst(tmp_path / "shoot") / "list.csv"
    file.write_text(text)
    with pytest.raises(OutputError, match=said) as failure:
        taught(tmp_path, file)
    assert "\n" not in str(failure.value)
