"""How an archive is scored: in what portions, and how long things may take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """All set by hand."""

    # Photos of one task: between two a core waits for the last photo of the one, some hundredths of its time.
    plan_photos: int = 128
    # A shard is written with so many rows (some 20 MB), or after so many seconds, which is what a kill may cost.
    shard_rows: int = 4096
    shard_s: float = 20.0
    # Photos that are listed before they are scored: they wait in the driver's memory, some 700 bytes each, and at the
    # end of each round the workers start anew, which takes seconds.
    round_photos: int = 200_000
    # A folder with more files, in it and below, is listed in parts; raw files and JPEGs are brought together within
    # one.
    part_files: int = 50_000
    # How often a photo is given to a worker that dies of it, before it is said to be at fault: once with others, then
    # alone.
    tries: int = 3
    # Cores of one worker, which reads and searches so many photos at once. Python holds more threads back.
    worker_cores: int = 4
    # A worker that is at one photo for longer is ended: its decoder hangs.
    photo_limit_s: float = 600.0
    # Of Ray's memory for what is on its way: rows, some 1 MB a task.
    store_bytes: int = 256 << 20


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What a worker scores with.

    scorer: SHA-256 of the scorer's file, hexadecimal.  model: that file; None: the one in livecam of this precision.
    provider: what it runs on.  faces: the most that are looked for.  threads: that decode and search; one for
    each of the worker's cores if None.  fetches: files that a worker fetches at once from a store; set by hand.
    """

    scorer: str
    model: Path | None
    precision: Literal["int8", "fp16"]
    provider: str
    faces: int = 10
    threads: int | None = None
    fetches: int = 8
