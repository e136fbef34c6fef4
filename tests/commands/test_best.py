"""``livecam best``: photos and clips in, groups and their best frames out, and what cannot be read is passed over."""

from __future__ import annotations

import inspect
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image

from livecam import cli, model_files, pipeline
from livecam.best.grouping.groups import GroupingSettings
from livecam.best.scan.clips import frames_at
from livecam.best.scan.scanner import PhotoScanner
from livecam.commands.best import best as best_command
from livecam.photos.read import read as read_photo
from tests.best.photo_factories import make_clip, make_photo
from tests.best.records.factories import NOON
from tests.best.scan.fake_models import FakeModels

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeModels:
    """Give fake models to the command, and keep the user's cache out of it."""
    fake = FakeModels()
    monkeypatch.setattr(pipeline, "default_models", lambda: fake)
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")
    return fake


def best(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, list[dict[str, Any]], str]:
    code = cli.run(["best", "--json", *map(str, words)])
    printed = capsys.readouterr()
    return code, [json.loads(line) for line in printed.out.splitlines()], printed.err


def make_two_bursts(folder: Path) -> Path:
    for i, light in enumerate((100, 200, 150)):
        make_photo(folder / f"a{i}.jpg", light, i * 0.3)
    for i, light in enumerate((250, 120)):
        make_photo(folder / f"b{i}.jpg", light, 60 + i * 0.3, blink=i == 0)
    return folder


def test_each_burst_is_one_object_with_its_best_and_why_the_others_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_two_bursts(tmp_path / "in")

    code, (first, second), err = best(capsys, folder)

    assert code == 0
    assert list(first) == ["group", "kind", "best", "ranking"]
    assert (first["group"], first["best"]) == ("a0", str(folder / "a1.jpg"))
    assert [Path(entry["path"]).name for entry in first["ranking"]] == ["a1.jpg", "a2.jpg", "a0.jpg"]
    assert [list(entry) for entry in first["ranking"]] == [["path", "score", "reasons"]] * 3
    assert first["ranking"][0]["reasons"] == []
    assert first["ranking"][2]["reasons"] == ["scores 1.6 less than frame 2"]
    assert second["best"] == str(folder / "b1.jpg")
    assert second["ranking"][1]["reasons"][0] == "eyes closed"
    assert "5 photos and clips in 2 groups" in err


def test_people_read_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["best", str(make_two_bursts(tmp_path / "in"))]) == 0

    lines = capsys.readouterr().out.splitlines()

    assert any("a0, 3 photos" in line for line in lines)
    assert any(line.startswith("★") and "a1.jpg" in line for line in lines)
    assert sum(line.startswith("★") for line in lines) == 2


def test_the_gap_decides_what_is_a_burst(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, groups, _ = best(capsys, make_two_bursts(tmp_path / "in"), "--gap", "100")

    assert [len(group["ranking"]) for group in groups] == [5]


def test_a_second_run_searches_no_photo_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], models: FakeModels
) -> None:
    folder = make_two_bursts(tmp_path / "in")
    once = best(capsys, folder)[1]
    searched = models.searched

    again = best(capsys, folder)[1]

    assert (searched, models.searched) == (5, 5)
    assert again == once


def test_a_photo_that_was_changed_is_searched_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], models: FakeModels
) -> None:
    folder = make_two_bursts(tmp_path / "in")
    best(capsys, folder)
    make_photo(folder / "a0.jpg", 255, 0)
    os.utime(folder / "a0.jpg", (1_700_000_009, 1_700_000_009))

    assert best(capsys, folder)[1][0]["best"] == str(folder / "a0.jpg")
    assert models.searched == 6


def test_what_was_found_with_another_number_of_faces_does_not_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], models: FakeModels
) -> None:
    folder = make_two_bursts(tmp_path / "in")
    best(capsys, folder)
    best(capsys, folder, "--faces", "2")

    assert models.searched == 10


@pytest.mark.slow
def test_what_cannot_be_read_is_one_line_each_and_the_rest_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_two_bursts(tmp_path / "in")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "line\nbreak.jpg").write_bytes(b"no picture")
    (folder / "cut.jpg").write_bytes((folder / "a0.jpg").read_bytes()[:400])
    make_photo(folder / "nobody.jpg", 0)

    code, groups, err = best(capsys, folder, tmp_path / "gone.jpg")

    lines = [line for line in err.splitlines() if line.startswith("livecam: ")]
    assert code == 1
    assert len(lines) == 4
    for name in ("empty.jpg", r"line\nbreak.jpg", "cut.jpg", "gone.jpg"):
        assert sum(name in line for line in lines) == 1
    assert [group["group"] for group in groups] == ["a0", "b0", "nobody"]
    assert groups[2]["ranking"] == [{"path": str(folder / "nobody.jpg"), "score": None, "reasons": []}]


