from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from livecam.archive.folder import open_archive, read_shard, writing
from livecam.archive.schema import MANIFEST_NAME, METADATA_VERSION, SCHEMA
from livecam.archive.to_best import PATH
from livecam.errors import ArchiveError
from tests.archive.archives import make_archive, make_archived_face, make_photo
from tests.archive.engines import manifest


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    photos = [make_photo(f"/photos/{i}.jpg", make_archived_face(2.0 + i)) for i in range(3)]
    return make_archive(tmp_path / "archive", photos, shards=2, scorer=manifest().scorer)


def refused(folder: Path) -> str:
    """Why the archive can neither be read nor written: the same line."""
    with pytest.raises(ArchiveError) as read:
        open_archive(folder)
    with pytest.raises(ArchiveError) as written, writing(folder, manifest()):
        pass
    assert str(read.value) == str(written.value)
    assert "\n" not in str(read.value)
    return str(read.value)


def test_what_is_written_can_be_opened(archive: Path) -> None:
    opened = open_archive(archive)

    assert sum(len(read_shard(shard)) for shard in opened.shards) == 3
    with writing(archive, manifest()) as held:
        assert held == opened


def test_a_folder_that_is_no_archive_is_said(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"a photo")

    with pytest.raises(ArchiveError, match=r"is not an archive .*: make one with livecam archive"):
        open_archive(tmp_path)
    with (
        pytest.raises(ArchiveError, match="holds other files and is not an archive: choose another"),
        writing(tmp_path, manifest()),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_folder_that_a_killed_run_has_only_begun_is_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "archive" / "shards").mkdir(parents=True)
    (tmp_path / "archive" / "archive.lock").touch()
    (tmp_path / "archive" / ".livecam-0123456789ab.tmp").touch()

    with writing(tmp_path / "archive", manifest()) as held:
        assert held.shards == ()


def test_another_versions_archive_is_refused(archive: Path) -> None:
    values = json.loads((archive / "archive.json").read_text())
    (archive / "archive.json").write_text(json.dumps(values | {"schema": 4}))

    assert "has schema 4, this livecam" in refused(archive)
    assert "reads 1 to 3: use the livecam that made it" in refused(archive)


def test_another_versions_shard_is_refused(archive: Path) -> None:
    shard = open_archive(archive).shards[0]
    pq.write_table(pa.Table.from_pylist([], SCHEMA.with_metadata({METADATA_VERSION: b"7"})), shard)

    assert refused(archive).startswith(f"{shard} has schema 7, this livecam")


def test_a_shard_with_other_columns_is_refused(archive: Path) -> None:
    shard = open_archive(archive).shards[1]
    pq.write_table(pa.table({"path": ["/photos/9.jpg"]}), shard)

    assert refused(archive).startswith(f"{shard} has schema none, this livecam")


@pytest.mark.parametrize("left", [0, 3, 100, -20])
def test_a_broken_shard_is_named_with_what_to_do(archive: Path, left: int) -> None:
    shard = open_archive(archive).shards[0]
    shard.write_bytes(shard.read_bytes()[:left])

    line = refused(archive)
    assert line.startswith(f"{shard} is broken (")
    assert line.endswith("delete it and run livecam archive again, which scores anew what was in it")


def test_a_shard_that_is_broken_within_is_named_when_it_is_read(archive: Path) -> None:
    shard = open_archive(archive).shards[0]
    data = bytearray(shard.read_bytes())
    data[4:4000] = b"\xff" * 3996
    shard.write_bytes(data)

    with pytest.raises(ArchiveError, match="is broken"):
        read_shard(shard)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("archive.json", "cannot be read (it is no file): check the path"),
        ("shards/0.parquet", "is broken (it is no file): bring back a copy, or delete it"),
    ],
)
def test_a_pipe_by_a_files_name_is_said_and_not_waited_for(archive: Path, name: str, said: str) -> None:
    (archive / name).unlink(missing_ok=True)
    os.mkfifo(archive / name)

    assert refused(archive).startswith(f"{archive / name} {said}")


def test_a_manifest_without_end_is_not_read_to_the_end(archive: Path) -> None:
    (archive / "archive.json").write_bytes(b" " * (1 << 20) + (archive / "archive.json").read_bytes())
    assert "archive.json is broken or not livecam's" in refused(archive)


