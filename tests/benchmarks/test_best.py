"""The benchmark of ``livecam best``: what it makes of its figures, not how fast anything is."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

pytest.importorskip("torch", reason="needs the train extra")

from benchmarks.best import command, decoders, encoded, kinds, photos, raws, run
from benchmarks.best.encoded import EncodedPictures, SkippedError
from benchmarks.best.photos import by_faces
from benchmarks.best.results import BASELINE, OURS, Alone, Command, Decoder, Kind, Result, Shown, compare
from benchmarks.common.progress import steps
from livecam.photos.discover import collect
from livecam.photos.read import read as read_photo
from livecam.types import UInt8Array
from tests.benchmarks.runs import benchmark
from tests.best.records.factories import NOON


@pytest.fixture
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cameras of fewer pixels, and pictures without people."""

    def pictures() -> Iterator[UInt8Array]:
        number = 0
        while True:
            yield np.full((90, 120, 3), 40 + number, np.uint8)
            number += 1

    monkeypatch.setattr(encoded, "pictures", pictures)
    monkeypatch.setattr(encoded, "SIZE_12", (400, 300))
    monkeypatch.setattr(encoded, "SIZE_24", (2430, 1620))


def test_a_loop_is_compared_by_its_median_with_the_baselines() -> None:
    baseline, ours = compare({BASELINE: [9.0, 10.0, 11.0], OURS: [30.0, 25.0, 1.0]})
    assert (baseline.photos_per_s, baseline.ratio) == (10.0, 1.0)
    assert (ours.name, ours.photos_per_s, ours.ratio) == (OURS, 25.0, 2.5)


def test_photos_are_sorted_by_how_many_faces_they_show() -> None:
    paths = [Path(name) for name in "abcd"]
    assert by_faces(paths, [1, 0, 7, 1]) == {
        "one face": [paths[0], paths[3]],
        "several faces": [paths[2]],
        "no face": [paths[1]],
    }
    assert by_faces(paths[:1], [1]) == {"one face": paths[:1]}


@pytest.mark.parametrize("wanted", [(400, 300), (600, 400)])
def test_a_picture_gets_the_size_of_a_camera_and_noise_of_its_own(wanted: tuple[int, int]) -> None:
    image = np.full((100, 100, 3), 128, np.uint8)

    one, other = (photos.enlarged(image, wanted, seed) for seed in (1, 2))

    assert one.shape == (wanted[1], wanted[0], 3)
    assert photos.enlarged(image[:, :50], wanted, 1).shape == (wanted[0], wanted[1], 3)
    assert (one != other).any()


@pytest.mark.slow
@pytest.mark.usefixtures("small_pictures")
@pytest.mark.parametrize(
    ("name", "decoded", "whole"),
    [
        ("JPEG, 12 MP", (300, 400), (400, 300)),
        ("raw, 24 MP, with a small preview", (1080, 1620), (2430, 1620)),
        ("raw, 24 MP, one preview of all", (1620, 2430), (2430, 1620)),
        ("HEIC, 12 MP", (300, 400), (400, 300)),
    ],
)
def test_each_kind_is_read_by_livecam_as_what_it_is(
    tmp_path: Path, name: str, decoded: tuple[int, int], whole: tuple[int, int]
) -> None:
    if name.startswith("HEIC"):
        pytest.importorskip("pi_heif", reason="needs the photos extra")
    try:
        one, other, again = kinds.write_photos(kinds.KINDS[name], tmp_path, 3, EncodedPictures(2))
    except SkippedError as error:
        pytest.skip(str(error))

    photo = read_photo(one, min_side_px=1500)

    assert photo.image.shape[:2] == decoded
    assert (photo.width, photo.height) == whole
    assert photo.captured == NOON
    assert len({path.read_bytes() for path in (one, other, again)}) == 3


@pytest.mark.slow
@pytest.mark.usefixtures("small_pictures")
def test_raw_files_for_the_command_are_all_different_and_take_little_room(tmp_path: Path) -> None:
    kinds.write_raws(tmp_path, 7, EncodedPictures(2))

    files = sorted(tmp_path.iterdir())
    times = [read_photo(file, min_side_px=1500).captured for file in files]

    assert len(set(times)) == 7
    assert times == sorted(times)  # type: ignore[type-var]
    assert all(file.stat().st_size > 40_000_000 for file in files)
    if sys.platform == "linux":
        assert all(file.stat().st_blocks * 512 < 1_000_000 for file in files)


@pytest.mark.slow
@pytest.mark.usefixtures("small_pictures")
def test_a_mixed_shoot_has_files_that_belong_together(tmp_path: Path) -> None:
    kinds.write_shoot(tmp_path, 16, EncodedPictures(3))

    items, skipped = collect([str(tmp_path)])

    suffixes = {file.suffix for file in tmp_path.iterdir()}
    assert {".jpg", ".dng", ".mov"} <= suffixes
    assert not skipped
    assert any(".dng" in {companion.suffix for companion in item.companions} for item in items)
    assert sum(1 for _ in tmp_path.glob("*_0.jpg")) >= 1


