from __future__ import annotations

from pathlib import Path

import pytest

from livecam.archive.ask import QUESTIONS, to_sql
from livecam.archive.folder import open_archive
from livecam.archive.query import ArchiveQuery
from livecam.archive.views import FACES, PHOTOS
from livecam.errors import ArchiveError
from livecam.types import Reason
from tests.archive.archives import failed_row, make_archive, make_archived_face, make_photo, row


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A wedding of two days: two people, closed eyes, sunglasses, a landscape, two that look alike, a broken file."""
    face = make_archived_face
    hidden = face(3.5, likeness_to=2, eyes=(0.9, 0.9), reasons=(Reason.EYES_HIDDEN,))
    return make_archive(
        tmp_path / "archive",
        [
            make_photo("/w/a/1.jpg", face(4.5, likeness_to=1), phash=0xF0F0),
            make_photo("/w/a/2.jpg", face(4.6, likeness_to=1), face(2.0), phash=0xF0F3, after_s=5),
            make_photo("/w/a/3.jpg", face(4.1, likeness_to=1), phash=0xFFFF_0000_FFFF, after_s=6, camera="Fuji"),
            make_photo("/w/b/4.jpg", face(1.2, eyes=(0.9, 0.1)), phash=1 << 60, day=1),
            make_photo("/w/b/5.jpg", hidden, phash=0b1011 << 40, day=1),
            make_photo("/w/b/6.jpg", phash=0xABCD_EF01_2345_6789, day=9),
            make_photo("/w/b/7.jpg", face(4.2), timed=False, phash=0x1234_5678_9ABC_DEF0),
            failed_row("/w/b/8.jpg", "8.jpg is no photo"),
        ],
        shards=3,
    )


def ask(archive: Path, question: str) -> list[tuple[object, ...]]:
    with ArchiveQuery(open_archive(archive)) as query:
        return list(query.ask(to_sql(question)).rows)


def names(archive: Path, question: str) -> list[str]:
    with ArchiveQuery(open_archive(archive)) as query:
        answer = query.ask(to_sql(question))
        at = answer.place_of("path")
        assert at is not None
        return [Path(str(row[at])).stem for row in answer.rows]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("best of each day", "1 5"),
        ("The best photo of each day?", "1 5"),
        ("best 2 of each day", "1 3 5 4"),
        ("best of each folder", "1 7"),
        ("best of each month in 2026-05", "1"),
        ("best of each camera", "3 1"),
        ("all with closed eyes", "4"),
        ("closed eyes on 2026-05-23", ""),
        ("all above 4", "1 7 3"),
        ("above 4 in 2026", "1 3"),
        ("above 4.2 in 2026-05", "1"),
        ("above 4.2 in May 2026", "1"),
        ("above 4 on 23 May 2026", "1 3"),
        ("above 4 on the 23rd of May 2026", "1 3"),
        ("above 4 on May 23rd, 2026", "1 3"),
        ("closed eyes on 24 may 2026", "4"),
        ("above 4 in Sept. 2026", ""),
        ("photos above 4 in june 2026", ""),
        ("best 2", "1 7"),
        ("the best 3 photos in May 2026", "1 3 5"),
        ("best 3 of May 2026", "1 3 5"),
        ("above 4 in 2026-06", ""),
        ("near duplicates", "2"),
        ("near duplicates by embedding", "3"),
        ("2 people", "2"),
        ("no people", "6"),
        ("1 person on 2026-05-24", "4 5"),
        ("1 or more people", "1 2 3 4 5 7"),
        ("photos of at least 2 people", "2"),
        ("more than 1 person", "2"),
        ("failed", "8"),
        ("failed in 2001-09", "8"),
        ("failed in 2026", ""),
    ],
)
def test_a_photographers_questions(archive: Path, question: str, found: str) -> None:
    assert names(archive, question) == found.split()


def test_a_photo_and_its_backup_are_one_among_the_best(tmp_path: Path) -> None:
    photos = [row(make_photo(f"/{disk}/{i}.jpg", make_archived_face(4 - i / 10)), content=b"%032d" % i)
              for i in range(4) for disk in ("a", "b")]  # fmt: skip
    archive = make_archive(tmp_path / "archive", photos)

    assert [row[0] for row in ask(archive, "best 3")] == ["/a/0.jpg", "/a/1.jpg", "/a/2.jpg"]
    assert [row[1] for row in ask(archive, "best 2 of each day")] == ["/a/0.jpg", "/a/1.jpg"]
    assert [row[1] for row in ask(archive, "best of each folder")] == ["/a/0.jpg", "/b/0.jpg"]


def test_every_question_that_is_listed_is_understood_and_names_photos(archive: Path) -> None:
    for question in QUESTIONS:
        names(archive, question.words)


def test_near_duplicates_name_the_first_and_how_they_differ(archive: Path) -> None:
    assert ask(archive, "near duplicates") == [("/w/a/2.jpg", "/w/a/1.jpg", 2)]


def test_every_pair_within_three_bits_is_found_wherever_the_bits_are(tmp_path: Path) -> None:
    base = 0x0123_4567_89AB_CDEF
    flips = [(), (0, 1, 2), (0, 31, 63), (15, 16, 47), (48,), (5, 6, 7, 8)]
    photos = [make_photo(f"/p/{i}.jpg", phash=base ^ sum(1 << bit for bit in bits)) for i, bits in enumerate(flips)]

    found = ask(make_archive(tmp_path / "a", photos), "near duplicates")

    assert {(str(path), bits) for path, same_as, bits in found if same_as == "/p/0.jpg"} == {
        ("/p/1.jpg", 3),
        ("/p/2.jpg", 3),
        ("/p/3.jpg", 3),
        ("/p/4.jpg", 1),
    }
    assert ("/p/5.jpg", "/p/0.jpg", 4) not in found


def test_copies_of_one_photo_are_all_named_and_black_pictures_are_none(tmp_path: Path) -> None:
    photos = [make_photo(f"/p/{i}.jpg", phash=7) for i in range(3)] + [make_photo(f"/q/{i}.jpg", phash=0) for i in "ab"]

    assert ask(make_archive(tmp_path / "a", photos), "near duplicates") == [
        ("/p/1.jpg", "/p/0.jpg", 0),
        ("/p/2.jpg", "/p/0.jpg", 0),
    ]


def test_sql_sees_what_is_documented_and_reads_as_it_is_written(archive: Path) -> None:
    with ArchiveQuery(open_archive(archive)) as query:
        assert query.ask("select * from photos").columns == tuple(PHOTOS)
        assert query.ask("from faces").columns == tuple(FACES)
        answer = query.ask("select name, folder, people, score, best_score, day from photos where path = '/w/a/2.jpg'")
        found = next(answer.rows)
    assert [str(value) for value in found] == ["2.jpg", "/w/a", "2", "2.0", "4.6", "2026-05-23"]


@pytest.mark.parametrize(
    ("path", "folder", "name"),
    [
        ("zip://1.jpg::/w/all.zip", "zip://::/w/all.zip", "1.jpg"),
        ("zip://a/b/1.jpg::/w/all.zip", "zip://a/b::/w/all.zip", "1.jpg"),
        ("zip://a/1.jpg::s3://bucket/all.zip", "zip://a::s3://bucket/all.zip", "1.jpg"),
        ("zip://1.jpg::zip://a/in.zip::/w/all.zip", "zip://::zip://a/in.zip::/w/all.zip", "1.jpg"),
        (r"zip://a/1.jpg::C:\all.zip", r"zip://a::C:\all.zip", "1.jpg"),
        ("s3://bucket/a/1.jpg", "s3://bucket/a", "1.jpg"),
        ("/w/a::b/1.jpg", "/w/a::b", "1.jpg"),
    ],
)
def test_a_photo_in_a_zip_file_lies_in_its_folder_there(tmp_path: Path, path: str, folder: str, name: str) -> None:
    archived = row(make_photo("/p/1.jpg", make_archived_face())) | {"path": path}
    archive = make_archive(tmp_path / "a", [archived])

    assert ask(archive, "select path, folder, name from photos") == [(path, folder, name)]


def test_faces_have_a_row_each(archive: Path) -> None:
    rows = ask(archive, "select face, score, x0, left_eye_closed from faces where path like '%/2.jpg' order by face")

    assert rows == [(1, 4.6, 400.0, 0.0), (2, 2.0, 400.0, 0.0)]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('{secret}')",
        "select * from '{secret}'",
        "select * from read_csv('http://127.0.0.1:9/x')",
        "select * from glob('/*')",
        "with x as (select * from read_blob('{secret}')) select * from x",
    ],
)
def test_sql_reads_nothing_but_the_archive(archive: Path, tmp_path: Path, sql: str) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("word\nswordfish\n")

    with pytest.raises(ArchiveError, match=r"reads the archive and nothing else") as refused:
        ask(archive, sql.format(secret=secret))
    assert "\n" not in str(refused.value)
    assert "swordfish" not in str(refused.value)


@pytest.mark.parametrize(
    "sql",
    [
        "copy photos to '{file}'",
        "copy (select 1) to '{shard}' (format csv)",
        "attach '{file}' as db",
        "create table t as select 1",
        "drop view photos",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "export database '{file}'",
        "pragma database_list",
    ],
)
def test_what_is_no_question_is_refused_and_changes_nothing(archive: Path, tmp_path: Path, sql: str) -> None:
    before = {path: path.read_bytes() for path in archive.rglob("*") if path.is_file()}
    shard = next(archive.glob("shards/*.parquet"))

    with ArchiveQuery(open_archive(archive)) as query, pytest.raises(ArchiveError, match="only SELECT"):
        query.ask(sql.format(file=tmp_path / "made", shard=shard))

    assert {path: path.read_bytes() for path in archive.rglob("*") if path.is_file()} == before
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("best of each decade", "did you mean 'best of each day'"),
        ("", "neither a question"),
        ("above 4 in 2026-13", "no such time"),
        ("select nope from photos", 'Referenced column "nope"'),
        ("select from where", "syntax error"),
        ("select 1; select 2", "one question at a time"),
        ("select path from photos where score > 'high'", "Could not convert"),
    ],
)
def test_a_broken_question_is_one_clear_line(archive: Path, question: str, said: str) -> None:
    with pytest.raises(ArchiveError, match=said) as refused:
        ask(archive, question)
    assert "\n" not in str(refused.value)


def test_a_shard_that_is_damaged_inside_is_named(tmp_path: Path) -> None:
    photos = [make_photo(f"/p/{i}.jpg", make_archived_face(likeness_to=i)) for i in range(20)]
    archive = make_archive(tmp_path / "a", photos)
    shard = next(archive.glob("shards/*.parquet"))
    data = bytearray(shard.read_bytes())
    data[4:200] = b"\xff" * 196  # the footer stays whole
    shard.write_bytes(data)

    with pytest.raises(ArchiveError, match=rf"{shard.name} is broken .*delete it and run livecam archive again"):
        ask(archive, "select path from photos")


def test_a_shard_that_goes_while_it_is_asked_is_named(tmp_path: Path) -> None:
    archive = open_archive(make_archive(tmp_path / "a", [make_photo("/p/1.jpg")]))
    archive.shards[0].unlink()

    with pytest.raises(ArchiveError, match="is broken"):
        ArchiveQuery(archive)


def test_an_archive_without_photos_says_how_to_get_some(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no photos yet"):
        ArchiveQuery(open_archive(make_archive(tmp_path / "a", [], shards=0)))


def test_a_name_with_a_quote_is_no_way_out_of_the_views(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "it's, ['x'", [make_photo("/p/1.jpg")])

    assert names(archive, "select path from photos") == ["1"]


def test_what_does_not_fit_in_memory_goes_to_a_folder_that_ends_with_the_query(archive: Path) -> None:
    query = ArchiveQuery(open_archive(archive))
    overflow = Path(query._overflow.name)
    assert overflow.is_dir()

    query.close()

    assert not overflow.exists()


@pytest.mark.parametrize(
    "sql",
    [
        "explain analyze drop view photos",
        "explain create or replace view photos as select 1",
        "explain (format json) create table t as select 1",
        "explain analyze -- so\n drop view photos",
        "--explain\nexplain analyze create table t as\nselect 1",
        "explain (analyze /*) select 1 --*/) drop view photos",
    ],
)
def test_what_is_explained_may_only_read_too(archive: Path, sql: str) -> None:
    with ArchiveQuery(open_archive(archive)) as query:
        with pytest.raises(ArchiveError, match="is no question"):
            query.ask(sql)
        assert list(query.ask("select count(*) > 1 from photos").rows) == [(True,)]


@pytest.mark.parametrize(
    "sql", ["explain select 1", "explain analyze (select 1)", "explain (analyze, format json) select * from photos"]
)
def test_a_question_is_explained(archive: Path, sql: str) -> None:
    with ArchiveQuery(open_archive(archive)) as query:
        assert list(query.ask(sql).rows)
