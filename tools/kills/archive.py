"""``python -m tools.kills.archive``: ends ``livecam archive`` at random moments, and looks whether a row was lost.

Three ways: a worker is killed (SIGKILL) while the run goes on; the run itself is; and the disk fills up, which takes a
file system of its own, and root to mount it. Each time the run is begun again until it says that all is done, and the
Parquet must equal that of a run that was left alone, row for row.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

import cv2
import pyarrow as pa
import typer

from livecam import model_files
from livecam.archive.folder import open_archive, read_shard, shards_in
from livecam.errors import OutputError
from tools.program import start

Way = Literal["worker", "run", "disk"]
_LOOK_S = 0.1
_ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Run:
    """One run under way."""

    process: subprocess.Popen[str]
    began_s: float

    def end(self) -> tuple[int, str]:
        """Wait for it: the exit code, and what it said."""
        _, said = self.process.communicate(timeout=600)
        return self.process.returncode, said


def begin(photos: Path, out: Path) -> Run:
    """Begin a run, in a group of its own."""
    command = [sys.executable, "-m", "tools.kills.archive_run", str(photos), str(out)]
    process = subprocess.Popen(
        command, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    return Run(process, time.monotonic())


def rows_in(out: Path) -> pa.Table:
    """All rows, by path."""
    shards = [read_shard(shard).replace_schema_metadata(None) for shard in open_archive(out).shards]
    return pa.concat_tables(shards).sort_by("path")


def write_photos(folder: Path, count: int) -> None:
    """Frames of the demo clip, no two alike, in four folders, and two files that are no pictures."""
    capture = cv2.VideoCapture(str(model_files.demo_clip()))
    frames = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    for i in range(count):
        capture.set(cv2.CAP_PROP_POS_FRAMES, (i * frames) // count)
        _, frame = capture.read()
        (folder / str(i % 4)).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / str(i % 4) / f"IMG_{i:04}.jpg"), frame)
    capture.release()
    (folder / "0" / "broken.jpg").write_bytes(b"\xff\xd8\xff and no more")
    (folder / "1" / "empty.jpg").touch()


def workers_of(run: Run) -> list[int]:
    """The processes that look at photos."""
    found = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout  # noqa: S607
    table = [line.split(None, 2) for line in found.splitlines()[1:]]
    below = {run.process.pid}
    while more := {int(pid) for pid, parent, _ in table if int(parent) in below} - below:
        below |= more
    return [int(pid) for pid, _, words in table if int(pid) in below and words.startswith("ray::MapWorker")]


def wait_for(run: Run, out: Path, shards: int) -> None:
    """Wait until a worker is there and so many shards are written, or the run has ended."""
    while run.process.poll() is None and (len(shards_in(out)) < shards or not workers_of(run)):
        time.sleep(_LOOK_S)


def kill_worker(photos: Path, out: Path, shards: int, pause_s: float) -> list[str]:
    """Kill a worker after so many shards. What is wrong with how the run went on?"""
    run = begin(photos, out)
    wait_for(run, out, shards)
    time.sleep(pause_s)
    victims = workers_of(run)
    for victim in victims[:1]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
    code, said = run.end()
    faults = [] if code == 1 else [f"it ended with {code}: {said[-200:]}"]  # 1: two photos cannot be read
    return faults + ([] if victims else ["no worker was there any more"])


def kill_run(photos: Path, out: Path, shards: int, pause_s: float) -> list[str]:
    """Kill the run after so many shards."""
    run = begin(photos, out)
    if shards:
        wait_for(run, out, shards)
    time.sleep(pause_s)
    run.process.kill()
    run.process.communicate()
    return []


def again(photos: Path, out: Path) -> list[str]:
    """Run until it says that all is done."""
    code, said = begin(photos, out).end()
    return [] if code in {0, 1} and "scored into" in said else [f"begun again, it ended with {code}: {said[-200:]}"]


@contextmanager
def small_disk(place: Path, size_kb: int) -> Iterator[Path]:
    """A file system of so many kB at place."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_kb}k", "tmpfs", str(place)], check=True)  # noqa: S607
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)  # noqa: S607


def kill(
    moments: Annotated[int, typer.Option(min=1, help="How often each way.")] = 10,
    photos: Annotated[int, typer.Option(min=20, help="How many photos are scored.")] = 120,
    seed: Annotated[int, typer.Option(help="What the moments follow from.")] = 0,
    only: Annotated[Way | None, typer.Option(help="One way alone; all in turn if not given.")] = None,
) -> None:
    """End archive runs at random moments. Exit code 1 if a row was lost, torn or changed."""
    chance = random.Random(seed)  # noqa: S311  no secret
    found: list[str] = []
    done: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write_photos(folder / "photos", photos)
        began_s = time.monotonic()
        code, said = begin(folder / "photos", folder / "alone").end()
        whole_s = time.monotonic() - began_s
        if code != 1:  # two of them cannot be read
            raise OutputError(f"it fails without being ended: {said[-300:]}")
        alone = rows_in(folder / "alone")
        size_kb = sum(path.stat().st_size for path in (folder / "alone").rglob("*") if path.is_file()) // 1024
        for way in (only,) if only else get_args(Way):
            if way == "disk" and os.geteuid() != 0:
                continue
            for number in range(moments):
                faults = _once(way, folder, chance, size_kb, alone)
                found += [f"{way} {number}: {fault}" for fault in faults]
                done[way] = done.get(way, 0) + 1
                print(f"{way} {number}: {faults or 'as if left alone'}", file=sys.stderr)
    print(
        json.dumps({"seed": seed, "photos": len(alone), "whole_s": round(whole_s, 1), "ended": done, "faults": found})
    )
    if found:
        raise OutputError(f"{len(found)} faults; the first: {found[0]}")


def _once(way: Way, folder: Path, chance: random.Random, size_kb: int, alone: pa.Table) -> list[str]:
    photos, out = folder / "photos", folder / "out"
    shards = len(shards_in(folder / "alone"))
    shutil.rmtree(out, ignore_errors=True)
    if way == "worker":
        faults = kill_worker(photos, out, chance.randrange(shards), chance.uniform(0, 1))
    elif way == "run":
        faults = kill_run(photos, out, chance.randrange(shards), chance.uniform(0, 2))
        before = len(rows_in(out)) if shards_in(out) else 0
        print(f"  {before} rows were there", file=sys.stderr)
        faults += again(photos, out)
    else:
        with small_disk(folder / "disk", max(round(chance.uniform(0.05, 1.0) * size_kb), 8)) as disk:
            code, said = begin(photos, disk / "archive").end()
            faults = [] if code == 1 and "the disk is full" in said else [f"it ended with {code}: {said[-200:]}"]
            subprocess.run(["mount", "-o", "remount,size=100m", str(disk)], check=True)  # noqa: S607
            faults += again(photos, disk / "archive")
            shutil.copytree(disk / "archive", out)
        (folder / "disk").rmdir()
    if not rows_in(out).equals(alone):
        faults.append("the rows are not those of a run that was left alone")
    return faults


if __name__ == "__main__":
    start(kill, "tools.kills.archive")
