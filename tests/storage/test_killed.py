"""A run of marking and moving that is killed at whatever moment loses nothing, and the next run ends it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from livecam.storage.journal import journals_in
from livecam.storage.marks import find_marks
from livecam.storage.transfer import undo
from tests.photos.mark_factories import make_picture, packet

ROOT = Path(__file__).parents[2]
# What ``livecam best --xmp embed --move-to`` does once it has chosen; it says when it begins.
WORK = """
import sys
from pathlib import Path
from livecam.storage.marks import Mark, find_marks
from livecam.storage.transfer import Action, finish, transfer
from livecam.storage.xmp_marks import write
shoot, target = map(Path, sys.argv[1:])
print("begins", flush=True)
if finish(target) is None:
    photos = sorted(shoot.glob("*.jpg"))
    for photo in photos:
        if not find_marks([photo]).mark.rating:
            write(photo, Mark(4, "Green"), embed=True)
    transfer([[photo, photo.with_suffix(".dng")] for photo in photos], target, Action.MOVE)
"""
COUNT = 12


def make_shoot(folder: Path) -> None:
    """Pairs of JPEG and raw; every third is rejected, or has stars by a person beside it."""
    folder.mkdir()
    for i in range(COUNT):
        photo = make_picture(folder / f"IMG_{i}.jpg", packet('xmp:Rating="-1"') if i % 3 == 0 else None)
        make_picture(photo.with_suffix(".dng"))
        if i % 3 == 1:
            photo.with_name(f"{photo.name}.xmp").write_bytes(packet('xmp:Rating="2"'))


def pixels(photo: Path) -> bytes:
    """A JPEG from its tables on, which no mark changes."""
    data = photo.read_bytes()
    return data[data.index(b"\xff\xdb") :]


def others_in(folder: Path) -> dict[str, bytes]:
    """Raw files and sidecars; not what a kill may leave, which goes an hour later."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.suffix != ".jpg" and not p.name.startswith(".")}


def photos_in(base: Path) -> dict[str, tuple[bytes, int | None]]:
    """The pixels and the stars of each photo, wherever it is; names that are there twice only if they are the same."""
    found: dict[str, tuple[bytes, int | None]] = {}
    for photo in base.rglob("*.jpg"):
        content = pixels(photo), find_marks([photo]).mark.rating
        assert found.setdefault(photo.name, content)[0] == content[0]
    return found


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_killed_at_any_moment_run_again_and_undone_all_is_there_with_its_marks(tmp_path: Path, seed: int) -> None:
    shoot, target = tmp_path / "shoot", tmp_path / "best"
    make_shoot(shoot)
    before = photos_in(shoot)
    others = others_in(shoot)
    command = [sys.executable, "-c", WORK, str(shoot), str(target)]
    moments = random.Random(seed)  # noqa: S311  no secret

    for _ in range(3):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
            assert run.stdout is not None
            assert run.stdout.readline() == "begins\n"
            time.sleep(moments.uniform(0, 0.3))  # wherever that may be: what holds, holds at any moment
            run.send_signal(signal.SIGKILL)
        there = photos_in(tmp_path)
        assert {name: content for name, (content, _) in there.items()} == {n: c for n, (c, _) in before.items()}
        for name, (_, stars) in there.items():  # a photo may still be apart from the sidecar with its stars
            was = before[name][1]
            assert stars == was or (was != -1 and stars in {None, 4 if was is None else was})

    for _ in range(2):  # the first may only end what was interrupted
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    expected = {name: stars if stars is not None else 4 for name, (_, stars) in before.items()}
    assert {name: stars for name, (_, stars) in photos_in(target).items()} == expected

    for journal in reversed(journals_in(target)):
        assert undo(journal).failed == ()
    assert {name: stars for name, (_, stars) in photos_in(shoot).items()} == expected
    assert others_in(shoot) == others
    assert not list(target.glob("IMG_*"))