def test_nothing_at_all_is_a_failure_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, groups, err = best(capsys, tmp_path)

    assert (code, groups) == (1, [])
    assert "holds no photos or clips" in err


@pytest.mark.parametrize("words", [[], ["a.jpg", "--copy-to", "x", "--move-to", "y"], ["a.jpg", "--undo", "x"]])
def test_contradictions_are_usage_errors(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert best(capsys, *words)[0] == 2


@pytest.mark.parametrize(("place", "said"), [("in", "is what is looked at itself"), ("in/a0.jpg", "is a file")])
def test_a_folder_that_no_keeper_can_go_to_is_said_before_anything_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], models: FakeModels, place: str, said: str
) -> None:
    folder = make_two_bursts(tmp_path / "in")

    code, groups, err = best(capsys, folder, "--move-to", tmp_path / place)

    assert (code, groups, models.searched) == (1, [], 0)
    assert f"{said}: name" in err
    assert "--move-to" in err


def test_a_name_that_is_none_keeps_no_others_from_a_folder_that_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_two_bursts(tmp_path / "in")
    (tmp_path / "keepers").mkdir()

    _, groups, err = best(capsys, "x" * 300, folder, "--copy-to", tmp_path / "keepers")

    assert len(groups) == 2
    assert "no such file or folder" in err


def test_keepers_are_copied_with_what_belongs_to_them_and_nothing_else_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_two_bursts(tmp_path / "in")
    (folder / "a1.CR3").write_bytes(b"raw")
    before = {path: path.read_bytes() for path in folder.iterdir()}

    code, _, err = best(capsys, folder, "--copy-to", tmp_path / "keepers")

    kept = {path.name: path.read_bytes() for path in (tmp_path / "keepers").iterdir() if path.suffix != ".jsonl"}
    assert code == 0
    assert kept == {path.name: before[path] for path in before if path.name in {"a1.jpg", "a1.CR3", "b1.jpg"}}
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert "--undo" in err

    journal = next((tmp_path / "keepers").glob("*.jsonl"))
    assert best(capsys, "--undo", journal)[0] == 0
    assert not list((tmp_path / "keepers").glob("*.jpg"))


@pytest.mark.slow
def test_undo_of_a_folder_says_what_is_left_and_goes_on_where_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, keepers = make_two_bursts(tmp_path / "in"), tmp_path / "keepers"
    (folder / "a1.CR3").write_bytes(b"raw")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    assert "move: 2 photos, 3 files in" in best(capsys, folder, "--move-to", keepers, "--series", "pick")[2]
    (keepers / "a1.jpg.xmp").write_bytes(b"edits")
    (keepers / "a1.tif").write_bytes(b"an export")
    (folder / "b1.jpg").write_bytes(b"another")
    once = best(capsys, "--undo", keepers)
    (folder / "b1.jpg").unlink()
    again = best(capsys, "--undo", keepers)

    assert once[0] == 1
    assert "b1.jpg: rename one of the two" in once[2]
    assert "1 file came later" in once[2]
    assert "a1.tif" in once[2]
    assert "1 photo, 3 files taken back (1 file written since); 1 not, see above" in once[2]
    assert again[0] == 0
    assert "1 photo, 1 file taken back" in again[2]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before | {"a1.jpg.xmp": b"edits"}


@pytest.mark.slow
def test_keepers_that_were_brought_into_a_folder_among_the_photos_are_not_ranked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_two_bursts(tmp_path / "in")
    command = ("--recursive", folder, "--copy-to", folder / "keepers", "--sheet", folder / "sheets")

    once, again = best(capsys, *command)[1], best(capsys, *command)[1]

    assert len(list((folder / "keepers").glob("*.jpg"))) == 2
    assert again == once


@pytest.mark.slow
def test_top_two_are_moved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_two_bursts(tmp_path / "in")

    best(capsys, folder, "--top", "2", "--move-to", tmp_path / "keepers")

    assert sorted(path.name for path in (tmp_path / "keepers").glob("*.jpg")) == [
        "a1.jpg",
        "a2.jpg",
        "b0.jpg",
        "b1.jpg",
    ]
    assert [path.name for path in folder.iterdir()] == ["a0.jpg"]


