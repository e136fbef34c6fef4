from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray", reason="needs Ray (pip install 'livecam[archive]')")

from benchmarks.archive.memory import growths
from benchmarks.archive.photos import SIZE, write_photos
from benchmarks.archive.processes import Process, Usage, cpu_between, usage
from benchmarks.archive.report import markdown
from livecam.best.scan.cache import content_of_file
from livecam.photos.read import read


def process(pid: int, kind: str, own_mb: float, shared_mb: float = 50.0) -> dict[str, Any]:
    return {"pid": pid, "kind": kind, "own_mb": own_mb, "shared_mb": shared_mb, "cpu_s": 1.0}


def turn(per_s: float, grows_mb: float = 0.0, photos: int = 1000) -> dict[str, Any]:
    """A run with a driver, Ray's two processes, and a worker that takes 500 MB, and so many more at each sample."""
    samples = [
        {
            "t_s": 2.0 * i,
            "photos": photos * i // 50,
            "processes": [
                process(1, "driver", 300),
                process(2, "worker", 500 + i * grows_mb),
                process(3, "raylet", 40),
                process(4, "gcs", 60),
            ],
        }
        for i in range(51)
    ]
    return {
        "per_s": per_s, "measured": 800, "photos": photos, "whole_s": 30.0, "cpu_s_a_photo": 0.05, "samples": samples,
        "scored": photos, "faces": photos * 9 // 10, "parquet_bytes": photos * 2500, "shards": 1,
        "cpu_s": {"worker": 32.0, "driver": 4.0},
    }  # fmt: skip


def test_the_photos_are_small_and_no_two_are_alike(tmp_path: Path) -> None:
    written = write_photos(tmp_path, 6)

    photos = sorted(tmp_path.rglob("*.jpg"))
    assert len({content_of_file(photo) for photo in photos}) == 6
    assert written == sum(photo.stat().st_size for photo in photos)
    first = read(photos[0])
    assert (first.width, first.height) == SIZE
    assert first.captured is not None


def test_the_report_says_speed_memory_and_cost() -> None:
    found = {
        "machine": {"cpu": "a processor", "flags": "AVX2", "cores": "2", "memory": "8 GB", "load": "0.1"},
        "photos": 2000, "parts": 2, "part_photos": 1000, "photo_bytes": 2000 * 50_000, "long": turn(41.5, photos=9000),
        "best": [turn(40.0), turn(20.0)], "archive": [turn(38.0), turn(21.0)],
        "nodes": [turn(10.0), turn(18.0)],
    }  # fmt: skip

    text = markdown(found)

    assert "| 1 | 40.0 | 38.0 | 0.95 |" in text
    assert "1.00 (from 0.95 to 1.05)" in text
    assert "9,000 photos, 41.5 a second" in text
    assert "| driver |" + 10 * " 300 |" + " 50 | +0.00 ± 0.00 (flat) |" in text
    assert "| worker 1 |" + 10 * " 500 |" + " 50 | +0.00 ± 0.00 (flat) |" in text
    assert "| Ray |" + 10 * " 100 |" + " 100 | +0.00 ± 0.00 (flat) |" in text
    found["long"] = turn(41.5, photos=2000)
    assert "| worker 1 |" + 10 * " 500 |" + " 50 | too short |" in markdown(found)
    assert "held 1100 MB at most" in text
    assert "Parquet: 2.5 GB (2.50 kB a photo with 0.90 faces)" in text
    assert "read: 50 GB" in text
    assert "1.80 times as many" in text
    assert "| nodes | worker | driver | clock |" in text
    assert "| two | 40.0 | 5.0 | 55.6 |" in text


def test_a_worker_that_grows_is_said_to() -> None:
    grows = {one.name: one for one in growths(turn(10.0, grows_mb=1.0, photos=20_000)["samples"], 20_000)}

    worker = grows["worker 1"]
    assert worker.slope_mb == pytest.approx(2.5)  # 50 MB in 20,000 photos
    assert worker.error_mb == pytest.approx(0, abs=1e-6)
    assert worker.says() == "+2.50 ± 0.00 (it grows)"
    assert worker.peaks_mb[:2] == (504, 509)
    assert worker.peaks_mb[-1] == 550
    assert "flat" in grows["driver"].says()


def test_workers_that_come_and_go_are_told_apart_and_little_is_not_taken_for_growth() -> None:
    samples = turn(10.0)["samples"][:20]
    for sample in samples[10:]:
        sample["processes"][1] = process(9, "worker", 700)

    grows = {one.name: one for one in growths(samples, 1000)}

    assert grows["worker 1"].peaks_mb[:5] == (500, 500, None, None, None)
    assert grows["worker 2"].peaks_mb[2:5] == (700, 700, None)
    assert grows["worker 1"].says() == "too short"


def test_processor_time_is_told_by_kind_of_process() -> None:
    before = Usage(0.0, 0, (Process(1, "driver", 1, 1, 2.0), Process(2, "worker", 1, 1, 3.0)))
    after = Usage(
        9.0, 9, (Process(1, "driver", 1, 1, 2.5), Process(2, "worker", 1, 1, 7.0), Process(3, "worker", 1, 1, 1.0))
    )

    assert cpu_between(before, after) == {"driver": 0.5, "worker": 5.0}
    at_the_end = Usage(10.0, 9, (Process(1, "driver", 1, 1, 3.0),))
    assert cpu_between(before, after, at_the_end) == {
        "driver": 1.0,
        "worker": 5.0,
    }  # one has ended
    assert after.cpu_s == 10.5


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="looks at processes as Linux shows them")
def test_a_process_counts_itself() -> None:
    used = usage(0.0, 0)

    (driver,) = (one for one in used.processes if one.kind == "driver")
    assert driver.pid == os.getpid()
    assert driver.own_mb > 10
    assert used.cpu_s >= sum(os.times()[:2]) / 2
    assert not any(one.kind == "worker" for one in used.processes)
