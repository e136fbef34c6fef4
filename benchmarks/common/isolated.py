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
from livecam.storage.durable import replace_file

_ROOT = Path(__file__).parents[2]


def run_isolated(function: str, arguments: Mapping[str, Any], *, limit_s: float | None = None) -> dict[str, Any]:
    """Call function, "package.module:name", with arguments, all of them JSON; return its result, a JSON object.

    It is given ``spawned_s`` on top: ``time.time()`` when its Python was started. Raises the LivecamError that it
    raises, RuntimeError with the end of its output if it fails in another way, or if it is not done after limit_s.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "result.json"
        call = json.dumps({"function": function, "arguments": dict(arguments), "spawned_s": time.time()})
        path = os.pathsep.join(part for part in (str(_ROOT), os.environ.get("PYTHONPATH")) if part)
        # Not through a pipe: what it has started itself would hold that open when it is ended.
        with (Path(folder) / "output.txt").open("w+", errors="replace") as output:
            try:
                code = subprocess.run(
                    [sys.executable, "-m", "benchmarks.common.isolated", call, str(file)],
                    env=os.environ | {"PYTHONPATH": path},
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    check=False,
                    timeout=limit_s,
                ).returncode
            except subprocess.TimeoutExpired:
                raise RuntimeError(f"{function} was not done after {limit_s:.0f} s") from None
            output.seek(0)
            if not file.exists():
                raise RuntimeError(f"{function} ended with {code}: {output.read().strip()[-2000:]}")
        result: dict[str, Any] = json.loads(file.read_text())
    if "error" in result:
        raise getattr(errors, result["error"])(result["message"])
    return result


def main(call: str, file: Path) -> None:
    """Make the call that the parent process describes and write its result to file, whole or not at all."""
    described = json.loads(call)
    module, _, name = described["function"].partition(":")
    hush()
    try:
        function = getattr(importlib.import_module(module), name)
        result = function(**described["arguments"], spawned_s=described["spawned_s"])
    except LivecamError as error:
        result = {"error": type(error).__name__, "message": str(error)}
    replace_file(file, json.dumps(result).encode())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
