"""What a process and all below it use: memory now, and processor time so far. On Linux."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """t_s: since the start.  driver_mb, workers_mb, rest_mb: memory held, MB: of this process, of those that look at
    photos, of Ray's own.  cpu_s: of all of them so far, as far as they still are.
    """

    t_s: float
    driver_mb: float
    workers_mb: float
    rest_mb: float
    cpu_s: float


def usage(began_s: float) -> Usage:
    """What this process and those below it use."""
    driver = workers = rest = cpu = 0.0
    me = os.getpid()
    for pid, name, cpu_s, mb in _below(me):
        cpu += cpu_s
        if pid == me:
            driver += mb
        elif name.startswith("ray::MapWorker"):
            workers += mb
        else:
            rest += mb
    return Usage(time.monotonic() - began_s, driver, workers, rest, cpu)


@dataclass
class Sampler:
    """Takes a sample every few seconds while it is entered."""

    every_s: float
    samples: list[Usage] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._began_s = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._over.wait(self.every_s):
            self.samples.append(usage(self._began_s))


def _below(top: int) -> Iterator[tuple[int, str, float, float]]:
    """Pid, command line, processor time (s) and memory (MB) of top and all below it."""
    parents: dict[int, tuple[int, float, float]] = {}
    for place in _PROC.iterdir():
        if not place.name.isdigit():
            continue
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            pages = int((place / "statm").read_text().split()[1])
        except OSError:
            continue
        # utime, stime, and those of children that have ended and were waited for
        cpu_s = sum(int(ticks) for ticks in fields[11:15]) / _TICKS
        parents[int(place.name)] = int(fields[1]), cpu_s, pages * _PAGE / 1e6
    found = {top}
    while more := {pid for pid, (parent, _, _) in parents.items() if parent in found} - found:
        found |= more
    for pid in found & set(parents):
        try:
            name = (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        yield pid, name, parents[pid][1], parents[pid][2]
