"""``livecam run``: what it prints, saves and how it fails. See ``test_run_demo`` for the models that ship."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from livecam import cli, model_files
from livecam.errors import ModelError
from livecam.live.run import LiveRun
from livecam.model_factory import FinderLike, InstalledModels
from livecam.sources.camera_list import Camera
from livecam.ui.keys import Key
from tests.commands.fake_models import SmilingModels
from tests.commands.run_factories import make_clip, pictures, use

SHOT_KEYS = ["event", "t_ms", "path", "score", "eyes_closed", "peak_t_ms"]
SUMMARY_KEYS = [
    "event", "frames_read", "frames_analysed", "frames_dropped", "frames_left_out", "fps", "latency_ms", "provider",
    "shots",
]  # fmt: skip


@pytest.fixture
def smiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every clip shows one smile, and no model is loaded."""
    use(monkeypatch, SmilingModels())


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


def make_other_onnx(path: Path) -> Path:
    """A sound model that is no scorer: it takes 112 pixels and gives one number."""
    image = helper.make_tensor_value_info("crops", TensorProto.UINT8, ["N", 112, 112, 3])
    cast = helper.make_tensor_value_info("score", TensorProto.FLOAT, ["N", 112, 112, 3])
    node = helper.make_node("Cast", ["crops"], ["score"], to=TensorProto.FLOAT)
    graph = helper.make_graph([node], "g", [image], [cast])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


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
    assert shot["eyes_closed"] == [0.0057, 0.0093]
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
    assert printed.err.count(str(pictures(out)[0])) == 1, "nothing is printed twice"
    for words in (
        "score 4.84",
        "60 read, 60 analysed, 0 dropped",
        "frames/s on fake",
        " ms, p95",
        "time spent on a frame",
    ):
        assert words in printed.err


@pytest.mark.slow
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
def test_ctrl_c_keeps_the_pictures_prints_the_summary_and_exits_130(
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
    assert events[-1]["event"] == "summary"
    assert [Path(event["path"]) for event in events if event["event"] == "shot"] == pictures(out)
    assert len(pictures(out)) == 1


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


@pytest.mark.slow
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


@pytest.mark.slow
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
        self.grabbed = 0

    def grab(self) -> bool:
        time.sleep(0.01)
        self.grabbed += 1
        return True

    def retrieve(self, image: object = None, /) -> tuple[bool, np.ndarray]:
        return True, np.full((120, 160, 3), 20 + self.grabbed % 200, np.uint8)

    def get(self, propId: int, /) -> float:  # noqa: N803
        return float(cv2.VideoWriter.fourcc(*"YUYV")) if propId == cv2.CAP_PROP_FOURCC else 0.0

    def release(self) -> None: ...


@pytest.fixture
def webcam(monkeypatch: pytest.MonkeyPatch) -> Webcam:
    camera = Webcam()
    monkeypatch.setattr("livecam.sources.source.find_camera", lambda spec: Camera(0, "Laptop", "pci-0"))
    monkeypatch.setattr("livecam.sources.source.open_camera", lambda spec, settings: camera)
    return camera


@pytest.mark.slow
def test_a_camera_is_on_the_screen_before_the_models_are_there_and_nothing_old_is_scored(
    webcam: Webcam, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = threading.Event()
    shown: list[bool] = []
    grabbed: list[int] = []
    searched: list[int] = []

    class Screen(window_that_presses({5: Key.TAKE, 30: Key.QUIT})):  # type: ignore[misc]
        def show(self, image: np.ndarray) -> None:
            super().show(image)
            shown.append(loaded.is_set())
            if len(shown) == 10:
                grabbed.append(webcam.grabbed)
                loaded.set()

    def load() -> None:
        assert loaded.wait(20), "nothing was shown meanwhile"

    use(monkeypatch, SmilingModels(on_load=load, on_find=lambda frame: searched.append(frame.index)))
    monkeypatch.setattr("livecam.ui.window.Window", Screen)
    monkeypatch.setattr("livecam.ui.window.check_display", lambda: None)

    code = cli.run(["run", "--source", "0", "--out", str(tmp_path / "out"), "--json", "--no-sound"])

    assert code == 0
    assert shown[:10] == [False] * 10
    # The newest was grabbed last, or is about to be replaced by that one.
    assert searched[0] >= grabbed[0] - 2, "the frames shown meanwhile are gone"
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    by_hand = next(event for event in events if event["event"] == "shot")
    assert by_hand["score"] is not None, "looked at before it was saved, once that was possible"
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

    def load() -> None:
        assert left.wait(20)
        if fails:
            raise ModelError("no scorer: install livecam again")

    use(monkeypatch, SmilingModels(on_load=load))
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


@pytest.mark.slow
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
        first_line, *summary = printed.err.splitlines()
        assert first_line == words
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


@pytest.mark.slow
@pytest.mark.usefixtures("no_display")
@pytest.mark.parametrize("make", BAD, ids=lambda make: make.__name__)
def test_bad_input_is_one_line_and_leaves_nothing_behind(
    make: Callable[[Path], list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if make is output_that_cannot_be_written:
        use(monkeypatch, SmilingModels())
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


class RealFinder(SmilingModels):
    """A factory of the face finder that ships, and of a scorer that costs nothing."""

    def finder(self, *, faces: int, stills: bool = False, min_size_ratio: float = 0.0) -> FinderLike:
        return InstalledModels().finder(faces=faces, stills=stills, min_size_ratio=min_size_ratio)


@pytest.mark.usefixtures("no_display")
def test_an_altered_face_model_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "face_landmarker.task").write_bytes(b"not Google's")
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path)
    use(monkeypatch, RealFinder())

    code = cli.run(["run", "--source", "demo", "--headless", "--out", str(tmp_path / "out")])

    (line,) = capsys.readouterr().err.splitlines()
    assert code == 1
    assert "wrong SHA-256" in line
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_clip_that_breaks_off_keeps_its_pictures_and_ends_in_one_error_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, SmilingModels((100, 110)))  # the demo begins with an empty, blurred scene
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
    told = [json.loads(event)["event"] for event in printed.out.splitlines()]
    assert [event for event in told if event != "waiting"] == ["shot", "summary"]
    assert len(pictures(out)) == 1
