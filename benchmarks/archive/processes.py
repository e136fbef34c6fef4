"""What a process and all below it use: memory now, and processor time so far. On Linux."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Words of a command line, and what such a process is called here; whatever else there is, is "rest".
_KINDS = {"ray::MapWorker": "worker", "raylet/raylet": "raylet", "gcs_server": "gcs", "agent": "agents"}


@dataclass(frozen=True, slots=True)
class Process:
    """kind: driver, worker (looks at photos), raylet, gcs, agents (of Ray), or rest.

    own_mb: memory that no other process shares, MB.  shared_mb: of files and of Ray's store, which others may hold too.
    cpu_s: so far.
    """

    pid: int
    kind: str
    own_mb: float
    shared_mb: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Usage:
    """t_s: since the start.  photos: that were done by then."""

    t_s: float
    photos: int
    processes: tuple[Process, ...]

    @property
    def cpu_s(self) -> float:
        """Of all processes so far, as far as they still are."""
        return sum(process.cpu_s for process in self.processes)


def usage(began_s: float, photos: int) -> Usage:
    """What this process and those below it use. began_s: a ``time.monotonic()``."""
    return Usage(time.monotonic() - began_s, photos, tuple(_below(os.getpid())))


def cpu_between(before: Usage, *after: Usage) -> dict[str, float]:
    """Seconds of the processor by kind of process. after: more than one, since some processes end before the end."""
    was = {process.pid: process.cpu_s for process in before.processes}
    last = {process.pid: process for usage in after for process in usage.processes}
    used: dict[str, float] = {}
    for process in last.values():
        used[process.kind] = used.get(process.kind, 0.0) + process.cpu_s - was.get(process.pid, 0.0)
    return used


def _below(top: int) -> Iterator[Process]:
    """Yield the process top and all below it."""
    found: dict[int, tuple[int, float, float, float]] = {}
    for place in _PROC.iterdir():
        if not place.name.isdigit():
            continue
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            resident, shared = (int(pages) * _PAGE / 1e6 for pages in (place / "statm").read_text().split()[1:3])
        except OSError:
            continue
        # utime, stime, and those of children that have ended and were waited for
        cpu_s = sum(int(ticks) for ticks in fields[11:15]) / _TICKS
        found[int(place.name)] = int(fields[1]), resident - shared, shared, cpu_s
    below = {top}
    while more := {pid for pid, (parent, *_) in found.items() if parent in below} - below:
        below |= more
    for pid in sorted(below & set(found)):
        try:
            name = (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        kind = "driver" if pid == top else next((kind for word, kind in _KINDS.items() if word in name), "rest")
        yield Process(pid, kind, *found[pid][1:])