def test_a_broken_manifest_is_said(archive: Path) -> None:
    (archive / "archive.json").write_text("{")

    assert "archive.json is broken or not livecam's" in refused(archive)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scorer": "0" * 64}, "was scored by another scorer, whose scores do not compare"),
        ({"faces": 3}, "was made with --faces 3 at 1500 pixels"),
        ({"min_side_px": 800}, "was made with --faces 10 at 800 pixels"),
    ],
)
def test_other_settings_are_refused(archive: Path, change: dict[str, object], said: str) -> None:
    values = json.loads((archive / "archive.json").read_text())
    (archive / "archive.json").write_text(json.dumps(values | change))

    with pytest.raises(ArchiveError, match=said), writing(archive, manifest()):
        pass
    assert len(open_archive(archive).shards) == 2


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with (
        pytest.raises(ArchiveError, match="part of that path is a file: choose another folder"),
        writing(tmp_path / "file" / "archive", manifest()),
    ):
        pass


@pytest.mark.parametrize(
    "manifest_bytes",
    [b"[" * 100_000, b'{"format": "livecam archive", "schema": 1e999, "scorer": "", "faces": 1, "min_side_px": 1}'],
    ids=["nested without end", "a version without end"],
)
def test_a_manifest_that_json_takes_and_nobody_wrote_is_refused_in_words(archive: Path, manifest_bytes: bytes) -> None:
    (archive / MANIFEST_NAME).write_bytes(manifest_bytes)
    assert "is broken or not livecam's" in refused(archive)


NO_TEXT = pc.CastOptions(pa.string(), allow_invalid_utf8=True)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("path", pa.scalar("/photos/a\0.jpg")),
        ("path", pc.cast(pa.scalar(b"/photos/\xff.jpg"), options=NO_TEXT)),
        ("judged_path", pa.scalar("\0")),
        ("companions", pa.scalar(["/photos/a.cr3", "\0"])),
        ("captured", pa.scalar(1 << 60).cast(pa.timestamp("us"))),
        ("captured", pa.scalar(-(1 << 60)).cast(pa.timestamp("us"))),
        ("captured_offset_min", pa.scalar(1440, pa.int16())),
    ],
    ids=["no path", "no text", "nothing", "a companion", "too late", "too early", "beyond all zones"],
)
def test_a_shard_with_a_value_that_cannot_be_is_broken(archive: Path, column: str, value: pa.Scalar) -> None:
    shard = open_archive(archive).shards[0]
    rows = pq.read_table(shard, partitioning=None)
    at = rows.schema.get_field_index(column)
    damaged = pa.repeat(value, len(rows))
    pq.write_table(rows.set_column(at, rows.schema.field(at), damaged), shard)
    with pytest.raises(ArchiveError, match=f"{shard.name} is broken .*: bring back a copy"):
        read_shard(shard)
    with pytest.raises(ArchiveError, match=f"{shard.name} is broken"):
        read_shard(shard, [column])


@pytest.mark.parametrize("data", [b"/photos/another.jpg", b"/photos/\0\xff.jpg", b"/photos/\xfe.jpg"])
def test_a_shard_whose_bytes_of_a_path_are_another_path_is_broken(archive: Path, data: bytes) -> None:
    """Else another file than the one that is shown would be copied, or moved."""
    shard = open_archive(archive).shards[0]
    rows = pq.read_table(shard, partitioning=None)
    for column, value in (("path", pa.scalar(r"/photos/\xff.jpg")), ("path_bytes", pa.scalar(b"/photos/\xff.jpg"))):
        at = rows.schema.get_field_index(column)
        rows = rows.set_column(at, rows.schema.field(at), pa.repeat(value, len(rows)))
    pq.write_table(rows, shard)
    assert len(read_shard(shard, PATH)) == len(rows)

    at = rows.schema.get_field_index("path_bytes")
    pq.write_table(rows.set_column(at, rows.schema.field(at), pa.repeat(pa.scalar(data), len(rows))), shard)
    for columns in (None, PATH):
        with pytest.raises(ArchiveError, match=r"is broken \(path_bytes is not what path shows"):
            read_shard(shard, columns)


def test_a_shard_with_a_column_whose_name_is_no_text_is_broken(archive: Path) -> None:
    shard = open_archive(archive).shards[0]
    whole = shard.read_bytes()
    assert b"judged_path" in whole
    shard.write_bytes(whole.replace(b"judged_path", b"judged_\xff\xfeth"))
    assert f"{shard.name} is broken" in refused(archive)
