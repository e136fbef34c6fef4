"""``livecam run`` as a person runs it: the shipped models watch the demo clip."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from livecam import exit_codes, model_files
from livecam.types import UInt8Array

ROOT = Path(__file__).parents[2]
WORDS = ["--headless", "--pace", "fast", "--provider", "cpu", "--json"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass(frozen=True, slots=True)
class Done:
    """What a run left behind. shots, summary: its events."""

    folder: Path
    code: int
    shots: list[dict[str, Any]]
    summary: dict[str, Any]
    stderr: str

    def pictures(self) -> list[Path]:
        return sorted(self.folder.iterdir())


def watch(source: str | Path, folder: Path) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "livecam", "run", "--source", str(source), *WORDS, "--out", str(folder)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    events = list(map(json.loads, done.stdout.splitlines()))
    shots = [event for event in events if event["event"] == "shot"]
    return Done(folder, done.returncode, shots, events[-1], done.stderr)


def pixels(path: str | Path) -> UInt8Array:
    image = cv2.imread(str(path))
    assert image is not None
    return np.asarray(image, np.uint8)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Done:
    return watch("demo", tmp_path_factory.mktemp("demo"))


def test_the_demo_gives_pictures_of_its_best_moments_only(demo: Done) -> None:
    script = json.loads(model_files.demo_clip().with_suffix(".json").read_text())
    times = [shot["peak_t_ms"] for shot in demo.shots]

    assert demo.code == exit_codes.DONE
    assert times, "it must take a picture"
    for t_ms in times:
        assert any(start <= t_ms <= end for start, end in script["best"]), f"{t_ms} ms is no best moment"
        assert not [n["why"] for n in script["never"] if n["start_ms"] <= t_ms <= n["end_ms"]]
    assert all(max(shot["eyes_closed"]) < 0.5 for shot in demo.shots)
    assert [Path(shot["path"]) for shot in demo.shots] == demo.pictures()
    frames, summary = script["frames"], demo.summary
    assert (summary["frames_read"], summary["frames_analysed"], summary["frames_dropped"]) == (frames, frames, 0)
    assert demo.stderr == "", "no native library is heard"


def test_the_demo_pictures_are_the_whole_frame(demo: Done) -> None:
    assert {pixels(path).shape for path in demo.pictures()} == {(720, 1280, 3)}


def test_the_same_frames_give_the_same_pictures_each_time(demo: Done, tmp_path: Path) -> None:
    """The second time only as much of the clip as its first smile needs: a file that was copied in part."""
    clip = model_files.demo_clip().read_bytes()
    if clip.find(b"moov") > clip.find(b"mdat"):
        pytest.skip("the demo's index is at its end, so a part of it cannot be opened at all")
    (tmp_path / "part.mp4").write_bytes(clip[: len(clip) // 4])

    again = watch(tmp_path / "part.mp4", tmp_path / "out")

    assert again.code == exit_codes.FAILED
    assert "ends early" in again.stderr
    assert again.summary["frames_analysed"] > 200
    before = [shot for shot in demo.shots if shot["t_ms"] <= 1000 * again.summary["frames_read"] / 30]
    assert before, "nothing would be compared"
    assert [without_path(shot) for shot in again.shots] == [without_path(shot) for shot in before]
    for one, other in zip(before, again.shots, strict=True):
        np.testing.assert_array_equal(pixels(one["path"]), pixels(other["path"]))


def without_path(shot: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in shot.items() if key != "path"}