@pytest.mark.slow
def test_the_decoders_that_are_there_are_measured_and_the_others_named(tmp_path: Path) -> None:
    data = photos.jpeg(np.full((3000, 4000, 3), 90, np.uint8))
    jpeg, raw = tmp_path / "a.jpg", tmp_path / "a.dng"
    jpeg.write_bytes(data)
    previews = [raws.JpegPreview(photos.jpeg(np.zeros((h, w, 3), np.uint8)), w, h) for w, h in ((162, 108), (600, 400))]
    raws.write_raw(raw, previews, "2026:05:01 12:00:00")

    found = {(one.source, one.name): one for one in decoders.measure_decoders(jpeg, raw, None)}

    assert found["JPEG, 12 MP", "Pillow, what is enough"].width == 2000
    assert found["JPEG, 12 MP", "OpenCV, all"].width == 4000
    assert found["a raw file's preview of 1.7 MP", "Pillow, all"].width == 162
    assert all((one.cpu_ms is None) == (one.width == 0) for one in found.values())


@pytest.mark.skipif(sys.platform == "win32", reason="has no such terminals")
def test_a_command_that_says_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ended with 3: no"):
        command._run([sys.executable, "-c", "print('no'); raise SystemExit(3)"], {})
    with pytest.raises(RuntimeError, match="ended with 0"):
        command._run([sys.executable, "-c", ""], {})
    told = command._run([sys.executable, "-c", "import time; print('a', flush=True); time.sleep(0.5)"], {})
    assert 0 < told.first_line_s < told.seconds


@pytest.mark.skipif(sys.platform == "win32", reason="has no such terminals")
def test_the_second_run_of_the_command_has_the_scorer_of_the_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runs: list[list[str]] = []

    def fake(words: list[str], environment: dict[str, str]) -> command._Run:
        assert environment["XDG_CACHE_HOME"]
        runs.append(words)
        return command._Run(first_line_s=0.5, seconds=2.0)

    monkeypatch.setattr(command, "_run", fake)
    command.measure_command("raw", tmp_path, 10, tmp_path / "own.onnx")

    assert [words[-2:] for words in runs] == [["--model", str(tmp_path / "own.onnx")]] * 2


def test_json_goes_to_stdout_alone_and_the_tables_name_the_baseline_loop(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    loops = tuple(compare({BASELINE: [10.0], OURS: [25.0]}))
    by_itself = (Alone(BASELINE, 90.0, 99.0, 120.0, 150.0), Alone(OURS, 60.0, 70.0, 80.0, 65.0))
    result = Result(
        {"cpu": "Acme 9000", "flags": "avx2"},
        (
            Kind("JPEG, 12 MP", "Pillow", 40, 66, 2.7, loops, by_itself),
            Kind("HEIC, 12 MP", "pi-heif", skipped="not installed"),
        ),
        (Shown("no face", 3, 14.5, 21.0, 1.45),),
        (Decoder("OpenCV, half", "JPEG", 2000, 1500, 27.2), Decoder("pyvips", "JPEG")),
        (Command("raw", 5000, 1.2, 190.0, 26.3, 6.0, 480.0, 500.0, 685.0),),
    )
    monkeypatch.setattr(run, "measure", lambda *_: iter((result,)))

    answer = benchmark("best", "--json", "--out", tmp_path)

    (line,) = answer.out.splitlines()
    assert json.loads(line) == json.loads((tmp_path / "best.json").read_text())
    assert json.loads(line)["kinds"][0]["loops"][1]["ratio"] == 2.5
    assert "baseline loop" in answer.err
    written = (tmp_path / "best.md").read_text()
    assert "| JPEG, 12 MP | 40 | 2.7 | 66 | 10.0 | 25.0 | 2.5 | 25.0 | Pillow |" in written
    assert "| raw | 5000 | 1.2 | 190.0 | 26.3 | 6.0 | 480 | 500 | 685 |" in written
    assert "Acme 9000" in written
    assert "not installed" in written


def test_what_was_measured_until_a_stop_is_kept_and_the_rest_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def stopped(*_: object) -> Iterator[Result]:
        yield Result({"cpu": "Acme 9000"}, (Kind("JPEG", "", skipped="as it is"),), missing=("decoders", "shoot"))
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "measure", stopped)

    answer = benchmark("best", "--out", tmp_path)

    assert answer.code == 130
    written = (tmp_path / "best.md").read_text()
    assert "as it is" in written
    assert "Not measured: decoders; shoot." in written


@pytest.mark.slow
@pytest.mark.usefixtures("small_pictures")
def test_a_small_run_measures_everything_and_says_what_is_still_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(run, "measure_decoders", lambda *_: [Decoder("OpenCV, half", "JPEG", 2000, 1500, 27.2)])
    monkeypatch.setattr(
        run,
        "measure_command",
        lambda title, folder, files, _: Command(title, files, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, float(folder.is_dir())),
    )

    with steps(Console(file=shown)) as progress:
        results = list(run.measure(run.Plan(photos=2, rounds=1, raws=3, shoot=0, model=None), progress))

    assert [len(result.missing) for result in results] == [6, 5, 4, 3, 2, 1, 0]
    last = results[-1]
    assert [kind.name for kind in last.kinds] == list(kinds.KINDS)
    assert all(kind.skipped or kind.loops[1].photos_per_s > 0 for kind in last.kinds)
    assert [one.name for one in last.shown] == ["no face"]
    assert len(last.decoders) == 1
    assert [(one.files, one.most_mb) for one in last.commands] == [(3, 1.0)]
    assert "16/16 raw, with small previews" in shown.getvalue()
