from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from livecam import cli, model_files, pipeline
from livecam.best.lessons.relearn import for_network
from livecam.best.records.scan_result import ScanResult
from livecam.photos.discover import collect
from livecam.taste.head import Story
from livecam.taste.head_file import load_head, save_head
from livecam.taste.lesson import Kind, Lesson, LessonFace, half_bytes
from livecam.taste.lessons import LessonStore
from livecam.taste.network import network_of_file
from livecam.taste.pictures import frame_name, picture_of_file
from livecam.taste.places import head_file
from livecam.types import EMBEDDING
from livecam.ui.run_parts import taste_in_words
from tests.best.photo_factories import make_clip
from tests.best.records.factories import make_face_record, make_record
from tests.best.scan.fake_models import FakeModels
from tests.taste.lesson_factories import make_lesson, make_lesson_face
from tests.taste.test_head import make_head


@pytest.fixture(autouse=True)
def _fake_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pipeline, "default_models", FakeModels)
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")


def _network() -> str:
    return network_of_file(model_files.scorer_model())


def _run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    code = cli.run(list(map(str, words)))
    return code, capsys.readouterr().err


def _serious_pairs(count: int) -> list[Lesson]:
    """Pairs of which the more serious face is liked better, as a person makes them, in four shoots."""
    rng = np.random.default_rng(0)
    lessons = []
    for number in range(count):
        smiles = np.sort(rng.uniform(0, 1, 2))
        one, other = (
            make_lesson_face(f"{number}-{i}", shapes={"mouthSmile": smile}, score=2.5 + 2 * smile)
            for i, smile in enumerate(smiles)
        )
        lessons.append(Lesson(Kind.PAIR, one, f"day {number % 4}", 0.0, _network(), other))
    return lessons


def _photo(path: Path, grey: int = 128) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((60, 80, 3), grey, np.uint8)).save(path)
    return path


