"""Runs livecam in forks of this process, which has loaded all it needs: a run takes a second, and can be killed."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from livecam import cli, model_files, pipeline
from livecam.model_factory import ModelFactory
from livecam.stop_signals import StopSignals


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. code: of its exit, minus the signal's number if it died of one.  out, err: what it printed."""

    code: int
    out: str
    err: str
    took_s: float


@dataclass(frozen=True, slots=True)
class Kill:
    """after_s: when, seconds after the start.  number: of the signal.  times: how often, pause_s apart."""

    after_s: float
    number: int
    times: int = 1
    pause_s: float = 0.0


def livecam(words: Sequence[str], models: Callable[[], ModelFactory], folder: Path, kill: Kill | None = None) -> Ended:
    """Run ``livecam`` with these models, its output and cache in folder; kill it on the way."""

    def work() -> int:
        setattr(pipeline, "default_models", models)  # noqa: B010  mypy lets nobody assign to a function
        setattr(model_files, "cache_dir", lambda: folder / "cache")  # noqa: B010
        with StopSignals():
            return cli.run(list(words))

    return forked(work, folder, kill)


def load_what_was_loaded(modules: Path) -> None:
    """Import what a fork has imported on its way, and has left the names of in a file: the next begin with it."""
    for name in modules.read_text().split():
        with contextlib.suppress(Exception):  # a part of a package that wants to be imported by it
            importlib.import_module(name)


def forked(work: Callable[[], int], folder: Path, kill: Kill | None = None) -> Ended:
    """Do work in a fork, whose exit code it returns."""
    out, err = folder / "out.txt", folder / "err.txt"
    began_s = time.monotonic()
    child = os.fork()
    if child == 0:
        _become(work, out, err)
    if kill is not None:
        time.sleep(kill.after_s)
        for _ in range(kill.times):
            _send(child, kill.number)
            time.sleep(kill.pause_s)
    _, status = os.waitpid(child, 0)
    return Ended(os.waitstatus_to_exitcode(status), out.read_text(), err.read_text(), time.monotonic() - began_s)


def _become(work: Callable[[], int], out: Path, err: Path) -> None:
    code = 3
    try:
        for descriptor, path in ((1, out), (2, err)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), descriptor)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        code = work()
        out.with_name("modules.txt").write_text("\n".join(sys.modules))
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001  nothing of this process may go on in its parent's place
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _send(child: int, number: int) -> None:
    """Send a signal to a child that nobody has waited for yet: its number is still its own."""
    if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        os.kill(child, number)


SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
