"""Archives: their Parquet files and what made them, ZIP files of photos, and what is asked of an archive."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import cache
from itertools import islice
from pathlib import Path

import pyarrow.parquet as pq
from rich.console import Console

from livecam.archive.answers import print_csv, print_json, print_table
from livecam.archive.ask import QUESTIONS, to_sql
from livecam.archive.folder import open_archive, writing
from livecam.archive.known import Known
from livecam.archive.listing import list_photos
from livecam.archive.manifest import Manifest, metadata_of
from livecam.archive.query import Answer, ArchiveQuery
from livecam.archive.remote import fetched
from livecam.archive.schema import MANIFEST_NAME, SHARDS_NAME, VERSION
from livecam.archive.to_best import changed_since, read_rows, shoots_of
from livecam.best.outputs.report import as_json
from livecam.best.ranking.selection import choose
from livecam.errors import LivecamError
from tests.archive.archives import SCORER, failed_row, make_archive, make_archived_face, make_photo, row
from tools.fuzz.fence import fenced
from tools.fuzz.reader import Reader, written

_MANIFEST = Manifest(VERSION, SCORER, 10, 1500)
_MOST_ROWS, _LONGEST_S = 300, 2.0  # of an answer: what more it takes is its own affair
_FEW_COLUMNS, _PHOTOS = 10, 12
_SECRET, _SECRETS_NAME = "canary-5f1d", "unguessed-77c2.csv"  # what no answer may hold


def _shard_seeds(folder: Path) -> list[bytes]:
    """Parquet files of an archive, packed and not, so that what is damaged may be a value, too."""
    shutil.rmtree(folder / "seed", ignore_errors=True)
    photos = [
        row(make_photo(folder / "a.jpg", make_archived_face(4.0), after_s=1)),
        row(make_photo(folder / "b.jpg", make_archived_face(3.0), make_archived_face(2.0, likeness_to=1), after_s=1.3)),
        row(make_photo("s3://bucket/c.jpg", timed=False)), failed_row(folder / "d.jpg"),
    ]  # fmt: skip
    photos[0] |= {"captured_offset_min": 120, "companions": [str(folder / "a.cr3")]}
    photos[2] |= {"captured": photos[0]["captured"] + timedelta(days=1)}
    (made,) = (make_archive(folder / "seed", photos) / SHARDS_NAME).iterdir()
    packed = made.read_bytes()
    table = pq.read_table(made).replace_schema_metadata(metadata_of(_MANIFEST))
    pq.write_table(table, made, compression="none", use_dictionary=False, write_statistics=False)
    plain = made.read_bytes()
    pq.write_table(table.slice(3), made, compression="none")
    return [packed, plain, made.read_bytes()]


def _archive_of(folder: Path, shard: bytes | None, manifest: bytes = _MANIFEST.to_json()) -> Path:
    place = folder / "archive"
    shutil.rmtree(place, ignore_errors=True)
    (place / SHARDS_NAME).mkdir(parents=True)
    written(place / MANIFEST_NAME, manifest)
    if shard is not None:
        written(place / SHARDS_NAME / "aa.parquet", shard)
    return place


def _shard(data: bytes, folder: Path) -> None:
    archive = open_archive(_archive_of(folder, data))
    with suppress(LivecamError):
        Known(archive, retry=True).settle()
    with suppress(LivecamError):
        rows = read_rows(archive, [str(folder), "s3://bucket"]).rows
        changed_since(rows)
        for shoot in shoots_of(rows):
            for group in choose(shoot):
                json.dumps(as_json(group))


def _shard_asked(data: bytes, folder: Path) -> None:
    with ArchiveQuery(open_archive(_archive_of(folder, data))) as query:
        for asked in ("select * from photos", "select * exclude (embedding) from faces"):
            _print_all(query, asked)


def _manifest_seeds(folder: Path) -> list[bytes]:
    """What made an archive; of another scorer, and of another version."""
    del folder
    others = [Manifest(VERSION, "6" * 64, 3, 100), Manifest(VERSION + 1, SCORER, 10, 1500, "9.9")]
    return [one.to_json() for one in (_MANIFEST, *others)]


def _manifest(data: bytes, folder: Path) -> None:
    place = _archive_of(folder, None, data)
    with suppress(LivecamError):
        open_archive(place)
    with writing(place, _MANIFEST):
        pass


def _zip_seeds(folder: Path) -> list[bytes]:
    """ZIP files of photos, with names that lead elsewhere, and one that is a bomb."""
    del folder
    made = []
    for packing in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", packing) as file:
            file.writestr("a.jpg", b"a photo")
            file.writestr("sub/IMG_1.JPG", b"another")
            file.writestr("sub/IMG_1.CR3", b"its raw")
            file.writestr("../../up.jpg", b"out")
            file.writestr("/etc/x.jpg", b"out")
            file.writestr("clip.mp4", b"a clip")
        made.append(data.getvalue())
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bomb.jpg", bytes(1 << 20))
    return [*made, data.getvalue()]


def _zip(data: bytes, folder: Path) -> None:
    source, copies = written(folder / "photos.zip", data), folder / "copies"
    copies.mkdir(exist_ok=True)
    with fenced(folder):
        found = [photo for part in list_photos([str(source)], outside=[], part_files=100) for photo in part.photos]
        if found and found[0].url is not None:
            with suppress(LivecamError, OSError, zipfile.BadZipFile, NotImplementedError):  # are said by the worker
                for copy in fetched(found[0].url, [photo.name for photo in found], copies, 1):
                    if isinstance(copy, Path):
                        copy.unlink()


def _question_seeds(folder: Path) -> list[bytes]:
    """Questions in words and in SQL; SECRET is a folder that no question may look into."""
    del folder
    words = [question.words for question in QUESTIONS]
    more = ["best 3 of each month in 2026-05", "no people on 2026-05-23", "3 or more people", "duplicates by face"]
    sql = [
        "select * from photos", "select day, max(score) from photos group by day order by all",
        "with a as (select unnest(reasons) as r from faces) select r, count(*) from a group by r",
        "select * from 'SECRET/*.csv'", "select * from read_csv('SECRET/*')", "select * from read_text('SECRET/*')",
        "select * from glob('SECRET/*')", "copy photos to 'SECRET/out.csv'", "attach 'SECRET/x.db' as x",
        "select * from sniff_csv('SECRET/*.csv')", "select * from read_blob('SECRET/**')",
        "set enable_external_access = true", "pragma database_list", "install httpfs", "load 'SECRET/x.so'",
        "explain analyze select * from photos", "explain analyze drop view photos",
        "explain (format json) create or replace view photos as select 1", "explain analyze copy photos to 'SECRET/x'",
        "export database 'SECRET/d'", "select getenv('HOME')",
        "from duckdb_settings()", "create table t as select 1", "select 1; select 2", "summarize photos",
        "with t as (delete from photos returning *) select * from t", "describe faces", "pivot photos on people",
        "select * from parquet_metadata('SECRET/*')", "select * from query('from photos')", "call pragma_version()",
    ]  # fmt: skip
    return [text.encode() for text in (*words, *more, *sql)]


@cache
def _asked(folder: Path) -> ArchiveQuery:
    """An archive that is open for the whole hunt: what is asked cannot change it."""
    photos = [
        make_photo(folder / f"{i}.jpg", *[make_archived_face(1 + i % 4, likeness_to=i)] * (i % 3), day=i // 3, phash=i)
        for i in range(_PHOTOS)
    ]
    shutil.rmtree(folder / "asked", ignore_errors=True)
    return ArchiveQuery(open_archive(make_archive(folder / "asked", photos, shards=2)))


def _question(data: bytes, folder: Path) -> None:
    query, secrets = _asked(folder), folder / "secret-place"
    secrets.mkdir(exist_ok=True)
    secret = written(secrets / _SECRETS_NAME, f"{_SECRET}\n".encode())
    os.utime(secret, (0, 1))  # with such a time, whoever reads it leaves a newer one
    before = _files_below(folder)
    try:
        asked = _print_all(query, to_sql(data.decode("utf-8", "replace").replace("SECRET", str(secrets))))
    except LivecamError as error:
        asked = str(error)
    assert _SECRET not in asked, "a file outside of the archive was read"
    assert _SECRETS_NAME not in asked, "a folder outside of the archive was looked into"
    assert secret.stat().st_atime == 0, "a file outside of the archive was opened"
    assert query.ask("select count(*) from photos").rows.__next__() == (_PHOTOS,), "the archive was changed"
    assert _files_below(folder) == before, "a file was made, changed or deleted"


def _files_below(folder: Path) -> dict[str, tuple[int, int]]:
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("current"))
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


def _print_all(query: ArchiveQuery, sql: str) -> str:
    """Ask, and print the first rows in each of the three ways; return what was printed."""
    text = io.StringIO()
    with _interrupted(query), contextlib.redirect_stdout(text):
        answer = query.ask(to_sql(sql))
        rows = list(islice(answer.rows, _MOST_ROWS))
        list(print_json(Answer(answer.columns, iter(rows))))
        list(print_csv(Answer(answer.columns, iter(rows))))
        if len(answer.columns) < _FEW_COLUMNS:  # many in 80 characters take most of the time
            list(print_table(Answer(answer.columns, iter(rows[:3])), Console(file=text)))
    return text.getvalue()


@contextlib.contextmanager
def _interrupted(query: ArchiveQuery) -> Iterator[None]:
    """End what takes too long, as Ctrl-C does: that somebody asks for much is no crash."""
    timer = threading.Timer(_LONGEST_S, query._database.interrupt)  # noqa: SLF001  nobody else needs it
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


READERS: Mapping[str, Reader] = {
    "shard": Reader(_shard_seeds, _shard),
    "shard-asked": Reader(_shard_seeds, _shard_asked),
    "manifest": Reader(_manifest_seeds, _manifest),
    "zip": Reader(_zip_seeds, _zip),
    "question": Reader(_question_seeds, _question),
}
