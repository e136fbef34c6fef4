from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray", reason="needs Ray (pip install 'livecam[archive]')")

from benchmarks.archive import processes
from benchmarks.archive.photos import SIZE, write_photos
from benchmarks.archive.report import markdown
from livecam.best.scan.cache import content_of_file
from livecam.photos.read import read


def turn(per_s: float, memory: float = 500.0) -> dict[str, Any]:
    samples = [
        {"t_s": 2.0 * i, "driver_mb": 300.0, "workers_mb": memory + i, "rest_mb": 100.0, "cpu_s": 1.0 * i}
        for i in range(12)
    ]
    return {
        "per_s": per_s, "measured": 800, "photos": 1000, "whole_s": 30.0, "cpu_s_a_photo": 0.05, "samples": samples,
        "scored": 1000, "faces": 900, "parquet_bytes": 2_500_000, "shards": 1,
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
        "photos": 2000, "parts": 2, "photo_bytes": 2000 * 50_000,
        "best": [turn(40.0), turn(20.0)], "archive": [turn(38.0), turn(21.0)],
        "nodes": [turn(10.0), turn(18.0)],
    }  # fmt: skip

    text = markdown(found)

    assert "| 1 | 40.0 | 38.0 | 0.95 |" in text
    assert "1.00 (from 0.95 to 1.05)" in text
    assert "| 1 | 300 → 300 | 504 → 510 |" in text
    assert "Parquet: 2.5 GB (2.50 kB a photo with 0.90 faces)" in text
    assert "read: 50 GB" in text
    assert "1.80 times as many" in text


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="looks at processes as Linux shows them")
def test_a_process_counts_itself() -> None:
    used = processes.usage(0.0)

    assert used.driver_mb > 10
    assert used.cpu_s >= sum(os.times()[:2]) / 2
    assert used.workers_mb == 0
