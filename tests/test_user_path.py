"""The whole way of a user, by the commands: rated photos, a data set, a network, its report, and a camera that runs it.

The photos are frames of the demo clip (NASA's portrait of Eileen Collins, public domain) in eight lights; the ratings
follow what its description says that she does in them. The commands that need torch run in this process, because four
starts of it cost as much as what they do; the camera runs in one of its own.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")

from export import __main__ as export_program
from livecam import exit_codes, model_files
from livecam.exit_codes import Run
from livecam.types import UInt8Array
from model import __main__ as model_program

ROOT = Path(__file__).parents[1]
RATING = {"smile": 5, "neutral": 4, "turn": 3, "half_blink": 2, "blink": 1}
LIGHTS = 8


def events() -> list[dict[str, Any]]:
    """Return what she does in the demo clip, and when."""
    found: list[dict[str, Any]] = json.loads(model_files.demo_clip().with_suffix(".json").read_text("utf-8"))["events"]
    return found


def frames_at(times_ms: set[float]) -> dict[float, UInt8Array]:
    """Frames of the demo clip, BGR, by the time asked for."""
    clip = cv2.VideoCapture(str(model_files.demo_clip()))
    wanted = {round(t_ms * clip.get(cv2.CAP_PROP_FPS) / 1000): t_ms for t_ms in times_ms}
    found = {}
    for index in range(max(wanted) + 1):
        assert clip.grab()
        if index in wanted:
            found[wanted[index]] = np.asarray(clip.retrieve()[1], np.uint8)
    clip.release()
    return found


def in_light(frame: UInt8Array, number: int) -> UInt8Array:
    """The frame in the dappled light of one of LIGHTS trees: photos of one occasion would all be near-duplicates."""
    leaves = np.random.default_rng(number).normal(0, 0.45, (18, 32)).astype(np.float32)
    light = np.exp(cv2.resize(leaves, frame.shape[1::-1], interpolation=cv2.INTER_CUBIC))
    return np.clip(frame * light[..., None], 0, 255).astype(np.uint8)


def take_photos(folder: Path) -> None:
    """Write 40 photos and the ratings.csv of a person who likes a smile and open eyes."""
    peaks = {kind: [event["peak_ms"] for event in events() if event["kind"] == kind] for kind in RATING}
    frames = frames_at({t_ms for times in peaks.values() for t_ms in times})
    (folder / "photos").mkdir(parents=True)
    with (folder / "ratings.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("path", "rating", "session"))
        for light in range(LIGHTS):
            for kind, rating in RATING.items():
                name = f"photos/{kind}-{light}.jpg"
                frame = frames[peaks[kind][light % len(peaks[kind])]]
                cv2.imwrite(str(folder / name), in_light(frame, light))
                table.writerow((name, rating, f"light {light}"))


def write_clip(path: Path, start_ms: float, end_ms: float) -> None:
    """Write this part of the demo clip."""
    whole = cv2.VideoCapture(str(model_files.demo_clip()))
    fps = whole.get(cv2.CAP_PROP_FPS)
    size = (int(whole.get(cv2.CAP_PROP_FRAME_WIDTH)), int(whole.get(cv2.CAP_PROP_FRAME_HEIGHT)))
    part = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
    for index in range(round(end_ms * fps / 1000)):
        assert whole.grab()
        if index >= round(start_ms * fps / 1000):
            part.write(whole.retrieve()[1])
    part.release()
    whole.release()


def run_here(run: Run, *words: object) -> None:
    """Run a command line of model or export."""
    assert run(list(map(str, words))) == exit_codes.DONE


@pytest.mark.slow
@pytest.mark.timeout(900)  # half a minute on a quiet processor
def test_from_rated_photos_to_a_camera_that_shares_the_taste(tmp_path: Path) -> None:
    data, trained, report, scorer = (tmp_path / name for name in ("data", "trained", "report", "mine.onnx"))
    take_photos(tmp_path / "mine")

    run_here(model_program.run, "prepare", tmp_path / "mine", "--out", data)
    with (data / "faces.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == LIGHTS * len(RATING)

    run_here(model_program.run, "train", data, "--out", trained, "--folds", 4)
    run_here(model_program.run, "evaluate", data, trained, "--out", report)
    found = json.loads((report / "report.json").read_text("utf-8"))
    assert found["held_out"]
    assert found["pooled"]["photos"] == LIGHTS * len(RATING) // 4
    assert found["pooled"]["spearman"] > 0.6

    run_here(export_program.run, "onnx", trained / "model.safetensors", "-o", scorer, "--calibration", data / "crops")

    smile = next(event for event in events() if event["kind"] == "smile")
    start_ms = smile["start_ms"] - 4000  # a rest, two blinks and a half one
    write_clip(tmp_path / "clip.mp4", start_ms, smile["end_ms"] - 500)
    words = ("--source", tmp_path / "clip.mp4", "--headless", "--pace", "fast", "--provider", "cpu", "--json")
    done = subprocess.run(
        [sys.executable, "-m", "livecam", "run", "--model", scorer, *words, "--out", tmp_path / "pictures"],
        cwd=ROOT, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == exit_codes.DONE, done.stderr
    events_of_run = list(map(json.loads, done.stdout.splitlines()))
    shots = [event for event in events_of_run if event["event"] == "shot"]
    summary = events_of_run[-1]
    assert summary["event"] == "summary"
    assert len(list((tmp_path / "pictures").glob("*.jpg"))) == summary["shots"] == len(shots) >= 1
    assert all(smile["start_ms"] < start_ms + shot["peak_t_ms"] < smile["end_ms"] for shot in shots)
    assert all(max(shot["eyes_closed"]) < 0.5 for shot in shots)
