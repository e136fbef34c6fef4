"""Runs a benchmark as ``python -m benchmarks NAME …`` does, in this process."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

from benchmarks.__main__ import run


class Outcome(NamedTuple):
    """How a benchmark ended, and what it printed."""

    code: int
    out: str
    err: str


def benchmark(*arguments: str | Path) -> Outcome:
    """Run the benchmark that is named first with the arguments after it."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = run([str(one) for one in arguments])
    return Outcome(code, out.getvalue(), err.getvalue())