def test_stars_and_labels_are_written_beside_the_photos_and_a_persons_own_go_first_and_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from livecam.storage.xmp_marks import Mark, read, write  # noqa: PLC0415  of another part

    folder = make_two_bursts(tmp_path / "in")
    write(folder / "a0.jpg", Mark(rating=5))
    write(folder / "b1.jpg", Mark(rating=-1))

    options: list[str | Path] = [
        "--series",
        "pick",
        "--xmp",
        "sidecar",
        "--keep-label",
        "Blue",
        "--copy-to",
        tmp_path / "keepers",
    ]
    code, groups, notes = best(capsys, folder, *options)

    assert code == 0
    assert read(folder / "a0.jpg") == Mark(rating=5, label="Blue")
    assert read(folder / "a1.jpg") == Mark(rating=4)
    assert read(folder / "b1.jpg") == Mark(rating=-1)
    assert read(folder / "b0.jpg") == Mark(), "closed eyes are worth one star, which is not written to a keeper"
    assert "--eyes any" in notes
    assert [Path(group["best"]).name for group in groups] == ["a0.jpg", "b0.jpg"]
    assert groups[1]["ranking"][-1]["reasons"] == ["rejected by you"]
    assert {path.name for path in (tmp_path / "keepers").glob("*.jpg")} == {"a0.jpg", "b0.jpg"}
    assert "1 photo kept its own stars" in notes
    assert "1 photo stays rejected" in notes


def test_why_nothing_is_written_inside_after_sidecars_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_two_bursts(tmp_path / "in")
    best(capsys, folder, "--xmp", "sidecar")

    code, _, notes = best(capsys, folder, "--xmp", "embed")

    assert code == 0
    assert "0 ratings written" in notes
    assert "stars in a sidecar, so none were written inside" in notes


@pytest.mark.slow
def test_what_lost_by_closed_eyes_is_rejected_if_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from livecam.storage.xmp_marks import read  # noqa: PLC0415  of another part

    folder = tmp_path / "in"
    for i, blink in enumerate((False, True)):
        make_photo(folder / f"{i}.jpg", 128 + i, i / 10, blink=blink)

    _, _, notes = best(capsys, folder, "--xmp", "sidecar", "--rejects", "mark")

    assert read(folder / "1.jpg").rating == -1
    assert read(folder / "0.jpg").rating != -1
    assert "(1 reject)" in notes


@pytest.mark.slow
def test_a_page_or_sheets_that_cannot_be_written_keep_no_stars_nor_copies_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_two_bursts(tmp_path / "in")
    (tmp_path / "file").write_text("no folder")

    wanted = ("--xmp", "sidecar", "--copy-to", tmp_path / "keepers")
    code, groups, err = best(capsys, folder, "--page", tmp_path / "file" / "page.html", *wanted)

    assert (code, len(groups)) == (1, 2)
    assert err.count("cannot write the page") == 1
    assert sorted(path.name for path in (tmp_path / "keepers").glob("*.jpg")) == ["a1.jpg", "b1.jpg"]
    assert (folder / "a1.jpg.xmp").exists() or (folder / "a1.xmp").exists()


