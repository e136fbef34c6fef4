"""What a user runs stands without the training path, and no step knows another."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]

IMPORT_ALL_BUT = """
import importlib, pkgutil, sys

blocked = set(sys.argv[1:])

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ImportError(f"{name} is blocked here")

sys.meta_path.insert(0, Block())
import livecam
for module in pkgutil.walk_packages(livecam.__path__, "livecam."):
    importlib.import_module(module.name)
    print(module.name)
"""


def import_all_of_livecam(*blocked: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", IMPORT_ALL_BUT, *blocked], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_livecam_imports_without_torch_and_the_training_path() -> None:
    done = import_all_of_livecam(
        "torch", "torchvision", "safetensors", "sklearn", "onnx", "model", "export", "benchmarks"
    )

    assert done.returncode == 0, done.stderr
    assert {"livecam.cli", "livecam.types", "livecam.commands.doctor"} <= set(done.stdout.split())


@pytest.mark.slow
def test_a_blocked_library_is_noticed() -> None:
    done = import_all_of_livecam("numpy")

    assert done.returncode != 0
    assert "numpy is blocked here" in done.stderr


def libraries_imported_by(folder: Path) -> Iterator[tuple[str, Path]]:
    """Each top-level name that a module below folder imports, inside of functions too, with the module."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((alias.name.partition(".")[0], path) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
                yield node.module.partition(".")[0], path


@pytest.mark.slow
def test_every_library_that_livecam_imports_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = project["dependencies"] + extras["photos"] + extras["archive"]
    declared = {Requirement(line).name.lower().replace("_", "-") for line in lines}
    brought_by = packages_distributions()

    for library, module in libraries_imported_by(ROOT / "livecam"):
        if library not in sys.stdlib_module_names and library != "livecam":
            names = {name.lower().replace("_", "-") for name in brought_by.get(library, [library])}
            assert names & declared, f"{module.relative_to(ROOT)} imports {library}, which pyproject does not name"


@pytest.mark.slow  # make lint says it sooner
def test_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
