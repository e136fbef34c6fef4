"""The benchmark of ``livecam best``: what it makes of its figures, not how fast anything is."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")

from benchmarks.best import memory, photos, run
from benchmarks.best.photos import by_faces, write_photos
from benchmarks.best.results import AGAIN, BASELINE, OURS, Kind, Memory, Result, compare
from livecam.photos.read import read as read_photo
from tests.benchmarks.runs import benchmark


def test_a_loop_is_compared_by_its_median_with_the_baselines() -> None:
    baseline, ours, again = compare({BASELINE: [9.0, 10.0, 11.0], OURS: [30.0, 25.0, 1.0], AGAIN: [2000.0]})
    assert (baseline.photos_per_s, baseline.ratio) == (10.0, 1.0)
    assert (ours.name, ours.photos_per_s, ours.ratio) == (OURS, 25.0, 2.5)
    assert again.ratio == 200.0


def test_photos_are_sorted_by_how_many_faces_they_show() -> None:
    paths = [Path(name) for name in "abcd"]
    assert by_faces(paths, [1, 0, 7, 1]) == {
        "one face": [paths[0], paths[3]],
        "several faces": [paths[2]],
        "no face": [paths[1]],
    }
    assert by_faces(paths[:1], [1]) == {"one face": paths[:1]}


@pytest.mark.slow
def test_the_photos_have_twelve_megapixels_and_are_all_different(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "_DEMO_MS", (1500, 2000))  # fifty take seconds
    one, other = write_photos(tmp_path, 2)
    sizes = [read_photo(path).image.shape[:2] for path in (one, other)]
    assert all(sorted(size) == [3000, 4000] for size in sizes)
    assert one.read_bytes() != other.read_bytes()


@pytest.mark.slow
def test_the_memory_is_that_after_a_tenth_of_the_photos_at_the_end_and_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = tmp_path / "a.jpg"
    cv2.imwrite(str(photo), np.full((480, 640, 3), 90, np.uint8))
    samples = iter([100.0, 110.0, 400.0, *[200.0] * 17, 150.0])
    monkeypatch.setattr(memory, "resident_mb", lambda: next(samples))
    found = Memory(**memory.run(photos=[str(photo)], count=20, model=None, spawned_s=0.0))
    assert found == Memory(photos=20, early_mb=110.0, end_mb=150.0, most_mb=400.0)


def test_json_goes_to_stdout_alone_and_the_tables_name_the_baseline_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    loops = compare({BASELINE: [10.0], OURS: [25.0], AGAIN: [2000.0]})
    kinds = [Kind("one face", 32, 10.4, 31.0, 2.98)]
    result = Result(2, 40, 2.7, loops, kinds, Memory(2000, 609.8, 562.0, 685.0))
    monkeypatch.setattr(run, "measure", lambda *_: result)
    answer = benchmark("best", "--json")
    (line,) = answer.out.splitlines()
    assert json.loads(line)["kinds"][0]["baseline_per_s"] == 10.4
    assert "baseline loop" in answer.err
    assert "685 MB at most" in " ".join(answer.err.split())
