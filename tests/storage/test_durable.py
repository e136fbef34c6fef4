"""What every durable write promises: killed or failing at any moment, each file is whole, and none is overwritten."""

from __future__ import annotations

import contextlib
import errno
import functools
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from livecam.storage import durable
from tests.storage.disk_calls import disk_calls_of, fails, is_killed

OLD, NEW = b"old " * 999, b"newer " * 999
AN_HOUR_S = 3600.0
Tree = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Write:
    """One way to write: what is there before and after it, by its path below the folder.

    between: what else may be there when it is killed.
    """

    work: Callable[[Path], object]
    before: Tree
    after: Tree
    between: tuple[Tree, ...] = ()


def fill_folder(folder: Path) -> None:
    with durable.replacing_folder(folder / "set") as beside:
        (beside / "deep").mkdir()
        (beside / "deep" / "c").write_bytes(NEW)


WRITES = {
    "new": Write(lambda folder: durable.write_new(folder / "a.jpg", NEW), {}, {"a.jpg": NEW}),
    "new, name taken": Write(
        lambda folder: durable.write_new(folder / "a.jpg", NEW),
        {"a.jpg": OLD},
        {"a.jpg": OLD, "a-2.jpg": NEW},
    ),
    "replace nothing": Write(lambda folder: durable.replace_file(folder / "a.jpg", NEW), {}, {"a.jpg": NEW}),
    "replace": Write(lambda folder: durable.replace_file(folder / "a.jpg", NEW), {"a.jpg": OLD}, {"a.jpg": NEW}),
    "folder": Write(fill_folder, {"set/a": OLD, "set/b": OLD}, {"set/deep/c": NEW}, between=({},)),
}


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def visible(folder: Path) -> dict[str, bytes]:
    """All but what has a temporary name."""
    return {path: data for path, data in everything(folder).items() if ".tmp" not in path.split("/")[0]}


