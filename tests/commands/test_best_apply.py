"""``livecam best --apply``: what was chosen on the page, or in a list, is done on the disk."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from livecam import cli, model_files, pipeline
from livecam.photos.sidecars import sidecars
from livecam.storage.marks import Mark, find_marks
from tests.best.choices.factories import page_entries, save_choices
from tests.best.photo_factories import make_clip, make_photo
from tests.best.scan.fake_models import FakeModels
from tests.photos.mark_factories import packet

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeModels:
    """Give fake models to the command, and keep the user's cache out of it."""
    fake = FakeModels()
    monkeypatch.setattr(pipeline, "default_models", lambda: fake)
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")
    return fake


def best(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    code = cli.run(["best", *map(str, words)])
    return code, capsys.readouterr().err


@pytest.fixture
def shoot(tmp_path: Path) -> Path:
    """A burst a0..a2, of which a1 is the best and has a raw file, and two single photos b and c."""
    folder = tmp_path / "shoot"
    for i, light in enumerate((100, 200, 150)):
        make_photo(folder / f"a{i}.jpg", light, i * 0.3)
    make_photo(folder / "b.jpg", 180, 600)
    make_photo(folder / "c.jpg", 160, 1200)
    (folder / "a1.CR3").write_bytes(b"raw")
    return folder


@pytest.fixture
def page(shoot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert best(capsys, shoot, "--page", tmp_path / "page.html")[0] == 0
    return tmp_path / "page.html"


def contents(folder: Path) -> dict[str, bytes]:
    """All files in folder and below but journals, by their paths in it."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".jsonl")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def mark(path: Path) -> Mark:
    return find_marks([path]).mark


def test_what_was_chosen_on_the_page_is_copied_and_marked_and_no_photo_is_looked_at(
    shoot: Path, page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], models: FakeModels
) -> None:
    flags, stars = {"a1.jpg": "reject", "a2.jpg": "keep", "b.jpg": ""}, {"a2.jpg": 4, "a0.jpg": 2}
    choices, searched = save_choices(page, tmp_path / "c.json", flags, stars), models.searched

    code, err = best(capsys, "--apply", choices, "--copy-to", tmp_path / "keep", "--xmp", "sidecar")

    assert code == 0, err
    assert set(contents(tmp_path / "keep")) == {"a2.jpg", "a2.jpg.xmp", "c.jpg", "c.jpg.xmp"}
    marks = {name: mark(shoot / name) for name in ("a0.jpg", "a1.jpg", "a1.CR3", "a2.jpg", "b.jpg", "c.jpg")}
    assert marks == {
        "a0.jpg": Mark(2),
        "a1.jpg": Mark(-1),
        "a1.CR3": Mark(-1),
        "a2.jpg": Mark(4, "Green"),
        "b.jpg": Mark(),
        "c.jpg": Mark(label="Green"),
    }
    assert models.searched == searched
    assert "2 ratings, 1 reject, 2 labels written" in err


def test_doing_it_twice_does_nothing_the_second_time_and_undo_takes_it_back(
    shoot: Path, page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(shoot)
    choices = save_choices(page, tmp_path / "c.json", {"a0.jpg": "reject"}, {"b.jpg": 5})
    for way in ("--copy-to", "--link-to", "--move-to"):
        words: list[str | Path] = ["--apply", choices, way, tmp_path / way, "--xmp", "sidecar"]
        assert best(capsys, *words)[0] == 0
        after = contents(shoot), contents(tmp_path / way)

        code, err = best(capsys, *words)

        assert (code, (contents(shoot), contents(tmp_path / way))) == (0, after), err
        assert "0 ratings, 0 rejects, 0 labels written" in err
        assert "0 photos, 0 files" in err
        assert "3 photos there already" in err
        assert best(capsys, "--undo", tmp_path / way)[0] == 0
        assert contents(tmp_path / way) == {}
        assert {name: data for name, data in contents(shoot).items() if not name.endswith(".xmp")} == before
    assert "a1.CR3" in before


def test_without_an_output_it_says_what_would_be_done(
    shoot: Path, page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(tmp_path)
    choices = save_choices(page, tmp_path / "c.json", {"a0.jpg": "reject"}, {"b.jpg": 5})

    code, err = best(capsys, "--apply", choices)

    assert code == 0
    assert "3 photos to keep (4 files), 1 rejected, 1 with stars" in err
    assert "nothing is done yet: add --copy-to" in err
    assert contents(tmp_path) == before | {"c.json": choices.read_bytes()}


def test_a_list_of_keepers_and_ratings_are_taken_too_with_all_files_of_a_photo(
    shoot: Path, page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shoot / "RAW").mkdir()
    make_photo(shoot / "RAW" / "b.DNG", 180, 600)
    (tmp_path / "keepers.txt").write_text(f"{shoot / 'a1.jpg'}\n{shoot / 'b.jpg'}\n")
    (tmp_path / "ratings.csv").write_text(f'path,rating\n{shoot / "a1.jpg"},4\n"{shoot / "c.jpg"}",2\n')

    assert best(capsys, "--apply", tmp_path / "keepers.txt", "--move-to", tmp_path / "keep")[0] == 0
    assert set(contents(tmp_path / "keep")) == {"a1.jpg", "a1.CR3", "b.jpg", "b.DNG"}
    again = best(capsys, "--apply", tmp_path / "keepers.txt", "--move-to", tmp_path / "keep")
    assert again[0] == 0
    assert "2 photos there already" in again[1]
    best(capsys, "--undo", tmp_path / "keep")

    assert best(capsys, "--apply", tmp_path / "ratings.csv", "--xmp", "sidecar")[0] == 0
    assert [mark(shoot / name) for name in ("a1.jpg", "a1.CR3", "c.jpg", "b.jpg")] == [
        Mark(4),
        Mark(4),
        Mark(2),
        Mark(),
    ]
    code, err = best(capsys, "--apply", tmp_path / "ratings.csv", "--copy-to", tmp_path / "other")
    assert code == 1
    assert "names no keepers" in err
    assert len(err.splitlines()) == 1


def test_what_is_gone_or_another_photo_now_is_one_line_and_the_rest_is_done(
    shoot: Path, page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    choices = save_choices(page, tmp_path / "c.json")
    (shoot / "b.jpg").unlink()
    make_photo(shoot / "c.jpg", 90, 5000, blink=True)
    os.utime(shoot / "c.jpg", (1_700_000_005, 1_700_000_005))
    (shoot / "a1.CR3").unlink()

    code, err = best(capsys, "--apply", choices, "--copy-to", tmp_path / "keep")

    lines = [line for line in err.splitlines() if line.startswith("livecam: ")]
    assert code == 1
    assert set(contents(tmp_path / "keep")) == {"a1.jpg"}
    assert len(lines) == 3
    assert sum("b.jpg is gone" in line for line in lines) == 1
    assert sum("c.jpg is not the photo any more that the page showed" in line for line in lines) == 1
    assert sum("a1.CR3 is gone, which belongs to" in line for line in lines) == 1


def test_a_photo_that_was_marked_inside_since_is_the_same_and_one_that_was_edited_is_said(
    shoot: Path, page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    choices = save_choices(page, tmp_path / "c.json", stars={"a1.jpg": 4})
    with Image.open(shoot / "b.jpg") as photo:
        exif = photo.getexif()
    Image.linear_gradient("L").rotate(90).resize((96, 72)).save(shoot / "b.jpg", exif=exif)

    once = best(capsys, "--apply", choices, "--xmp", "embed", "--copy-to", tmp_path / "keep")
    again = best(capsys, "--apply", choices, "--xmp", "embed", "--copy-to", tmp_path / "keep")

    assert (once[0], again[0]) == (0, 0), once[1] + again[1]
    assert mark(shoot / "a1.jpg") == Mark(4, "Green")
    assert not (shoot / "a1.jpg.xmp").exists()
    assert "1 photo shows something else than on the page, and was taken as now" in once[1]
    assert "0 ratings, 0 rejects, 0 labels written" in again[1]
    assert len(list((tmp_path / "keep").glob("a1*.jpg"))) == 1


def test_photos_that_were_moved_with_their_folder_are_found_where_one_says(
    shoot: Path, page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    choices = save_choices(page, tmp_path / "downloads.json", {"c.jpg": "reject"})
    (tmp_path / "archive").mkdir()
    new = shoot.rename(tmp_path / "archive" / "2026")

    gone = best(capsys, "--apply", choices, "--copy-to", tmp_path / "none")
    code, err = best(capsys, "--apply", choices, new, "--copy-to", tmp_path / "keep", "--xmp", "sidecar")

    assert gone[0] == 1
    assert gone[1].count("is gone: look where it went") == 3
    assert code == 0, err
    assert set(contents(tmp_path / "keep")) >= {"a1.jpg", "a1.CR3", "b.jpg"}
    assert mark(new / "c.jpg") == Mark(-1)
    assert best(capsys, "--apply", choices, new / "a1.jpg")[0] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="there it is no other system's page")
def test_a_page_of_windows_is_applied_where_its_disk_hangs_on_another_system(
    shoot: Path, page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    choices = save_choices(page, tmp_path / "c.json", {"c.jpg": "reject"})
    values = json.loads(choices.read_text())
    for photo in values["photos"]:
        photo["path"] = "D:\\pictures\\" + Path(photo["path"]).name
        photo["files"] = ["D:\\pictures\\" + Path(file).name for file in photo.get("files", [])]
    choices.write_text(json.dumps(values))

    code, err = best(capsys, "--apply", choices, shoot, "--copy-to", tmp_path / "keep")

    assert code == 0, err
    assert set(contents(tmp_path / "keep")) == {"a1.jpg", "a1.CR3", "b.jpg"}


def test_a_photo_of_the_same_name_elsewhere_is_not_taken_for_the_one_that_is_gone(
    shoot: Path, page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    make_photo(other / "b.jpg", 60, 99_000)
    choices = save_choices(page, other / "c.json")
    (other / "keepers.txt").write_text(f"{shoot / 'b.jpg'}\n{shoot / 'c.jpg'}\n{shoot / 'gone.jpg'}\n")
    (shoot / "b.jpg").unlink()

    for file in (choices, other / "keepers.txt"):
        code, err = best(capsys, "--apply", file, "--copy-to", tmp_path / file.stem)

        assert code == 1
        assert f"{shoot / 'b.jpg'} is gone" in err
        assert "b.jpg" not in contents(tmp_path / file.stem)
        assert "c.jpg" in contents(tmp_path / file.stem)


def test_what_livecam_chose_and_somebody_rejected_since_is_left_and_what_a_person_chose_is_kept(
    shoot: Path, page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    choices = save_choices(page, tmp_path / "c.json", {"c.jpg": "keep"})
    for name in ("b.jpg", "c.jpg"):
        (shoot / f"{name}.xmp").write_bytes(packet('xmp:Rating="-1"'))

    code, err = best(capsys, "--apply", choices, "--copy-to", tmp_path / "keep", "--xmp", "sidecar")

    assert code == 0
    assert set(contents(tmp_path / "keep")) == {"a1.jpg", "a1.jpg.xmp", "a1.CR3", "a1.xmp", "c.jpg", "c.jpg.xmp"}
    assert "1 photo that livecam chose was rejected since (-1), and is not kept" in err
    assert "1 photo stays rejected (-1), though not on the page" in err
    assert (mark(shoot / "b.jpg"), mark(shoot / "c.jpg")) == (Mark(-1), Mark(-1))


def test_frames_of_clips_are_saved_with_out_and_said_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    clip = make_clip(tmp_path / "in" / "clip.mp4", [100] * 10 + [240] * 3 + [100] * 10)
    best(capsys, clip.parent, "--page", tmp_path / "page.html")
    assert any("t_ms" in entry["file"] for entry in page_entries(tmp_path / "page.html"))
    choices = save_choices(tmp_path / "page.html", tmp_path / "c.json")

    without = best(capsys, "--apply", choices, "--xmp", "sidecar")
    code, err = best(capsys, "--apply", choices, "--out", tmp_path / "frames")

    assert "1 frame of a clip is kept, and no file yet: add --out FOLDER" in without[1]
    assert not sidecars(clip)
    assert (code, len(list((tmp_path / "frames").glob("clip_*.jpg")))) == (0, 1), err


@pytest.mark.parametrize("words", ["--json", "--page p.html", "--top 2", "--undo x", "--keep-label Red"])
def test_options_that_it_would_not_heed_are_usage_errors(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert best(capsys, "--apply", "c.json", *words.split())[0] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
@pytest.mark.slow
def test_killed_anywhere_it_is_ended_by_running_it_again(
    shoot: Path, page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(shoot)
    choices = save_choices(page, tmp_path / "c.json", {"a0.jpg": "reject"}, {"b.jpg": 5})
    words = ["best", "--apply", str(choices), "--move-to", str(tmp_path / "keep"), "--xmp", "sidecar"]
    for at in range(1, 60):
        script = (
            "import os, signal, sys\n"
            "from livecam import cli\n"
            f"left = [{at}]\n"
            "real = os.fsync\n"
            "def fsync(descriptor):\n"
            "    left[0] -= 1\n"
            "    if left[0] == 0:\n"
            "        os.kill(os.getpid(), signal.SIGKILL)\n"
            "    real(descriptor)\n"
            "os.fsync = fsync\n"
            f"sys.exit(cli.run({words!r}))\n"
        )
        killed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False, capture_output=True)
        if killed.returncode == 0:
            break
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    code, err = best(capsys, *words[1:])

    assert code == 0, err
    assert at > 5
    assert set(contents(tmp_path / "keep")) == {f"{n}.{s}" for n in "bc" for s in ("jpg", "jpg.xmp")} | {
        "a1.jpg", "a1.jpg.xmp", "a1.CR3", "a1.xmp"
    }  # fmt: skip
    assert mark(shoot / "a0.jpg") == Mark(-1)
    after = {name: data for folder in (shoot, tmp_path / "keep") for name, data in contents(folder).items()}
    assert {name: data for name, data in after.items() if Path(name).suffix not in {".xmp", ".tmp"}} == before


def test_a_text_of_other_things_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("Feier\n" + "x" * 10_000 + "\n" * 50 + "nothing.jpg\n" * 500)

    code, err = best(capsys, "--apply", tmp_path / "notes.txt", "--copy-to", tmp_path / "keep")

    assert (code, len(err.splitlines())) == (1, 1)
    assert "is no list of choices, or all is gone" in err
    assert not (tmp_path / "keep").exists()


def test_odd_names_go_through(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "in"
    names = ["a;b,\"c'.jpg", "U\u0308ber \u2028x.jpg", "#t=1.5.jpg", "[x]*.jpg"]
    if sys.platform == "linux":
        names.append(os.fsdecode(b"\xff\xfe.jpg"))
    for i, name in enumerate(names):
        make_photo(folder / name, 150, i * 500)
    best(capsys, folder, "--page", tmp_path / "p.html")

    code, err = best(capsys, "--apply", save_choices(tmp_path / "p.html", tmp_path / "c"), "--copy-to", tmp_path / "k")

    assert code == 0, err
    assert set(contents(tmp_path / "k")) == set(names)
    assert json.loads((tmp_path / "c").read_text())["livecam_choices"] == 1