def test_what_was_chosen_is_learned_and_used_from_then_on(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    LessonStore().add(_serious_pairs(60))
    code, said = _run(capsys, "learn")
    assert code == 0
    assert "agrees with you in" in said
    assert "from 60 choices" in said
    assert "livecam scores by your taste from now on: --taste off turns it off once, livecam taste --off for" in said
    photo = _photo(tmp_path / "a.jpg")
    assert "scored by your taste" in _run(capsys, "best", photo)[1]
    assert "scored by your taste" not in _run(capsys, "best", photo, "--taste", "off")[1]


def test_a_taste_is_turned_off_for_good_and_on_again(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    LessonStore().add(_serious_pairs(60))
    _run(capsys, "learn")
    code, said = _run(capsys, "taste", "--off")
    assert (code, said) == (0, "your taste is off until livecam taste --on; what you choose is kept as before\n")

    photo = _photo(tmp_path / "a.jpg")
    said = _run(capsys, "best", photo, "--page", tmp_path / "best.html")[1]
    assert "scored by your taste" not in said
    assert "your taste is off: livecam taste --on turns it on" in said
    assert "Your taste is off" in (tmp_path / "best.html").read_text("utf-8")
    assert taste_in_words(None, None) == "your taste is off"
    assert "your taste is off: livecam scores by it again after livecam taste --on" in _run(capsys, "learn")[1]
    assert "it is off: livecam taste --on turns it on" in _run(capsys, "taste", "--page", tmp_path / "page.html")[1]
    assert "It is off: livecam scores as it comes." in (tmp_path / "page.html").read_text("utf-8")

    assert "your taste is on" in _run(capsys, "taste", "--on")[1]
    assert "scored by your taste" in _run(capsys, "best", photo)[1]
    assert taste_in_words(None, None) == "scored by your taste"
    assert _run(capsys, "taste", "--off", "--forget")[0] == 2
    code, said = _run(capsys, "taste", "--off", "--name", "Anna")
    assert code == 2
    assert "the taste of Anna is used only where" in said


def test_too_few_choices_say_how_many_more(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    LessonStore().add(_serious_pairs(6))
    code, said = _run(capsys, "learn")
    assert code == 0
    assert "is not better yet, about" in said
    assert "scored by your taste" not in _run(capsys, "best", _photo(tmp_path / "a.jpg"))[1]


def test_a_head_of_its_own_name_or_file_is_used_where_it_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    LessonStore().add([Lesson.from_dict(one.as_dict() | {"taste": "Anna"}) for one in _serious_pairs(60)])
    assert "to score by it: --taste Anna" in _run(capsys, "learn", "--name", "Anna")[1]
    photo = _photo(tmp_path / "a.jpg")
    assert "scored by" not in _run(capsys, "best", photo)[1]
    assert "scored by the taste in" in _run(capsys, "best", photo, "--taste", "Anna")[1]
    assert _run(capsys, "learn", "--name", "Anna", "--out", tmp_path / "anna.npz")[0] == 0
    assert load_head(tmp_path / "anna.npz").story.verdict.better


def test_nothing_to_learn_from_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = _run(capsys, "learn")
    assert (code, said.count("\n")) == (1, 1)
    assert "there are no choices to learn from" in said


@pytest.mark.parametrize(
    "content",
    [b"a,b\n1,2\n", b"\x00\x01\x02", b"", b"Date;Amount\n2026-01-01;12,50\n"],
)
def test_another_programs_file_is_one_line_and_changes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "other.csv").write_bytes(content)
    code, said = _run(capsys, "learn", tmp_path / "other.csv")
    assert (code, said.count("\n")) == (1, 1)
    assert LessonStore().read().all == ()


def test_a_path_that_is_not_there_is_one_problem_and_not_two(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = _run(capsys, "learn", "nope")
    assert code == 1
    assert said == "livecam: no such file or folder: nope: check the path\n"


def test_a_photo_that_has_moved_is_found_in_a_folder_that_is_named_too(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """As the line on photos that are gone says."""
    _photo(tmp_path / "shoot" / "here.jpg")
    _photo(tmp_path / "elsewhere" / "moved.jpg", grey=90)
    (tmp_path / "shoot" / "ratings.csv").write_text("path,rating\nhere.jpg,5\nmoved.jpg,1\n")
    ratings = tmp_path / "shoot" / "ratings.csv"
    assert "moved.jpg is gone: look where it went, and name that folder too" in _run(capsys, "learn", ratings)[1]
    code, said = _run(capsys, "learn", ratings, tmp_path / "elsewhere")
    assert code == 0
    assert "from 2 choices" in said


def test_ratings_of_photos_that_are_gone_are_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _photo(tmp_path / "here.jpg")
    (tmp_path / "ratings.csv").write_text("path;rating\nhere.jpg;5\ngone.jpg;1\n", encoding="cp1252")
    code, said = _run(capsys, "learn", tmp_path / "ratings.csv")
    assert code == 1
    assert "gone.jpg" in said


def test_choices_of_an_earlier_scorer_are_made_anew_where_the_photo_is_there(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _photo(tmp_path / "here.jpg")
    (tmp_path / "ratings.csv").write_text("path,rating\nhere.jpg,5\n")
    _run(capsys, "learn", tmp_path / "ratings.csv")
    (kept,) = LessonStore().read().all
    LessonStore().forget()
    gone = make_lesson_face("gone", path=str(tmp_path / "gone.jpg"))
    old = [Lesson.from_dict(kept.as_dict() | {"network": "default-1"}), _of_old(gone)]
    LessonStore().add([*old, *_serious_pairs(20)])
    code, said = _run(capsys, "learn")
    assert code == 0
    assert "1 choice left aside: made with another scorer" in said
    assert "from 21 choices" in said


def test_frames_of_clips_are_looked_at_again_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", [40, 200, 120, 90])
    name = picture_of_file(clip)
    here, other = (make_lesson_face(frame_name(name, t_ms), path=str(clip)) for t_ms in (100.0, 300.0))
    beyond = make_lesson_face(frame_name(name, 5000.0), path=str(clip))
    changed = make_lesson_face("f" * 32 + "@100", path=str(clip))
    pair = Lesson.from_dict(make_lesson(Kind.PAIR, here, other).as_dict() | {"network": "default-1"})
    LessonStore().add([pair, _of_old(beyond), _of_old(changed), *_serious_pairs(20)])
    code, said = _run(capsys, "learn")
    assert code == 0
    assert "2 choices left aside: made with another scorer" in said
    assert "from 21 choices" in said


def test_of_several_faces_the_one_that_was_chosen_is_looked_at_again(tmp_path: Path) -> None:
    photo = _photo(tmp_path / "two.jpg")
    old = make_lesson_face(picture_of_file(photo), shapes={"jawOpen": 0.5}, path=str(photo))
    faces = [
        replace(
            make_face_record(shapes={"jawOpen": jaw}),
            open_eyes_probs=(0.2,) * 5,
            embedding=half_bytes((float(place),) * EMBEDDING),
        )
        for place, jaw in enumerate((0.9, 0.52, 0.1))
    ]
    record = replace(make_record(*faces), path=photo)
    (item,), _ = collect([str(photo)])
    (lesson,) = for_network([_of_old(old)], "new", lambda _: [ScanResult(item, (record,), None)], lambda *_: [])
    assert lesson.network == "new"
    assert lesson.face.vector[0] == 1


def _of_old(face: LessonFace) -> Lesson:
    return Lesson.from_dict(make_lesson(face=face).as_dict() | {"network": "default-1"})


def test_a_taste_of_another_scorer_is_refused_or_left_aside(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    photo = _photo(tmp_path / "a.jpg")
    head = make_head()
    object.__setattr__(head, "network", "default-1")
    save_head(head, head_file())
    assert "your taste is left aside" in _run(capsys, "best", photo)[1]
    code, said = _run(capsys, "best", photo, "--taste", head_file())
    assert code == 1
    assert "was learned with the scorer default-1" in said


def test_taste_shows_exports_imports_and_forgets(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, said = _run(capsys, "taste")
    assert code == 1
    assert "nothing is known of your taste yet: choose on a page of livecam best, or run livecam rate PHOTOS" in said
    LessonStore().add(_serious_pairs(40))
    said = _run(capsys, "taste")[1]
    assert "nothing is learned of your taste yet, from 40 choices that livecam has: run livecam learn" in said
    _run(capsys, "learn")
    code, said = _run(capsys, "taste", "--page", tmp_path / "page.html")
    assert code == 0
    assert "agrees with you in" in said
    assert "Your taste" in (tmp_path / "page.html").read_text()
    assert "40 choices written" in _run(capsys, "taste", "--export", tmp_path / "mine.jsonl")[1]
    assert "40 choices forgotten, and 1 learned taste" in _run(capsys, "taste", "--forget")[1]
    assert not head_file().exists()
    assert "40 choices added" in _run(capsys, "taste", "--import", tmp_path / "mine.jsonl")[1]
    assert len(LessonStore().read().all) == 40
    assert _run(capsys, "taste", "--import", _photo(tmp_path / "a.jpg"))[0] == 1


def test_stars_become_a_ratings_file_for_the_training_path(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    here = _photo(tmp_path / "here, too.jpg")
    LessonStore().add([
        make_lesson(face=make_lesson_face("a", path=str(here)), stars=4),
        make_lesson(face=make_lesson_face("b", path=str(tmp_path / "gone.jpg")), stars=1),
        make_lesson(Kind.KEEP, make_lesson_face("c", path=str(here))),
    ])  # fmt: skip
    assert "1 choice written" in _run(capsys, "taste", "--export", tmp_path / "ratings.csv")[1]
    assert (tmp_path / "ratings.csv").read_text() == f'path,rating\n"{here}",4\n'


def test_a_damaged_head_is_said_and_best_goes_on(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    save_head(make_head(story=Story()), head_file())
    head_file().write_bytes(head_file().read_bytes()[:300])
    code, said = _run(capsys, "best", _photo(tmp_path / "a.jpg"))
    assert code == 0
    assert "your taste is left aside" in said
    shutil.rmtree(head_file().parent)
