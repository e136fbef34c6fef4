"""What an earlier livecam has written is read, asked, ranked and gone on with; what it did not measure is unknown."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from livecam.archive.folder import Archive, open_archive, read_shard, writing
from livecam.archive.query import ArchiveQuery
from livecam.archive.schema import METADATA_VERSION, SCHEMA, SCHEMAS, VERSION
from livecam.archive.shards import write_shard
from livecam.archive.to_best import read_rows, shoots_of
from livecam.best.records.frame import FaceRecord, FrameRecord
from tests.archive.archives import failed_row, make_archive, make_archived_face, make_photo, row
from tests.archive.engines import manifest, rows_in
from tests.archive.engines import score as score_photos
from tests.best.photo_factories import make_photo as make_photo_file
from tests.commands.best_runs import Best

ONE_BURST = [
    make_photo(
        f"/photos/{i}.jpg",
        make_archived_face(3.0 + i / 5, likeness_to=1, eye_detail=2.5, mouth_cover=-5.5),
        after_s=i / 2,
    )
    for i in range(3)
]
TODAY = str(VERSION).encode()


def faces_of(archive: Path) -> dict[str, list[FaceRecord]]:
    records = [result.records[0] for shoot in shoots_of(read_rows(open_archive(archive)).rows) for result in shoot]
    return {str(record.path): list(record.faces) for record in records}


def earlier(folder: Path, photos: list[FrameRecord] = ONE_BURST, *, shards: int = 2) -> Path:
    """An archive as livecam wrote it before it measured eyes."""
    made = make_archive(folder, photos, shards=shards, scorer=manifest().scorer, version=1)
    of_a_face = pq.read_schema(open_archive(made).shards[0]).field("faces").type.value_type
    assert of_a_face.get_field_index("eye_detail") == -1
    return made


def add(archive: Path, *photos: FrameRecord) -> None:
    """Go on with an archive."""
    with writing(archive, manifest()) as held:
        write_shard(held, pa.Table.from_pylist([row(photo) for photo in photos], SCHEMA))


def version_of(shard: Path) -> bytes:
    return bytes(pq.read_schema(shard).metadata[METADATA_VERSION])


def test_each_version_has_columns_and_the_last_has_todays() -> None:
    assert SCHEMAS[VERSION] is SCHEMA
    assert list(SCHEMAS) == list(range(1, VERSION + 1))
    for schema in SCHEMAS.values():
        assert schema.names == SCHEMA.names
        assert schema.empty_table().cast(SCHEMA).schema.equals(SCHEMA)


def test_its_rows_are_read_and_what_it_did_not_measure_is_unknown(tmp_path: Path) -> None:
    faces = faces_of(earlier(tmp_path / "archive"))
    assert len(faces) == 3
    assert {(face.eye_detail, face.mouth_cover) for of_photo in faces.values() for face in of_photo} == {(None, None)}
    today = faces_of(make_archive(tmp_path / "today", ONE_BURST))
    assert {(face.eye_detail, face.mouth_cover) for of_photo in today.values() for face in of_photo} == {(2.5, -5.5)}


def test_best_ranks_it_without_what_is_unknown_and_says_so(tmp_path: Path, best: Best) -> None:
    code, groups, told = best(earlier(tmp_path / "archive"))

    assert code == 0
    assert [entry["path"] for entry in groups[0]["ranking"]] == ["/photos/2.jpg", "/photos/1.jpg", "/photos/0.jpg"]
    assert "an earlier livecam has scored 3 photos of it and did not measure how sharp the eyes are" in told
    assert "earlier livecam" not in best(make_archive(tmp_path / "today", ONE_BURST))[2]


def test_of_the_second_version_the_mouth_alone_is_unknown(tmp_path: Path, best: Best) -> None:
    archive = make_archive(tmp_path / "archive", ONE_BURST, scorer=manifest().scorer, version=2)
    faces = faces_of(archive)
    assert {(face.eye_detail, face.mouth_cover) for of_photo in faces.values() for face in of_photo} == {(2.5, None)}
    told = best(archive)[2]
    assert "has scored 3 photos of it and did not measure whether something is before the mouth, which" in told


def test_photos_without_a_face_or_unread_lack_nothing(tmp_path: Path, best: Best) -> None:
    rows = [row(make_photo("/photos/1.jpg")), failed_row("/photos/2.jpg", "2.jpg is no photo")]
    assert "earlier livecam" not in best(make_archive(tmp_path / "archive", rows, version=1))[2]


def test_it_is_gone_on_with_and_an_earlier_livecam_is_told_first(tmp_path: Path, best: Best) -> None:
    archive = earlier(tmp_path / "archive")
    add(archive, make_photo("/photos/9.jpg", make_archived_face(4.0, eye_detail=3.0, mouth_cover=-6.0), after_s=2))

    assert json.loads((archive / "archive.json").read_text())["schema"] == VERSION
    assert sorted(version_of(shard) for shard in open_archive(archive).shards) == [b"1", b"1", TODAY]
    details = {path: faces[0].eye_detail for path, faces in faces_of(archive).items()}
    assert details == {"/photos/0.jpg": None, "/photos/1.jpg": None, "/photos/2.jpg": None, "/photos/9.jpg": 3.0}
    assert "has scored 3 photos of it" in best(archive)[2]


@pytest.mark.parametrize("more", [(), ("/a.jpg", "/z.jpg")])
def test_it_is_asked_in_sql(tmp_path: Path, more: tuple[str, ...]) -> None:
    archive = earlier(tmp_path / "archive")
    for path in more:
        add(archive, make_photo(path, make_archived_face(4.0, eye_detail=3.25)))

    with ArchiveQuery(open_archive(archive)) as query:
        answer = query.ask("select path, eye_detail, score from faces order by path")
        found = {str(path): (detail, score) for path, detail, score in answer.rows}

    assert found["/photos/1.jpg"] == (None, 3.2)
    assert {path: found[path] for path in more} == dict.fromkeys(more, (3.25, 4.0))
    assert len(found) == 3 + len(more)


def test_its_rows_are_written_anew_as_todays(tmp_path: Path) -> None:
    """As they are when others of their shard have moved away."""
    archive = earlier(tmp_path / "archive", shards=1)
    with writing(archive, manifest()) as held:
        (shard,) = held.shards
        write_shard(held, read_shard(shard), shard)
        assert isinstance(held, Archive)

    assert version_of(shard) == TODAY
    assert rows_in(archive)["/photos/0.jpg"]["faces"][0]["eye_detail"] is None


def test_what_it_knows_is_not_scored_again(tmp_path: Path) -> None:
    photos = tmp_path / "in"
    for i in range(2):
        make_photo_file(photos / f"{i}.jpg", 120 + 40 * i, i / 2)
    score_photos(photos, out=tmp_path / "today")
    before = make_archive(
        tmp_path / "archive", rows_in(tmp_path / "today").values(), scorer=manifest().scorer, version=1
    )
    make_photo_file(photos / "2.jpg", 200, 1.0)

    tally = score_photos(photos, out=before)

    assert (tally.known, tally.scored) == (2, 1)
    assert [rows_in(before)[str(photos / f"{i}.jpg")]["faces"][0]["eye_detail"] is None for i in range(3)] == [
        True,
        True,
        False,
    ]
