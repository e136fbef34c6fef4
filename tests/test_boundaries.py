"""What a user runs stands without the training path, and no step knows another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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


def test_a_blocked_library_is_noticed() -> None:
    done = import_all_of_livecam("numpy")

    assert done.returncode != 0
    assert "numpy is blocked here" in done.stderr


def test_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