def begin(folder: Path, tree: Tree) -> None:
    for path, data in tree.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def no_links(*_: object, **__: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


@pytest.fixture(params=["links", "no links"])
def links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With hard links, and on a file system that has none, such as a camera's memory card."""
    if request.param == "no links":
        monkeypatch.setattr(os, "link", no_links)
    return str(request.param)


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.usefixtures("links")
def test_a_write_leaves_what_it_should_and_nothing_else(tmp_path: Path, name: str) -> None:
    write = WRITES[name]
    begin(tmp_path, write.before)
    write.work(tmp_path)
    assert everything(tmp_path) == write.after


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot copy a process")
@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("links", ["links", "no-links"])
@pytest.mark.slow
def test_killed_before_any_change_of_the_disk_all_is_whole_and_the_next_write_tidies_up(
    tmp_path: Path, name: str, links: str
) -> None:
    # In a process of its own: forking this one, with the threads that other tests left, would be asking for trouble.
    # In memory where that is possible: waiting for a disk hundreds of times would take minutes.
    memory = Path("/dev/shm")  # noqa: S108  the folder in it is this test's own
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as folder:
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
        command = [sys.executable, __file__, folder, name, links]
        result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 5  # moments at which it was killed


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.usefixtures("links")
def test_a_disk_that_fails_at_any_change_leaves_all_as_it_was(tmp_path: Path, name: str, number: int) -> None:
    write = WRITES[name]
    counted = tmp_path / "counted"
    counted.mkdir()
    begin(counted, write.before)
    count = disk_calls_of(lambda: write.work(counted))
    assert count > 5
    raised = 0
    for at in range(count):
        folder = tmp_path / f"{at}"
        folder.mkdir()
        begin(folder, write.before)
        failed = fails(functools.partial(write.work, folder), at, OSError(number, os.strerror(number)))
        raised += failed
        if visible(folder) == write.after:
            # What went wrong is of no consequence, or it was to sync the folder in which a file was replaced.
            assert not failed or not name.startswith("new"), "a new name that may not last is taken back"
        else:
            assert failed
            assert everything(folder) == write.before, f"failed before change {at}"
        if not name.startswith("new"):
            write.work(folder)
            assert everything(folder) == write.after, f"failed before change {at}"
    assert raised > 5


@pytest.mark.parametrize("name", WRITES)
def test_an_interruption_leaves_all_as_it_was(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    write = WRITES[name]
    begin(tmp_path, write.before)
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write.work(tmp_path)
    assert everything(tmp_path) == write.before


@pytest.mark.parametrize("name", WRITES)
def test_what_is_written_is_on_the_disk_before_it_has_its_name_and_the_name_before_it_is_reported(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, synced = WRITES[name], []
    really = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append((Path(f"/proc/self/fd/{descriptor}").readlink(), visible(tmp_path) == write.after))
        really(descriptor)

    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc to tell what is synced")
    begin(tmp_path, write.before)
    monkeypatch.setattr(os, "fsync", fsync)
    write.work(tmp_path)
    before = [path for path, named in synced if not named]
    if name == "folder":
        assert {"c", "deep"} <= {path.name for path in before}
    else:
        assert any(path.suffix == ".tmp" for path in before)
    assert synced[-1] == (tmp_path, True)


@pytest.mark.parametrize("name", WRITES)
def test_a_folder_that_cannot_be_synced_is_no_failure_but_one_that_fails_to_is(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = os.fsync

    def refuse(number: int, descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112  follows the link to the folder
            raise OSError(number, os.strerror(number))
        really(descriptor)

    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc to tell what is synced")
    write = WRITES[name]
    begin(tmp_path, write.before)
    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", functools.partial(refuse, errno.EIO))
        with pytest.raises(OSError, match=os.strerror(errno.EIO)):
            write.work(tmp_path)
    if name.startswith("new"):
        assert everything(tmp_path) == write.before, "a name that may not last is taken back"

    monkeypatch.setattr(os, "fsync", functools.partial(refuse, errno.EINVAL))
    write.work(tmp_path)
    assert everything(tmp_path) == write.after


@pytest.mark.usefixtures("links")
def test_new_files_take_the_first_free_name_and_overwrite_none(tmp_path: Path) -> None:
    (tmp_path / "a-2.jpg").write_bytes(OLD)
    (tmp_path / "b_02.x.jpg").mkdir()
    assert [durable.write_new(tmp_path / "a.jpg", NEW).name for _ in range(3)] == ["a.jpg", "a-3.jpg", "a-4.jpg"]
    names = [durable.write_new(tmp_path / "b.x.jpg", NEW, numbering="_{:02d}").name for _ in range(2)]
    assert names == ["b.x.jpg", "b.x_02.jpg"]
    assert (tmp_path / "a-2.jpg").read_bytes() == OLD


@pytest.mark.usefixtures("links")
def test_many_at_once_in_one_folder_lose_nothing(tmp_path: Path) -> None:
    contents = [b"%d" % number * 99 for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        names = list(pool.map(lambda data: durable.write_new(tmp_path / "a", data), contents))
    assert [name.read_bytes() for name in names] == contents
    assert len(everything(tmp_path)) == 40


def test_the_same_data_is_found_under_its_name_or_a_numbered_one(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    assert durable.find_written(path, NEW) is None
    durable.write_new(path, OLD)
    assert durable.find_written(path, NEW) is None
    (tmp_path / "a-2.jpg").mkdir()
    third = durable.write_new(path, NEW)
    assert third.name == "a-3.jpg"
    assert durable.find_written(path, NEW) == third
    assert durable.find_written(path, OLD) == path


def test_two_that_replace_one_file_at_once_both_succeed_and_the_later_stays(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with durable.replacing(path) as beside:
        beside.write_bytes(NEW[:99])
        durable.replace_file(path, OLD)
        assert path.read_bytes() == OLD
        beside.write_bytes(NEW)
    assert everything(tmp_path) == {"a": NEW}


@pytest.mark.parametrize("name", WRITES)
def test_what_a_killed_run_left_is_removed_an_hour_later_and_no_sooner(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = WRITES[name]
    kept: list[Path] = []

    def keep(_: int) -> None:
        kept.extend(tmp_path.iterdir())
        raise KeyboardInterrupt

    with monkeypatch.context() as stopped:
        stopped.setattr(os, "fsync", keep)
        with pytest.raises(KeyboardInterrupt):
            write.work(tmp_path)
    (left,) = kept
    if name == "folder":
        left.mkdir()
    else:
        left.write_bytes(b"half")
    os.utime(left, (0, 0))  # the times that a file says it has prove nothing
    begin(tmp_path, write.before)

    write.work(tmp_path)
    assert left.exists(), "it might be another process's"

    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s + AN_HOUR_S + 60)
    write.work(tmp_path)
    assert [path for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_a_file_that_is_replaced_passes_on_its_mode_and_its_times_only_on_request(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(OLD)
    path.chmod(0o604)
    os.utime(path, (1_600_000_000, 1_600_000_000))

    durable.replace_file(path, NEW, keep_times=True)
    assert (path.stat().st_mode & 0o777, path.stat().st_mtime) == (0o604, 1_600_000_000)

    # Programs that look for what has changed go by the time.
    durable.replace_file(path, OLD)
    assert path.stat().st_mode & 0o777 == 0o604
    assert abs(path.stat().st_mtime - time.time()) < 60


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_device_a_pipe_or_a_folder_is_never_replaced(tmp_path: Path) -> None:
    pipe, folder, link = tmp_path / "pipe", tmp_path / "folder", tmp_path / "link"
    os.mkfifo(pipe)
    folder.mkdir()
    link.symlink_to(pipe)  # as /dev/stdout may be
    for path in (pipe, folder, link, Path()):
        with pytest.raises(OSError, match=r"it is no file|Is a directory"):
            durable.replace_file(path, b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "link", "pipe"]
    assert pipe.is_fifo()
    assert link.is_symlink()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_new_files_are_as_readable_as_any(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    durable.write_new(tmp_path / "new", NEW)
    durable.replace_file(tmp_path / "replaced", NEW)
    assert len({path.stat().st_mode for path in tmp_path.iterdir()}) == 1


def test_a_block_that_fails_leaves_all_as_it_was(tmp_path: Path) -> None:
    begin(tmp_path, before := {"a": OLD, "set/b": OLD})
    with contextlib.suppress(SystemExit), durable.replacing(tmp_path / "a") as beside:
        beside.write_bytes(NEW)
        sys.exit()
    with contextlib.suppress(SystemExit), durable.replacing_folder(tmp_path / "set") as beside:
        (beside / "c").write_bytes(NEW)
        sys.exit()
    assert everything(tmp_path) == before


def test_a_folder_that_was_being_replaced_when_the_run_was_killed_comes_back(tmp_path: Path) -> None:
    begin(tmp_path, before := {"set/a": OLD})
    with contextlib.suppress(SystemExit), durable.replacing_folder(tmp_path / "set") as beside:
        # As it is on the disk between the two renames.
        (tmp_path / "set").rename(beside.with_suffix(".old.tmp"))
        sys.exit()
    assert visible(tmp_path) == {}

    with contextlib.suppress(SystemExit), durable.replacing_folder(tmp_path / "set"):
        sys.exit()
    assert everything(tmp_path) == before


def test_moving_never_overwrites(tmp_path: Path, links: str) -> None:
    begin(tmp_path, before := {"a": OLD, "b": NEW})
    with pytest.raises(FileExistsError):
        durable.move_without_overwriting(tmp_path / "a", tmp_path / "b")
    assert everything(tmp_path) == before
    durable.move_without_overwriting(tmp_path / "a", tmp_path / "c")
    assert everything(tmp_path) == {"b": NEW, "c": OLD}, links


def test_a_folder_is_made_and_proved_to_be_writable_without_a_trace(tmp_path: Path) -> None:
    durable.require_writable(tmp_path / "a" / "b")
    assert everything(tmp_path) == {}
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="exists"):
        durable.require_writable(tmp_path / "file")


def _story(base: Path, name: str, *, linked: bool) -> int:
    """Kill a write before each of its changes of the disk, and write again an hour later."""
    write, now_s, really = WRITES[name], time.time(), time.time
    for at in itertools.count():
        folder = base / f"{at}"
        folder.mkdir()
        begin(folder, write.before)
        killed = is_killed(functools.partial(write.work, folder), at)
        seen = visible(folder)
        if not linked:  # a name may be taken before it is filled
            seen = {path: data for path, data in seen.items() if data}
        assert seen in (write.before, write.after, *write.between), f"killed before change {at}: {sorted(seen)}"
        time.time = lambda: now_s + 2 * AN_HOUR_S
        write.work(folder)
        time.time = really
        last = {path: data for path, data in everything(folder).items() if data or linked}
        if name.startswith("new"):
            assert all(last[path] == data for path, data in write.before.items())
            assert all(data == NEW for path, data in last.items() if path not in write.before)
            assert len(last) >= len(write.after)
        else:
            assert last == write.after, f"killed before change {at}: {sorted(last)}"
        assert not [path for path in last if path.endswith(".tmp")]
        shutil.rmtree(folder)
        if not killed:
            return at
    raise AssertionError


if __name__ == "__main__":
    if sys.argv[3] == "no-links":
        os.link = no_links
    print(_story(Path(sys.argv[1]), sys.argv[2], linked=sys.argv[3] == "links"))
