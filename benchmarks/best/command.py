"""The real command, ``livecam best``, in a terminal of its own over files on the disk."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.best.results import Command
from benchmarks.common.machine import resident_mb
from livecam import model_files

_NOTHING = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]|\s")  # what a terminal does not show
_EVERY_S = 0.25


@dataclass(slots=True)
class _Run:
    first_line_s: float = 0.0
    seconds: float = 0.0
    memory_mb: list[float] = field(default_factory=list)


def measure_command(name: str, folder: Path, files: int, model: Path | None) -> Command | None:
    """Run the command twice over folder, with a cache that is empty at first; None where there are no terminals."""
    if sys.platform == "win32":
        return None
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"XDG_CACHE_HOME": cache, "HOME": cache, "TERM": "xterm", "COLUMNS": "100"}
        face_model = Path(cache) / ("Library/Caches" if sys.platform == "darwin" else "") / "livecam"
        face_model.mkdir(parents=True)
        landmarker = model_files.face_landmarker()
        (face_model / landmarker.name).symlink_to(landmarker)
        command = [sys.executable, "-m", "livecam", "best", str(folder), *(("--model", str(model)) if model else ())]
        first, second = _run(command, environment), _run(command, environment)
    memory = first.memory_mb or [0.0]
    return Command(
        name=name,
        files=files,
        first_line_s=first.first_line_s,
        seconds=first.seconds,
        photos_per_s=files / first.seconds,
        second_s=second.seconds,
        early_mb=memory[len(memory) // 10],
        end_mb=memory[-1],
        most_mb=max(memory),
    )


def _run(command: list[str], environment: dict[str, str]) -> _Run:
    """Run command until its end. Raises RuntimeError with the end of what it said if it fails."""
    import pty  # noqa: PLC0415  not on Windows

    ours, theirs = pty.openpty()
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    run, said, sampled = _Run(), b"", started
    while True:
        now = time.perf_counter()
        if now - sampled >= _EVERY_S:
            sampled = now
            if mb := resident_mb(process.pid):  # 0 once it has ended
                run.memory_mb.append(mb)
        if not select.select([ours], [], [], _EVERY_S)[0]:
            continue
        try:
            more = os.read(ours, 1 << 16)
        except OSError:  # Linux's way to say that the other end is closed
            more = b""
        if not more:
            break
        said = (said + more)[-4096:]
        if not run.first_line_s and _NOTHING.sub(b"", said):
            run.first_line_s = time.perf_counter() - started
    os.close(ours)
    code = process.wait()
    run.seconds = time.perf_counter() - started
    if code or not run.first_line_s:
        raise RuntimeError(f"{' '.join(command)} ended with {code}: {said.decode(errors='replace')[-500:]}")
    return run
