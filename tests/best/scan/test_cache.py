"""What was found once is not looked for again, whatever happens to the process or the file."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from livecam.best.scan import cache as cache_module
from livecam.best.scan.cache import Cache, CacheSettings, content_of, content_of_file

V1, V2 = b"version 1", b"version 2"
LONG_AGO_NS = 1_700_000_000_000_000_000


def make_file(path: Path, data: bytes = b"pixels") -> Path:
    path.write_bytes(data)
    os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS))
    return path


def put(cache: Cache, path: Path, value: str, version: bytes = V1) -> bytes:
    content = content_of(path.read_bytes())
    cache.put(path, path.stat(), content, version, value)
    return content


def test_what_was_put_is_there_in_the_next_run(tmp_path: Path) -> None:
    photo = make_file(tmp_path / "a.jpg")
    with Cache(tmp_path) as cache:
        content = put(cache, photo, "found")

    with Cache(tmp_path) as cache:
        assert cache.content(photo) == content == content_of_file(photo)
        assert cache.get(content, V1) == "found"


def test_another_version_knows_nothing(tmp_path: Path) -> None:
    with Cache(tmp_path) as cache:
        content = put(cache, make_file(tmp_path / "a.jpg"), "found")
    with Cache(tmp_path) as cache:
        assert cache.get(content, V2) is None


def test_a_copy_under_another_name_is_known_by_its_content(tmp_path: Path) -> None:
    with Cache(tmp_path) as cache:
        put(cache, make_file(tmp_path / "a.jpg"), "found")
    with Cache(tmp_path) as cache:
        copy = make_file(tmp_path / "b.jpg")
        assert cache.content(copy) is None
        assert cache.get(content_of(copy.read_bytes()), V1) == "found"


@pytest.mark.parametrize("change", ["size", "time"])
def test_a_changed_file_is_not_taken_for_the_old_one(tmp_path: Path, change: str) -> None:
    photo = make_file(tmp_path / "a.jpg", b"old")
    with Cache(tmp_path) as cache:
        put(cache, photo, "found")

    if change == "size":
        make_file(photo, b"longer")
    else:
        photo.write_bytes(b"new")

    with Cache(tmp_path) as cache:
        assert cache.content(photo) is None


def test_the_time_of_a_file_that_was_just_written_proves_nothing(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"pixels")
    with Cache(tmp_path) as cache:
        content = put(cache, photo, "found")
    with Cache(tmp_path) as cache:
        assert cache.content(photo) is None
        assert cache.get(content, V1) == "found"


def test_a_damaged_database_is_begun_anew(tmp_path: Path) -> None:
    photo = make_file(tmp_path / "a.jpg")
    with Cache(tmp_path):
        pass
    database = next(tmp_path.glob("*.sqlite"))
    database.write_bytes(b"no database " * 1000)

    with Cache(tmp_path) as cache:
        content = put(cache, photo, "found")
    with Cache(tmp_path) as cache:
        assert cache.get(content, V1) == "found"


@pytest.mark.parametrize("name", [b"files", b"found"])
def test_a_database_whose_tables_have_names_that_are_no_text_is_begun_anew(name: bytes, tmp_path: Path) -> None:
    with Cache(tmp_path) as cache:
        put(cache, make_file(tmp_path / "a.jpg"), "found")
    database = next(tmp_path.glob("*.sqlite"))
    database.write_bytes(database.read_bytes().replace(name, name[:-1] + b"\xff", 1))

    with Cache(tmp_path) as cache:
        content = put(cache, tmp_path / "a.jpg", "anew")
    with Cache(tmp_path) as cache:
        assert cache.get(content, V1) == "anew"


@pytest.mark.parametrize("column", [b"mtime_ns", b"value", b"used", b"version"])
def test_one_whose_columns_have_other_names_is_begun_anew_and_that_is_said_once(column: bytes, tmp_path: Path) -> None:
    """It remembered nothing any more, without a word."""
    with Cache(tmp_path) as cache:
        put(cache, make_file(tmp_path / "a.jpg"), "found")
    database = next(tmp_path.glob("*.sqlite"))
    database.write_bytes(database.read_bytes().replace(column, b"x" * len(column)))
    said: list[str] = []

    with Cache(tmp_path, say=said.append) as cache:
        content = put(cache, tmp_path / "a.jpg", "anew")
    with Cache(tmp_path, say=said.append) as cache:
        assert cache.get(content, V1) == "anew"
    assert len(said) == 1
    assert str(database) in said[0]


def test_damage_that_shows_only_as_it_is_read_is_said_and_begun_anew(tmp_path: Path) -> None:
    with Cache(tmp_path) as cache:
        content = put(cache, make_file(tmp_path / "a.jpg"), "found")
    database = next(tmp_path.glob("*.sqlite"))
    data = bytearray(database.read_bytes())
    data[4096:] = b"\xee" * (len(data) - 4096)  # all but the first page, which names the tables
    database.write_bytes(data)
    said: list[str] = []

    with Cache(tmp_path, say=said.append) as cache:
        assert cache.get(content, V1) is None
        put(cache, tmp_path / "a.jpg", "anew")
    with Cache(tmp_path) as cache:
        assert cache.get(content, V1) == "anew"
    assert len(said) == 1


def test_what_holds_the_place_of_a_cache_is_said_and_left(tmp_path: Path) -> None:
    place = tmp_path / "records-1.sqlite"
    place.mkdir()
    said: list[str] = []

    with Cache(tmp_path, say=said.append) as cache:
        assert cache.get(b"", V1) is None
    assert place.is_dir()


def test_the_file_of_an_older_livecam_is_deleted_and_nothing_else(tmp_path: Path) -> None:
    for name in ("looks-1.sqlite", "looks-1.sqlite-wal", "looks-1.sqlite-shm", "looks-1.txt", "face_landmarker.task"):
        make_file(tmp_path / name)

    with Cache(tmp_path):
        pass

    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("records-")) == [
        "face_landmarker.task",
        "looks-1.txt",
    ]


@pytest.mark.parametrize("value", ["x'00'", "7", "'text'", "1e300"])
def test_a_damaged_value_is_not_there(value: str, tmp_path: Path) -> None:
    with Cache(tmp_path) as cache:
        content = put(cache, make_file(tmp_path / "a.jpg"), "found")
    with sqlite3.connect(next(tmp_path.glob("*.sqlite"))) as database:
        database.execute(f"update found set value = {value}")  # noqa: S608  of this test's own
    database.close()

    with Cache(tmp_path) as cache:
        assert cache.get(content, V1) is None


def test_without_a_place_for_it_all_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with Cache(tmp_path / "file") as cache:
        content = put(cache, make_file(tmp_path / "a.jpg"), "found")
        assert cache.get(content, V1) is None
        assert cache.content(tmp_path / "a.jpg") is None
        assert cache.content(tmp_path / "gone.jpg") is None


@pytest.mark.slow
def test_it_does_not_grow_without_end_and_the_oldest_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty days with a photo each, of 100 kB that do not compress; there is room for about six."""
    limit = 600_000
    contents = []
    with Cache(tmp_path, CacheSettings(limit_bytes=limit, write_every_s=0)) as cache:
        for day in range(20):
            monkeypatch.setattr(cache_module, "_today", lambda day=day: day)
            contents.append(put(cache, make_file(tmp_path / "a.jpg", b"%d" % day), os.urandom(100_000).hex()))
        first = cache.get(contents[0], V1)
        last = cache.get(contents[-1], V1)

    assert first is None
    assert last is not None
    assert sum(file.stat().st_size for file in tmp_path.glob("*.sqlite*")) < 3 * limit


