"""``livecam best``: photos and clips in, groups and their best frames out, and what cannot be read is passed over."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from livecam import cli, model_files
from livecam.best import clip_scan, scan
from livecam.best.cache import Cache
from livecam.best.scan import PhotoScanner, ScanResult
from livecam.best.selection import Pictures, choose
from livecam.photos.discover import Item, collect
from livecam.photos.read import Photo, decode
from livecam.photos.read import read as read_photo
from livecam.scoring import providers
from livecam.types import Face, FaceCrop, Frame, Score
from tests.best.record_factories import NOON, make_face_record, make_record
from tests.factories import make_face, make_score

ROOT = Path(__file__).parents[2]


class Finder:
    """Sees a face in the middle of each picture, none in a dark one."""

    looked_at = 0

    def __init__(self, **settings: object) -> None: ...

    def find(self, frame: Frame) -> tuple[Face, ...]:
        Finder.looked_at += 1
        if frame.image.mean() < 10:
            return ()
        return (make_face(centre=(frame.width / 2, frame.height / 2), size=frame.height / 2),)

    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None: ...


class Scorer:
    """The lighter the picture, the better, from 1 to 5; blue pictures have closed eyes."""

    provider = "fake"
    metadata = MappingProxyType({"model_version": "0"})
    path = model_files.scorer_model()

    def __init__(self, model: Path | None = None, *, provider: str = "auto", busy: bool = False) -> None: ...

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        middles = [crop.image[100:124, 100:124].mean(axis=(0, 1)) for crop in crops]
        return tuple(
            make_score(1 + 4 * float(m.mean()) / 256, eyes=(0.9, 0.9) if m[2] > m[0] + 50 else (0, 0)) for m in middles
        )

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Replace the models, and keep the user's cache out of it."""
    Finder.looked_at = 0
    for module in (scan, clip_scan):
        monkeypatch.setattr(module, "FaceFinder", Finder)
    monkeypatch.setattr(scan, "Scorer", Scorer)
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")


