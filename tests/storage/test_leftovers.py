"""What a run that was killed while it wrote a picture has left, and what the next one makes of it."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from livecam.storage import leftovers
from livecam.storage.album import Album
from livecam.storage.leftovers import Leftovers
from livecam.types import Moment
from tests.factories import make_frame
from tests.storage.disk_calls import is_killed

pytestmark = pytest.mark.skipif(os.name == "nt", reason="whether a process lives is not asked on Windows")


@pytest.fixture(scope="module")
def dead() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def moment() -> Moment:
    return Moment(make_frame(width=160, height=120))


def left_by(pid: int, data: bytes, folder: Path, token: str = "") -> Path:
    path = folder / leftovers.temporary_name().replace(f"-{os.getpid()}.", f"-{pid}{token}.")
    path.write_bytes(data)
    return path


def a_picture(folder: Path) -> tuple[str, bytes]:
    path = Album(folder).save(moment(), fired_t_ms=0.0).path
    return path.name, path.read_bytes()


def test_killed_at_any_moment_the_next_run_has_the_whole_picture_or_nothing(tmp_path: Path) -> None:
    seen, at, killed = set(), 0, True
    while killed:
        folder = tmp_path / str(at)
        keeper = Album(folder)
        picture = keeper.develop(moment(), fired_t_ms=0.0)
        killed = is_killed(partial(keeper.write, picture), at)
        found = Album(folder).leftovers
        assert [path.read_bytes() for path in folder.iterdir()] in ([], [picture.data]), "and no temporary file"
        seen.add((len(files(folder)), len(found.recovered), found.cleared))
        at += 1
    assert seen >= {(0, 0, 0), (0, 0, 1), (1, 1, 0), (1, 0, 0)}


def test_of_two_pictures_of_a_millisecond_none_is_overwritten(tmp_path: Path, dead: int) -> None:
    name, data = a_picture(tmp_path)
    left_by(dead, data, tmp_path)
    left_by(dead, data, tmp_path, "-0af3")
    found = Album(tmp_path).leftovers
    assert [path.name for path in found.recovered] == [name.replace(".jpg", f"_{n}.jpg") for n in ("02", "03")]
    assert len(files(tmp_path)) == 3


@pytest.mark.parametrize("part", [0, 1, 200, 5000])
def test_a_torn_one_is_cleared_away(part: int, tmp_path: Path, dead: int) -> None:
    name, data = a_picture(tmp_path)
    left_by(dead, data[:-part] if part else b"", tmp_path)
    assert Album(tmp_path).leftovers == Leftovers(cleared=1)
    assert files(tmp_path) == [name]


def test_what_a_living_run_or_another_computer_writes_is_left_alone_and_so_are_other_files(
    tmp_path: Path, dead: int
) -> None:
    _, data = a_picture(tmp_path)
    own = left_by(os.getpid(), data, tmp_path)
    parents = left_by(os.getppid(), data, tmp_path)
    elsewhere = tmp_path / f".livecam-shot-elsewhere-{dead}.tmp"
    elsewhere.write_bytes(data)
    (tmp_path / ".livecam-shot-of-mine.tmp").write_text("notes")
    before = files(tmp_path)
    assert Album(tmp_path).leftovers == Leftovers()
    assert files(tmp_path) == before
    for path in (own, parents, elsewhere):
        assert path.read_bytes() == data


def test_where_nobody_can_tell_an_hour_without_a_change_is_enough(
    tmp_path: Path, dead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, data = a_picture(tmp_path)
    (tmp_path / f".livecam-shot-elsewhere-{dead}.tmp").write_bytes(data)
    later_s = (tmp_path / f".livecam-shot-elsewhere-{dead}.tmp").stat().st_ctime + 3700
    monkeypatch.setattr("time.time", lambda: later_s)
    (path,) = Album(tmp_path).leftovers.recovered
    with Image.open(path) as picture:
        assert picture.size == (160, 120)
