"""``livecam run``: what it prints, saves and how it fails; at the end the shipped model watches the demo clip."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from livecam import cli, model_files, pipeline
from livecam.errors import ModelError
from livecam.live.run import LiveRun
from livecam.pipeline import Analyser, InstalledModels
from livecam.sources.camera import Camera
from livecam.types import Face, FaceCrop, Frame, Score
from livecam.ui.window import Key
from tests.factories import make_face, make_score

ROOT = Path(__file__).parents[2]
SHOT_KEYS = ["event", "t_ms", "path", "score", "eyes_closed", "peak_t_ms"]
SUMMARY_KEYS = [
    "event", "frames_read", "frames_analysed", "frames_dropped", "fps", "latency_ms", "provider", "shots",
]  # fmt: skip
SMILE = (20, 30)


class Finder:
    def find(self, frame: Frame) -> tuple[Face, ...]:
        return (make_face(centre=(80, 60), size=60),)

    def close(self) -> None: ...


class Scorer:
    """Sees a neutral face that smiles once, best in the middle of the smile."""

    provider = "fake"
    fallback: str | None = None
    metadata = MappingProxyType({"model_version": "0"})

    def __init__(self) -> None:
        self._count = 0

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        first, last = SMILE
        best = (first + last) / 2
        value = 4.9 - 0.05 * abs(self._count - best) if first <= self._count <= last else 2.8
        self._count += 1
        return (make_score(value, eyes=(0.01, 0.02)),)

    def close(self) -> None: ...


@pytest.fixture
def smiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every clip shows one smile, and no model is loaded."""

    def load(*, model: Path | None, provider: str, faces: int, stills: bool, fast: bool) -> Analyser:
        return Analyser(Finder(), Scorer())

    monkeypatch.setattr(Analyser, "load", load)
    monkeypatch.setattr(pipeline, "find_reasons", lambda face, crop, score, frame: ())


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)


def window_that_presses(keys: dict[int, Key]) -> type:
    """A window on which these keys are pressed after so many pictures were shown."""

    class Window:
        size = None

        def __init__(self) -> None:
            self._count = 0
            self._pressed: list[Key] = []

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *exception: object) -> None: ...
        def show(self, image: np.ndarray) -> None:
            self._count += 1
            if self._count in keys:
                self._pressed.append(keys[self._count])

        def key(self) -> Key | None:
            return self._pressed.pop() if self._pressed else None

    return Window


def make_clip(path: Path, *, frames: int = 60) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30, (160, 120))
    assert writer.isOpened()
    for index in range(frames):
        writer.write(np.full((120, 160, 3), 40 + index % 200, np.uint8))
    writer.release()
    return path


def make_other_onnx(path: Path) -> Path:
    """A sound model that is no scorer: it takes 112 pixels and gives one number."""
    image = helper.make_tensor_value_info("crops", TensorProto.UINT8, ["N", 112, 112, 3])
    cast = helper.make_tensor_value_info("score", TensorProto.FLOAT, ["N", 112, 112, 3])
    node = helper.make_node("Cast", ["crops"], ["score"], to=TensorProto.FLOAT)
    graph = helper.make_graph([node], "g", [image], [cast])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


