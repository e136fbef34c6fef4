from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("av", reason="needs the train extra")

import cv2

from benchmarks.common.isolated import run_isolated
from benchmarks.latency.clips import FACE_FIRST, scale
from benchmarks.serve.numbered import number_clip, read_stamp, stamp
from benchmarks.serve.review import ReviewResult, Turn, review_report
from benchmarks.serve.run import Case, Result, report
from livecam import model_files


@pytest.mark.parametrize("number", [0, 1, 1234, 65_535])
@pytest.mark.parametrize("height", [720, 540, 360])
def test_a_number_in_the_picture_is_read_again_after_compression(number: int, height: int) -> None:
    image = np.random.default_rng(0).integers(0, 255, (720, 1280, 3), np.uint8)
    assert read_stamp(np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)) is None
    stamp(image, number)
    small = cv2.resize(image, (height * 16 // 9, height), interpolation=cv2.INTER_AREA)
    jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    assert read_stamp(np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE), np.uint8)) == number


@pytest.mark.slow
def test_the_viewer_sees_the_numbers_of_the_clip_soon_after_they_were_captured(tmp_path: Path) -> None:
    face = scale(model_files.demo_clip(), tmp_path / "face.mp4", height=720, first=FACE_FIRST, frames=30)
    clip = number_clip(face, tmp_path / "numbered.mp4", times=2)
    arguments = {"clip": str(clip), "pace": "fast", "provider": "cpu", "viewers": 2, "decode": True, "warm_up": 5}
    answer = run_isolated("benchmarks.serve.loop:run", arguments)

    assert len(answer["viewer_fps"]) == 2
    assert answer["glass_ms"], "the first viewer read numbers"
    assert all(age > 0 for age in answer["glass_ms"])


def test_the_report_says_what_was_held_and_what_was_missed() -> None:
    case = Case("realtime", 1, 29.0, 3.0, (1.0, 6.0), 1.5, 0, 20.0, 28.0, 60.0, 40.0, 160.0)
    text = report(Result({"cpu": "a CPU", "flags": "", "cores": "2", "load": "0.1"}, "cpu", 5, [case]))
    assert "160 ms; asked for: at most 150 ms: missed" in text
    assert "3.0 %; asked for: at most 5 %: held" in text


def test_the_report_of_the_review_says_both_states_and_sizes() -> None:
    turns = [Turn("cold", 900, 1500, 800, 1700, 33, 47), Turn("warm", 400, 450, 300, 500, 17, 48)]
    about = {"cpu": "a CPU", "flags": "", "cores": "2", "load": "0.1"}
    text = review_report(ReviewResult(about, 10_000, 310_000, 3_400_000, 17_000, 4.0, turns))
    assert "| made anew | 900 ms | 1,500 ms | 800 ms | 1,700 ms | 33 ms |" in text
    assert "| made before | 400 ms |" in text
    assert "0.31 MB as sent, 3.4 MB unpacked" in text
    assert "at most 48" in text