def test_sheets_and_a_page_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_two_bursts(tmp_path / "in")

    code, _, _ = best(capsys, folder, "--sheet", tmp_path / "sheets", "--page", tmp_path / "page.html")

    assert code == 0
    assert len(list((tmp_path / "sheets").iterdir())) == 2
    assert "a1.jpg" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_clip_gives_its_peaks_and_their_whole_frames(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lights = [100] * 10 + [180] * 3 + [100] * 20 + [240] * 3 + [100] * 10
    clip = make_clip(tmp_path / "clip.mp4", lights)

    code, (group,), _ = best(capsys, clip, "--top", "2", "--out", tmp_path / "out")

    times = [entry["t_ms"] for entry in group["ranking"][:2]]
    assert code == 0
    assert (group["group"], group["best"]) == ("clip.mp4", times[0])
    assert 3300 <= times[0] <= 3500
    assert 1000 <= times[1] <= 1200
    written = sorted((tmp_path / "out").iterdir())
    assert [path.name for path in written] == [f"clip_{t / 1000:08.3f}s.jpg" for t in sorted(times)]
    whole = [read_photo(path) for path in written]
    assert [photo.image.shape for photo in whole] == [(96, 128, 3)] * 2
    assert whole[1].image.mean() == pytest.approx(240, abs=8)

    best(capsys, clip, "--top", "2", "--out", tmp_path / "out")
    assert sorted((tmp_path / "out").iterdir()) == written


@pytest.mark.slow
def test_a_clip_that_ends_early_counts_as_far_as_it_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = make_clip(tmp_path / "clip.mp4", [100] * 5 + [200] * 5)
    clip.write_bytes(b"no clip")

    code, groups, err = best(capsys, clip, make_photo(tmp_path / "a.jpg"))

    assert (code, len(groups)) == (1, 1)
    assert "clip.mp4" in err


@pytest.mark.slow
def test_a_live_photo_is_one_group_and_its_clip_goes_where_it_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_photo(tmp_path / "in" / "A.JPG", 200)
    make_clip(tmp_path / "in" / "A.MOV", [100] * 10 + [250] * 3 + [100] * 5)

    _, (group,), _ = best(capsys, tmp_path / "in", "--copy-to", tmp_path / "out")

    assert [Path(entry["path"]).name for entry in group["ranking"]] == ["A.JPG"]
    assert sorted(path.name for path in (tmp_path / "out").glob("A.*")) == ["A.JPG", "A.MOV"]


def test_where_the_still_blinks_the_best_frame_of_its_live_photo_is_offered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_photo(tmp_path / "in" / "A.JPG", 200, blink=True)
    make_clip(tmp_path / "in" / "A.MOV", [100] * 10 + [200] * 3 + [100] * 5)

    _, (group,), _ = best(capsys, tmp_path / "in")

    assert [Path(entry["path"]).name for entry in group["ranking"]] == ["A.MOV", "A.JPG"]
    assert 1000 <= group["ranking"][0]["t_ms"] <= 1300


@pytest.mark.slow
def test_the_real_models_choose_the_smile_and_reject_the_blink(tmp_path: Path) -> None:
    folder = make_demo_photos(tmp_path / "in")
    command = [sys.executable, "-m", "livecam", "best", "--json", str(folder)]
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")}  # elsewhere than on Linux, the user's own

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)

    (group,) = map(json.loads, done.stdout.splitlines())
    assert [Path(entry["path"]).name for entry in group["ranking"]] == ["2.jpg", "0.jpg", "1.jpg"]
    assert "eyes closed" in group["ranking"][2]["reasons"]


def make_demo_photos(folder: Path) -> Path:
    """Three photos of the demo clip as a burst: neutral, in a blink, at the height of a smile."""
    folder.mkdir()
    for i, frame in enumerate(frames_at(model_files.demo_clip(), [2666.7, 5266.7, 7800.0])):
        exif = Image.Exif()
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = f"{NOON:%Y:%m:%d %H:%M:%S}"
        Image.fromarray(frame.image).save(folder / f"{i}.jpg", exif=exif, quality=92)
    return folder


SCAN_THAT_IS_KILLED = """
import os, signal, sys
from pathlib import Path
from livecam.best.scan.cache import Cache, CacheSettings
from livecam.best.scan.scanner import PhotoScanner
from livecam.photos.discover import collect
from tests.best.scan.fake_models import FakeModels
often = CacheSettings(write_every_s=0)
with Cache(Path(sys.argv[1]), often) as cache, PhotoScanner(cache, FakeModels()) as scanner:
    for i, _ in enumerate(scanner.scan(collect([sys.argv[2]])[0])):
        if i == 20:
            os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_where_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], models: FakeModels
) -> None:
    folder = tmp_path / "in"
    for i in range(30):
        make_photo(folder / f"{i:02d}.jpg", 60 + i, i * 10.0)
    whole = best(capsys, folder)[1]
    searched = models.searched
    shutil.rmtree(tmp_path / "cache")

    command = [sys.executable, "-c", SCAN_THAT_IS_KILLED, str(tmp_path / "cache"), str(folder)]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    again = best(capsys, folder)[1]

    assert killed.returncode == -signal.SIGKILL
    assert models.searched - searched < 30
    assert again == whole


def test_the_options_that_are_not_given_are_what_the_parts_do_by_themselves() -> None:
    unasked = {name: parameter.default for name, parameter in inspect.signature(best_command).parameters.items()}

    assert unasked["gap"] == GroupingSettings().gap_s
    assert unasked["faces"] == inspect.signature(PhotoScanner).parameters["faces"].default