def pictures(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


@pytest.mark.usefixtures("smiling")
def test_one_smile_in_a_clip_is_one_picture_and_two_events(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip, out = make_clip(tmp_path / "clip.mp4"), tmp_path / "out"

    code = cli.run(["run", "--source", str(clip), "--headless", "--pace", "fast", "--out", str(out), "--json"])

    printed = capsys.readouterr()
    assert (code, printed.err) == (0, "")
    shot, summary = map(json.loads, printed.out.splitlines())
    assert list(shot) == SHOT_KEYS
    assert list(summary) == SUMMARY_KEYS
    assert shot["event"] == "shot"
    assert [Path(shot["path"])] == pictures(out)
    assert shot["peak_t_ms"] == pytest.approx(25 * 1000 / 30, abs=70)
    assert shot["peak_t_ms"] < shot["t_ms"]
    assert shot["score"] == pytest.approx(4.9, abs=0.1)
    assert shot["eyes_closed"] == [0.01, 0.02]
    assert summary["event"] == "summary"
    assert [summary[key] for key in SUMMARY_KEYS[1:4]] == [60, 60, 0]
    assert list(summary["latency_ms"]) == ["p50", "p95", "p99"]
    assert (summary["provider"], summary["shots"]) == ("fake", 1)


@pytest.mark.usefixtures("smiling")
def test_people_read_words_with_units_on_stderr_and_stdout_stays_empty(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip, out = make_clip(tmp_path / "clip.mp4"), tmp_path / "out"

    code = cli.run(["run", "--source", str(clip), "--headless", "--pace", "fast", "--out", str(out)])

    printed = capsys.readouterr()
    assert (code, printed.out) == (0, "")
    assert printed.err.count(str(pictures(out)[0])) == 1, "nothing is said twice"
    for words in (
        "score 4.9",
        "60 read, 60 analysed, 0 dropped",
        "frames/s on fake",
        " ms, p95",
        "time spent on a frame",
    ):
        assert words in printed.err


@pytest.mark.usefixtures("smiling")
def test_at_pace_realtime_the_times_are_ages_and_every_frame_is_accounted_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", frames=20)

    assert cli.run(["run", "--source", str(clip), "--headless", "--out", str(tmp_path / "out"), "--json"]) == 0

    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert summary["frames_read"] == 20 == summary["frames_analysed"] + summary["frames_dropped"]


@pytest.mark.usefixtures("smiling", "no_display")
def test_without_camera_and_display_it_plays_the_demo_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livecam.sources.source.default_source", lambda: "demo")
    monkeypatch.setattr(model_files, "demo_clip", lambda: make_clip(tmp_path / "clip.mp4"))
    monkeypatch.setattr("livecam.sources.source.demo_clip", model_files.demo_clip)

    code = cli.run(["run", "--pace", "fast", "--out", str(tmp_path / "out"), "--json"])

    printed = capsys.readouterr()
    assert code == 0
    assert printed.err.splitlines() == [
        "no camera found: playing the demo clip",
        "no display: running without a window",
    ]
    assert len(pictures(tmp_path / "out")) == 1


@pytest.mark.usefixtures("smiling")
def test_ctrl_c_keeps_the_pictures_tells_the_summary_and_exits_130(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clip, out = make_clip(tmp_path / "clip.mp4", frames=80), tmp_path / "out"
    wait = LiveRun.wait

    def wait_then_interrupt(run: LiveRun, timeout_s: float) -> bool:
        while run.analysed < 60:
            wait(run, timeout_s)
        raise KeyboardInterrupt

    monkeypatch.setattr(LiveRun, "wait", wait_then_interrupt)

    code = cli.run(["run", "--source", str(clip), "--headless", "--pace", "fast", "--out", str(out), "--json"])

    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == 130
    assert [event["event"] for event in events] == ["shot", "summary"]
    assert [Path(events[0]["path"])] == pictures(out)


@pytest.mark.usefixtures("smiling")
def test_q_in_the_window_ends_it_and_space_has_saved_the_picture_on_the_screen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {1: Key.AUTO, 3: Key.TAKE, 6: Key.QUIT}
    monkeypatch.setattr("livecam.ui.window.Window", window_that_presses(keys))
    monkeypatch.setattr("livecam.ui.window.check_display", lambda: None)
    clip, out = make_clip(tmp_path / "clip.mp4", frames=200), tmp_path / "out"

    code = cli.run(["run", "--source", str(clip), "--out", str(out), "--json"])

    shot, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert code == 0
    assert shot["t_ms"] == shot["peak_t_ms"]
    assert summary["frames_read"] < 200
    assert len(pictures(out)) == 1


@pytest.mark.usefixtures("smiling", "no_display")
def test_headless_a_countdown_runs_by_itself_and_ends_with_its_one_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip, out = make_clip(tmp_path / "clip.mp4", frames=150), tmp_path / "out"

    code = cli.run(
        [
            "run",
            "--source",
            str(clip),
            "--headless",
            "--countdown",
            "1.5",
            "--pace",
            "fast",
            "--out",
            str(out),
            "--json",
        ]
    )

    shot, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert code == 0
    assert 1500 <= shot["peak_t_ms"] <= 2500, "not the smile before zero"
    assert summary["shots"] == len(pictures(out)) == 1


@pytest.mark.usefixtures("smiling")
@pytest.mark.parametrize("seconds", ["0", "-3", "61", "soon"])
def test_a_countdown_of_no_use_is_a_usage_error(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["run", "--source", "demo", "--headless", "--countdown", seconds]) == 2
    assert "--countdown" in capsys.readouterr().err


@pytest.mark.usefixtures("smiling")
@pytest.mark.parametrize("quiet", [True, False])
def test_no_sound_asks_for_no_player(quiet: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[str] = []
    keys = {1: Key.AUTO, 2: Key.TAKE, 12: Key.QUIT}
    monkeypatch.setattr("livecam.ui.window.Window", window_that_presses(keys))
    monkeypatch.setattr("livecam.ui.window.check_display", lambda: None)

    def play(path: Path) -> bool:
        played.append(path.stem)
        return True

    monkeypatch.setattr("livecam.ui.sound.system_player", lambda: play)
    clip = make_clip(tmp_path / "clip.mp4", frames=200)

    words = ["run", "--source", str(clip), "--out", str(tmp_path / "out"), *(["--no-sound"] if quiet else [])]

    assert cli.run(words) == 0
    assert played == ([] if quiet else ["click"])


class Webcam:
    """A camera that gives a hundred small, ever different pictures a second, whatever it is asked for."""

    def __init__(self) -> None:
        self._count = 0

    def grab(self) -> bool:
        time.sleep(0.01)
        self._count += 1
        return True

    def retrieve(self, image: object = None, /) -> tuple[bool, np.ndarray]:
        return True, np.full((120, 160, 3), 20 + self._count % 200, np.uint8)

    def get(self, propId: int, /) -> float:  # noqa: N803
        return float(cv2.VideoWriter.fourcc(*"YUYV")) if propId == cv2.CAP_PROP_FOURCC else 0.0

    def release(self) -> None: ...


@pytest.fixture
def webcam(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livecam.sources.source.find_camera", lambda spec: Camera(0, "Laptop", "pci-0"))
    monkeypatch.setattr("livecam.sources.source.open_camera", lambda spec, settings: Webcam())


@pytest.mark.usefixtures("smiling", "webcam")
def test_a_camera_is_on_the_screen_before_the_models_are_there_and_nothing_old_is_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, shown, seen_s = threading.Event(), [], []
    keys = {5: Key.TAKE, 30: Key.QUIT}

    class Screen(window_that_presses(keys)):  # type: ignore[misc]
        def show(self, image: np.ndarray) -> None:
            super().show(image)
            shown.append(loaded.is_set())
            if len(shown) == 10:
                loaded.set()

    class Watching(Finder):
        def find(self, frame: Frame) -> tuple[Face, ...]:
            seen_s.append(time.monotonic() - frame.captured_s)
            return super().find(frame)

    def slow_load(**options: object) -> Analyser:
        assert loaded.wait(20), "nothing was shown meanwhile"
        return Analyser(Watching(), Scorer())

    monkeypatch.setattr(Analyser, "load", slow_load)
    monkeypatch.setattr("livecam.ui.window.Window", Screen)
    monkeypatch.setattr("livecam.ui.window.check_display", lambda: None)

    code = cli.run(["run", "--source", "0", "--out", str(tmp_path / "out"), "--json", "--no-sound"])

    assert code == 0
    assert shown[:10] == [False] * 10
    assert seen_s[0] < 0.5, "the frames shown meanwhile are gone"
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    by_hand = next(event for event in events if event["event"] == "shot")
    assert by_hand["score"] is None, "taken before anything could look at it"
    assert by_hand["path"] in map(str, pictures(tmp_path / "out"))


@pytest.mark.usefixtures("webcam")
@pytest.mark.parametrize("fails", [False, True])
def test_who_leaves_while_the_models_load_has_done_nothing(
    fails: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    left = threading.Event()

    class Screen(window_that_presses({2: Key.QUIT})):  # type: ignore[misc]
        def key(self) -> Key | None:
            key: Key | None = super().key()
            if key is Key.QUIT:
                left.set()
            return key

    def slow_load(**options: object) -> Analyser:
        assert left.wait(20)
        if fails:
            raise ModelError("no scorer: install livecam again")
        return Analyser(Finder(), Scorer())

    monkeypatch.setattr(Analyser, "load", slow_load)
    monkeypatch.setattr("livecam.ui.window.Window", Screen)
    monkeypatch.setattr("livecam.ui.window.check_display", lambda: None)

    code = cli.run(["run", "--source", "0", "--out", str(tmp_path / "out"), "--json", "--no-sound"])

    printed = capsys.readouterr()
    if fails:
        assert (code, printed.err) == (1, "livecam: no scorer: install livecam again\n")
    else:
        (summary,) = map(json.loads, printed.out.splitlines())
        assert (code, summary["frames_read"], summary["shots"]) == (0, 0, 0)
    assert pictures(tmp_path / "out") == []


@pytest.mark.usefixtures("smiling", "webcam")
@pytest.mark.parametrize("as_json", [True, False])
def test_what_the_camera_gives_instead_of_what_was_asked_is_said_once(
    as_json: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = LiveRun.wait

    def wait_then_interrupt(run: LiveRun, timeout_s: float) -> bool:
        if run.summary().frames_read > 100:
            raise KeyboardInterrupt
        return wait(run, timeout_s)

    monkeypatch.setattr(LiveRun, "wait", wait_then_interrupt)
    asked = ["--size", "1920x1080", "--source", "0", "--headless", "--out", str(tmp_path / "out")]

    assert cli.run(["run", *asked, *(["--json"] if as_json else [])]) == 130

    printed = capsys.readouterr()
    words = "asked 1920 × 1080, the camera gives 160 × 120 (YUYV)"
    if as_json:
        first, *_, summary = map(json.loads, printed.out.splitlines())
        assert (first["event"], first["name"], first["missed"]) == ("camera", "camera 0 (Laptop)", words)
        assert (first["width"], first["height"], first["coding"]) == (160, 120, "YUYV")
        assert summary["camera"]["missed"] == words
    else:
        assert printed.out == ""
        told, summary = printed.err.splitlines()[0], printed.err.splitlines()[1:]
        assert told == words
        assert any("asked 1920 × 1080" in line for line in summary), "once more at the end"


def no_such_file(folder: Path) -> list[str]:
    return ["--source", str(folder / "none.mp4"), "--headless"]


def text_named_mp4(folder: Path) -> list[str]:
    (folder / "notes.mp4").write_text("dear diary")
    return ["--source", str(folder / "notes.mp4"), "--headless"]


def truncated_clip(folder: Path) -> list[str]:
    whole = make_clip(folder / "whole.mp4").read_bytes()
    (folder / "half.mp4").write_bytes(whole[: len(whole) // 2])
    return ["--source", str(folder / "half.mp4"), "--headless"]


def empty_folder(folder: Path) -> list[str]:
    (folder / "empty").mkdir()
    return ["--source", str(folder / "empty"), "--headless"]


def no_such_camera(folder: Path) -> list[str]:
    return ["--source", "97", "--headless"]


def output_that_cannot_be_written(folder: Path) -> list[str]:
    (folder / "file").write_text("in the way")
    return ["--source", "demo", "--headless", "--out", str(folder / "file" / "out")]


def onnx_of_another_shape(folder: Path) -> list[str]:
    return ["--source", "demo", "--headless", "--model", str(make_other_onnx(folder / "other.onnx"))]


def no_model_there(folder: Path) -> list[str]:
    return ["--source", "demo", "--headless", "--model", str(folder / "none.onnx")]


def no_window_possible(folder: Path) -> list[str]:
    return ["--source", "demo"]


BAD: dict[Callable[[Path], list[str]], str] = {
    no_such_file: "none.mp4",
    text_named_mp4: "notes.mp4 is not a whole video",
    truncated_clip: "half.mp4 is not a whole video",
    empty_folder: "holds no pictures",
    no_such_camera: "no camera '97'",
    output_that_cannot_be_written: "choose another folder with --out",
    onnx_of_another_shape: "other.onnx",
    no_model_there: "check --model",
    no_window_possible: "add --headless",
}


@pytest.mark.usefixtures("no_display")
@pytest.mark.parametrize("make", BAD, ids=lambda make: make.__name__)
def test_bad_input_is_one_line_and_leaves_nothing_behind(
    make: Callable[[Path], list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if make is output_that_cannot_be_written:
        monkeypatch.setattr(Analyser, "load", lambda **_: Analyser(Finder(), Scorer()))
    given = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))

    code = cli.run(["run", "--out", str(tmp_path / "out"), *given])

    printed = capsys.readouterr()
    (line,) = printed.err.splitlines()
    assert code == 1
    assert line.startswith("livecam: ")
    assert BAD[make] in line
    assert printed.out == ""
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.usefixtures("no_display")
def test_an_altered_face_model_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "face_landmarker.task").write_bytes(b"not Google's")
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path)
    monkeypatch.setattr(InstalledModels, "scorer", lambda *_, **__: Scorer())

    code = cli.run(["run", "--source", "demo", "--headless", "--out", str(tmp_path / "out")])

    (line,) = capsys.readouterr().err.splitlines()
    assert code == 1
    assert "wrong SHA-256" in line
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("smiling")
def test_a_clip_that_breaks_off_keeps_its_pictures_and_ends_in_one_error_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo, out = model_files.demo_clip().read_bytes(), tmp_path / "out"
    if demo.find(b"moov") > demo.find(b"mdat"):
        pytest.skip("the demo's index is at its end, so a part of it cannot be opened at all")
    (tmp_path / "part.mp4").write_bytes(demo[: len(demo) // 4])

    code = cli.run(
        ["run", "--source", str(tmp_path / "part.mp4"), "--headless", "--pace", "fast", "--out", str(out), "--json"]
    )

    printed = capsys.readouterr()
    (line,) = printed.err.splitlines()
    assert code == 1
    assert "ends early" in line
    assert [json.loads(event)["event"] for event in printed.out.splitlines()] == ["shot", "summary"]
    assert len(pictures(out)) == 1


@pytest.fixture(scope="module")
def demo_runs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, list[dict[str, Any]], str]]:
    """The demo with all that ships, at pace fast, twice, as a person runs it: (folder, events, stderr)."""
    runs = []
    for number in range(2):
        out = tmp_path_factory.mktemp(f"demo{number}")
        words = ["run", "--source", "demo", "--headless", "--pace", "fast", "--provider", "cpu", "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "livecam", *words, "--out", str(out)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        runs.append((out, [json.loads(line) for line in io.StringIO(done.stdout)], done.stderr))
    return runs


@pytest.mark.timeout(300)
def test_the_demo_gives_pictures_of_its_best_moments_only(
    demo_runs: list[tuple[Path, list[dict[str, Any]], str]],
) -> None:
    script = json.loads(model_files.demo_clip().with_suffix(".json").read_text())
    out, events, stderr = demo_runs[0]
    *shots, summary = events
    times = [shot["peak_t_ms"] for shot in shots]

    assert times, "it must take a picture"
    for t_ms in times:
        assert any(start <= t_ms <= end for start, end in script["best"]), f"{t_ms} ms is no best moment"
        assert not [n["why"] for n in script["never"] if n["start_ms"] <= t_ms <= n["end_ms"]]
    assert all(max(shot["eyes_closed"]) < 0.5 for shot in shots)
    assert [Path(shot["path"]) for shot in shots] == pictures(out)
    frames = script["frames"]
    assert (summary["frames_read"], summary["frames_analysed"], summary["frames_dropped"]) == (frames, frames, 0)
    assert stderr == "", "no native library is heard"


@pytest.mark.timeout(300)
def test_the_demo_gives_the_same_each_time(demo_runs: list[tuple[Path, list[dict[str, Any]], str]]) -> None:
    first, second = (
        [{key: value for key, value in event.items() if key != "path"} for event in events[:-1]]
        for _, events, _ in demo_runs
    )

    assert first == second


@pytest.mark.timeout(300)
def test_the_demo_pictures_are_the_whole_frame(demo_runs: list[tuple[Path, list[dict[str, Any]], str]]) -> None:
    for path in pictures(demo_runs[0][0]):
        image = cv2.imread(str(path))
        assert image is not None
        assert image.shape == (720, 1280, 3)
