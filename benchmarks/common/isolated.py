"""Runs a function in a Python of its own.

What ran before in a process changes what it measures next: the memory allocator's thresholds grow (which alone makes
PyTorch's eager ResNet-18 twice as fast on some machines), thread pools stay, libraries are loaded. So everything that
is compared starts from nothing, as it does for its user.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from livecam import errors
from livecam.errors import LivecamError
from livecam.native_logs import hush

_ROOT = Path(__file__).parents[2]


def run_isolated(function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Call function, "package.module:name", with arguments, all of them JSON; return its result, a JSON object.

    It is given ``spawned_s`` on top: ``time.time()`` when its Python was started. Raises the LivecamError that it
    raises, RuntimeError with the end of what it said if it fails in another way.
    """
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        call = json.dumps({"function": function, "arguments": dict(arguments), "spawned_s": time.time()})
        path = os.pathsep.join(part for part in (str(_ROOT), os.environ.get("PYTHONPATH")) if part)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.common.isolated", call, str(answer)],
            env=os.environ | {"PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if not answer.exists():
            raise RuntimeError(f"{function} ended with {done.returncode}: {done.stdout.strip()[-2000:]}")
        said: dict[str, Any] = json.loads(answer.read_text())
    if "error" in said:
        raise getattr(errors, said["error"])(said["message"])
    return said


def main(call: str, answer: Path) -> None:
    """Do what the parent asks for and write the answer, whole or not at all."""
    asked = json.loads(call)
    module, _, name = asked["function"].partition(":")
    hush()
    try:
        said = getattr(importlib.import_module(module), name)(**asked["arguments"], spawned_s=asked["spawned_s"])
    except LivecamError as error:
        said = {"error": type(error).__name__, "message": str(error)}
    beside = answer.with_suffix(".part")
    beside.write_text(json.dumps(said))
    beside.replace(answer)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
