"""With a real Ray, real models and real processes; one run for all of it, for it takes a while to begin."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import pytest

from livecam import model_files
from livecam.archive.rows import Row
from tests.archive.engines import rows_in
from tests.test_no_network import DENY

pytest.importorskip("ray", reason="needs Ray (pip install 'livecam[archive]')")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="looks at processes as Linux shows them"),
]
ROOT = Path(__file__).parents[2]
# A decoder that crashes: a worker that opens this file dies as of a segmentation fault.
SITE = """
import os, sys
def crash(event, arguments):
    if event == "open" and str(arguments[0]).endswith("poison.jpg") and any("default_worker" in a for a in sys.argv):
        os.kill(os.getpid(), 11)
sys.addaudithook(crash)
"""
# No process may reach for the network, and what tries to is written down.
ASKED = DENY.replace(
    "os.write(2, ", "os.write(os.open(os.environ['LIVECAM_ASKED'], os.O_CREAT | os.O_APPEND | os.O_RDWR), "
)


@dataclass
class Seen:
    """What a run did. listening: addresses at which its processes took connections.  asked: the network.

    left: processes after its end.
    """

    code: int = -1
    summary: dict[str, object] = field(default_factory=dict)
    said: str = ""
    rows: dict[str, Row] = field(default_factory=dict)
    listening: set[str] = field(default_factory=set)
    asked: str = ""
    killed: int = 0
    left: list[str] = field(default_factory=list)


def processes() -> dict[int, tuple[int, str]]:
    """Parent and command line of each process, by its number."""
    found = {}
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
                words = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            found[int(place.name)] = parent, words
    return found


def below(top: int) -> dict[int, str]:
    """Command lines of top and all processes below it."""
    table, found = processes(), {top}
    while more := {pid for pid, (parent, _) in table.items() if parent in found} - found:
        found |= more
    return {pid: table[pid][1] for pid in found if pid in table}


def listening(pids: set[int]) -> set[str]:
    """Addresses at which processes listen, hexadecimal as the system says them."""
    sockets = set()
    for pid in pids:
        for handle in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                sockets.add(str(handle.readlink()).removeprefix("socket:[").removesuffix("]"))
            except OSError:
                continue
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if Path(table).exists():
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and fields[9] in sockets:
                    found.add(fields[1].partition(":")[0])
    return found


LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """A run over 16 photos, one of which crashes its reader; and whose worker is killed once besides."""
    folder = tmp_path_factory.mktemp("ray")
    photos = folder / "photos"
    photos.mkdir()
    capture = cv2.VideoCapture(str(model_files.demo_clip()))
    for i in range(15):
        capture.set(cv2.CAP_PROP_POS_FRAMES, 50 * i)
        _, frame = capture.read()
        cv2.imwrite(str(photos / f"IMG_{i:02}.jpg"), frame)
    capture.release()
    (photos / "poison.jpg").write_bytes((photos / "IMG_00.jpg").read_bytes())
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(SITE + ASKED)
    command = [sys.executable, "-m", "livecam", "archive", photos, "--out", folder / "archive", "--json"]
    process = subprocess.Popen(
        [*map(str, command), "--provider", "cpu"],
        cwd=ROOT,
        env=os.environ
        | {
            "PYTHONPATH": str(folder / "site"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "LIVECAM_ASKED": str(folder / "asked.txt"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    seen = Seen()
    while process.poll() is None:
        found = below(process.pid)
        seen.listening |= listening(set(found))
        workers = [pid for pid, words in found.items() if words.startswith("ray::MapWorker")]
        if workers and not seen.killed:
            os.kill(workers[0], signal.SIGKILL)
            seen.killed += 1
        time.sleep(0.2)
    out, seen.said = process.communicate()
    seen.code = process.returncode
    seen.summary = json.loads(out) if out else {}
    seen.rows = rows_in(folder / "archive")
    seen.asked = (folder / "asked.txt").read_text() if (folder / "asked.txt").exists() else ""
    seen.left = [words for _, words in processes().values() if f"livecam-ray-{process.pid}-" in words]
    return seen


def test_it_ends_and_counts(run: Seen) -> None:
    assert run.code == 1, run.said  # one photo could not be read
    assert {key: run.summary[key] for key in ("photos", "scored", "failed", "unread")} == {
        "photos": 16, "scored": 16, "failed": 1, "unread": 0,
    }  # fmt: skip
    assert "Traceback" not in run.said


def test_a_photo_that_crashes_its_reader_costs_itself_alone(run: Seen) -> None:
    failed = {Path(path).name: row["error"] for path, row in run.rows.items() if row["error"] is not None}

    assert list(failed) == ["poison.jpg"]
    assert "ends, or hangs up, the program that reads it" in failed["poison.jpg"]


def test_a_worker_that_was_killed_costs_no_photo(run: Seen) -> None:
    assert run.killed == 1
    assert len(run.rows) == 16
    assert sum(len(row["faces"] or ()) for row in run.rows.values()) >= 10


def test_nobody_else_reaches_it(run: Seen) -> None:
    assert run.listening
    assert run.listening <= LOOPBACK


def test_it_asks_nobody(run: Seen) -> None:
    assert run.asked == ""


def test_nothing_of_ray_stays(run: Seen) -> None:
    assert run.left == []
    assert run.summary