def test_threads_may_share_it(tmp_path: Path) -> None:
    photo = make_file(tmp_path / "a.jpg")

    def work(n: int) -> None:
        for i in range(50):
            cache.put(photo, photo.stat(), content_of(b"%d %d" % (n, i)), V1, f"{n} {i}")
            cache.get(content_of(b"%d %d" % (n, i)), V1)

    with Cache(tmp_path) as cache:
        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with Cache(tmp_path) as cache:
        assert all(cache.get(content_of(b"%d %d" % (n, i)), V1) == f"{n} {i}" for n in range(4) for i in range(50))


WRITER = """
import sys
from pathlib import Path
from livecam.best.scan.cache import Cache, CacheSettings, content_of
folder, name = Path(sys.argv[1]), sys.argv[2]
with Cache(folder, CacheSettings(write_every_s=0)) as cache:
    status = folder.stat()
    for i in range(int(sys.argv[3])):
        cache.put(folder / "a.jpg", status, content_of(f"{name} {i}".encode()), b"version 1", f"{name} {i}")
        print(i, flush=True)
"""


def writer(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3])


@pytest.mark.slow
def test_two_processes_may_use_it_at_once(tmp_path: Path) -> None:
    writers = [writer(tmp_path, name, 40) for name in "ab"]
    for process in writers:
        process.communicate(timeout=60)
        assert process.returncode == 0

    with Cache(tmp_path) as cache:
        assert all(cache.get(content_of(f"{n} {i}".encode()), V1) == f"{n} {i}" for n in "ab" for i in range(40))


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_kill_loses_nothing_that_was_written(tmp_path: Path) -> None:
    process = writer(tmp_path, "a", 100_000)
    assert process.stdout is not None
    written = -1
    while written < 20:
        written = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.communicate()

    with Cache(tmp_path) as cache:
        assert all(cache.get(content_of(f"a {i}".encode()), V1) == f"a {i}" for i in range(written + 1))
        content = put(cache, make_file(tmp_path / "b.jpg"), "after")
    with Cache(tmp_path) as cache:
        assert cache.get(content, V1) == "after"


def test_one_that_waits_too_long_for_another_goes_on_without(tmp_path: Path) -> None:
    photo = make_file(tmp_path / "a.jpg")
    with Cache(tmp_path) as cache:
        put(cache, photo, "before")
    other = sqlite3.connect(next(tmp_path.glob("*.sqlite")), isolation_level=None)
    other.execute("begin immediate")

    with Cache(tmp_path, CacheSettings(wait_s=0.05)) as cache:
        content = put(cache, make_file(tmp_path / "b.jpg", b"more"), "lost")
    other.execute("rollback")
    other.close()

    with Cache(tmp_path) as cache:
        assert cache.get(content, V1) is None
        assert cache.get(content_of(b"pixels"), V1) == "before"
