"""How each tool is run: ``python -m tools.NAME``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NoReturn

from model.shipped.program import run_command


def start(command: Callable[..., None], module: str) -> NoReturn:
    """Run ``sys.argv`` by the command that module holds, and exit. With ``--verbose`` tracebacks are shown."""
    words = sys.argv[1:]
    arguments = [word for word in words if word != "--verbose"]
    sys.exit(run_command(command, module, arguments, verbose=arguments != words))