def make_photo(
    path: Path, light: int = 128, seconds: float | None = None, *, blink: bool = False, size: tuple[int, int] = (96, 72)
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    if seconds is not None:
        taken = NOON + timedelta(seconds=seconds)
        inner = exif.get_ifd(ExifTags.IFD.Exif)
        inner[ExifTags.Base.DateTimeOriginal] = f"{taken:%Y:%m:%d %H:%M:%S}"
        inner[ExifTags.Base.SubsecTimeOriginal] = f"{taken.microsecond // 1000:03d}"
    colour = (light // 2, light // 2, min(2 * light, 255)) if blink else (light,) * 3
    Image.new("RGB", size, colour).save(path, "JPEG", exif=exif, quality=95)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def make_clip(path: Path, lights: Sequence[int], fps: float = 10.0) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (128, 96))
    for light in lights:
        writer.write(np.full((96, 128, 3), light, np.uint8))
    writer.release()
    return path


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
    assert list(first) == ["group", "best", "ranking"]
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


def test_a_second_run_looks_at_nothing_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_two_bursts(tmp_path / "in")
    once = best(capsys, folder)[1]
    looked_at = Finder.looked_at

    again = best(capsys, folder)[1]

    assert (looked_at, Finder.looked_at) == (5, 5)
    assert again == once


def test_a_photo_that_was_changed_is_looked_at_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_two_bursts(tmp_path / "in")
    best(capsys, folder)
    make_photo(folder / "a0.jpg", 255, 0)
    os.utime(folder / "a0.jpg", (1_700_000_009, 1_700_000_009))

    assert best(capsys, folder)[1][0]["best"] == str(folder / "a0.jpg")
    assert Finder.looked_at == 6


def test_another_number_of_faces_is_another_question(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_two_bursts(tmp_path / "in")
    best(capsys, folder)
    best(capsys, folder, "--faces", "2")

    assert Finder.looked_at == 10


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


def test_stars_and_labels_are_written_beside_the_photos_and_a_persons_own_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from livecam.storage.xmp_marks import Mark, read, write  # noqa: PLC0415  of another part

    folder = make_two_bursts(tmp_path / "in")
    write(folder / "a0.jpg", Mark(rating=5))

    best(capsys, folder, "--xmp", "sidecar")

    assert read(folder / "a0.jpg") == Mark(rating=5)
    assert read(folder / "a1.jpg") == Mark(rating=4, label="Green")
    assert read(folder / "a2.jpg").label is None


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


def test_a_clip_that_ends_early_counts_as_far_as_it_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = make_clip(tmp_path / "clip.mp4", [100] * 5 + [200] * 5)
    clip.write_bytes(b"no clip")

    code, groups, err = best(capsys, clip, make_photo(tmp_path / "a.jpg"))

    assert (code, len(groups)) == (1, 1)
    assert "clip.mp4" in err


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


def test_a_long_clip_with_a_photos_name_is_no_live_photo() -> None:
    still = Item(Path("a.jpg"))
    clip = Item(Path("a.mov"), clip=True, live_of=still.path)
    frame = make_record(make_face_record(), path="a.mov", t_ms=0.0)
    seen = [
        ScanResult(still, (make_record(make_face_record(), path="a.jpg"),)),
        ScanResult(clip, (frame,), length_ms=60_000),
    ]

    assert [group.name for group in choose(seen)] == ["a", "a.mov"]


def test_many_photos_come_out_in_their_order_whatever_the_threads_do(tmp_path: Path) -> None:
    paths = [make_photo(tmp_path / f"{i}.jpg", 60 + i) for i in range(40)]
    (tmp_path / "7.jpg").write_bytes(b"broken")

    with Cache(tmp_path / "cache") as cache, PhotoScanner(cache, workers=4) as one:
        seen = list(one.scan([Item(path) for path in paths]))

    assert [each.item.path for each in seen] == paths
    assert [each.item.path.name for each in seen if each.error] == ["7.jpg"]
    scores = [record.score or 0.0 for each in seen for record in each.records]
    assert scores == sorted(scores)


def test_no_more_face_finders_are_loaded_than_threads_use_and_all_are_freed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Finder] = []
    freed: list[Finder] = []

    class Counted(Finder):
        def __init__(self, **settings: object) -> None:
            made.append(self)

        def close(self) -> None:
            freed.append(self)

    monkeypatch.setattr(scan, "FaceFinder", Counted)
    items = [Item(make_photo(tmp_path / f"{i}.jpg", 60 + i)) for i in range(24)]
    with Cache(tmp_path / "cache") as cache, PhotoScanner(cache, workers=2) as one:
        for some in (items[:12], items[12:]):
            assert len(list(one.scan(some))) == 12

    assert 1 <= len(made) <= 2
    assert sorted(map(id, freed)) == sorted(map(id, made))


def test_what_another_model_file_has_found_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a GPU may score, the file for it does or does not, and that is only known once it is loaded."""
    items = [Item(make_photo(tmp_path / "a.jpg"))]

    def looked_at() -> int:
        Finder.looked_at = 0
        with Cache(tmp_path / "cache") as cache, PhotoScanner(cache) as one:
            list(one.scan(items))
        return Finder.looked_at

    on_the_cpu = looked_at(), looked_at()
    monkeypatch.setattr(providers, "candidates", lambda asked, model: ("cuda", "cpu"))
    without_luck = looked_at()
    monkeypatch.setattr(Scorer, "path", model_files.scorer_model(precision="fp16"))
    on_a_gpu = looked_at(), looked_at()

    assert (on_the_cpu, without_luck, on_a_gpu) == ((1, 0), 0, (1, 0))


def test_only_a_few_pictures_are_in_memory_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = make_photo(tmp_path / "a.jpg")
    alive = most = 0
    real = decode

    def counted(data: bytes, path: Path, *, least_side: int) -> Photo:
        nonlocal alive, most
        alive += 1
        most = max(most, alive)
        return real(data, path, least_side=least_side)

    monkeypatch.setattr(scan, "decode", counted)
    with Cache(tmp_path / "no" / "cache") as cache, PhotoScanner(cache, workers=2) as one:
        monkeypatch.setattr(cache, "get", lambda *_: None)
        for _ in one.scan([Item(photo)] * 60):
            alive -= 1

    assert most <= 2 + 3 * scan._BATCH_PHOTOS


def test_pictures_of_photos_and_frames_are_read_again_reduced(tmp_path: Path) -> None:
    make_photo(tmp_path / "in" / "a.jpg", 200, size=(640, 480))
    make_clip(tmp_path / "in" / "c.mp4", [100] * 10 + [240] * 3 + [100] * 5)
    with Cache(tmp_path / "cache") as cache, PhotoScanner(cache) as one:
        groups = choose(list(one.scan(collect([str(tmp_path / "in")])[0])))

    pictures = Pictures(groups, least_side=48)

    photo, frame = (pictures(next(group.best for group in groups if group.name == name)) for name in ("a", "c.mp4"))
    assert (frame.shape, photo.shape) == ((48, 64, 3), (60, 80, 3))
    assert frame.mean() == pytest.approx(240, abs=8)


REAL = """
import sys
from livecam import cli, model_files
from pathlib import Path
model_files.cache_dir = lambda: Path(sys.argv[1])
sys.exit(cli.run(sys.argv[2:]))
"""


def demo_photos(folder: Path) -> Path:
    """Three photos of the demo clip as a burst: neutral, in a blink, at the height of a smile."""
    folder.mkdir()
    for i, frame in enumerate(clip_scan.frames_at(model_files.demo_clip(), [2666.7, 5266.7, 7800.0])):
        exif = Image.Exif()
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = f"{NOON:%Y:%m:%d %H:%M:%S}"
        Image.fromarray(frame.image).save(folder / f"{i}.jpg", exif=exif, quality=92)
    return folder


def test_the_real_models_choose_the_smile_and_reject_the_blink(tmp_path: Path) -> None:
    folder = demo_photos(tmp_path / "in")
    command = [sys.executable, "-c", REAL, str(tmp_path / "cache"), "best", "--json", str(folder)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    (group,) = map(json.loads, done.stdout.splitlines())
    assert [Path(entry["path"]).name for entry in group["ranking"]] == ["2.jpg", "0.jpg", "1.jpg"]
    assert "eyes closed" in group["ranking"][2]["reasons"]


def test_a_run_that_was_killed_goes_on_where_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "in"
    for i in range(30):
        make_photo(folder / f"{i:02d}.jpg", 60 + i, i * 10.0)
    whole = best(capsys, folder)[1]
    shutil.rmtree(tmp_path / "cache")
    script = KILLED.format(root=ROOT, cache=tmp_path / "cache", folder=folder)

    one = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=False)
    Finder.looked_at = 0
    again = best(capsys, folder)[1]

    assert one.returncode == -signal.SIGKILL
    assert Finder.looked_at < 30
    assert again == whole


KILLED = """
import os, signal
from pathlib import Path
from livecam.best import cache, scan
from livecam.photos.discover import collect
from tests.commands.test_best import Finder, Scorer
scan.FaceFinder, scan.Scorer, cache._WRITE_S = Finder, Scorer, 0.0
with cache.Cache(Path("{cache}")) as kept, scan.PhotoScanner(kept) as one:
    for i, _ in enumerate(one.scan(collect(["{folder}"])[0])):
        if i == 20:
            os.kill(os.getpid(), signal.SIGKILL)
"""
