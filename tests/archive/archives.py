"""Makes small archives without looking at any photo, by the schema and the rows of the product."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from livecam.archive.manifest import Manifest, metadata_of
from livecam.archive.rows import Listed, Row, row_of, text_of
from livecam.archive.schema import MANIFEST_NAME, SCHEMAS, SHARDS_NAME, VERSION, shard_name
from livecam.best.records.frame import FaceRecord, FrameRecord
from livecam.types import EMBEDDING
from tests.best.records.factories import make_face_record, make_record

NOON = datetime(2026, 5, 23, 12)  # noqa: DTZ001  a camera's clock knows no zone
SCORER = "5" * 64


def make_archived_face(score: float = 3.0, *, likeness_to: int = 0, **special: object) -> FaceRecord:
    """A face with an embedding; those of one number are alike, those of two are not."""
    embedding = np.random.default_rng(likeness_to).normal(size=EMBEDDING).astype(np.float16)
    face = make_face_record(score=score, **special)  # type: ignore[arg-type]
    return replace(face, embedding=embedding.tobytes(), light=0.5, open_eyes_probs=face.rating_probs)


def make_photo(
    path: Path | str,
    *faces: FaceRecord,
    after_s: float = 0.0,
    day: int = 0,
    timed: bool = True,
    phash: int = 1,
    camera: str = "Nikon Z9 1",
) -> FrameRecord:
    """A photo that was taken so many seconds after noon of 23 May, and so many days after."""
    captured = NOON + timedelta(days=day, seconds=after_s) if timed else None
    return make_record(*faces, path=str(path), captured=captured, camera=camera, phash=phash)


def row(record: FrameRecord, *, content: bytes | None = None, size: int = 1000, mtime_ns: int = 10**18) -> Row:
    """The row of a photo that could be read."""
    assert record.path is not None
    text, data = text_of(record.path)
    companions = tuple(map(str, record.companions))
    listed = Listed(text, str(record.path.parent), size, mtime_ns, companions, data)
    return row_of(listed, record, content=content or text.encode().rjust(32)[-32:])


def failed_row(path: Path | str, error: str = "it cannot be read") -> Row:
    """The row of a photo that could not be read."""
    return row_of(Listed(str(path), str(Path(path).parent), 10, 10**18), None, error=error)


def make_archive(
    folder: Path,
    rows: Iterable[Row | FrameRecord],
    *,
    shards: int = 1,
    scorer: str = SCORER,
    version: int = VERSION,
) -> Path:
    """Write an archive of these rows in so many shards, and return its folder. version: of its columns."""
    every = [row(one) if isinstance(one, FrameRecord) else one for one in rows]
    manifest = Manifest(version, scorer, 10, 1500)
    (folder / SHARDS_NAME).mkdir(parents=True)
    (folder / MANIFEST_NAME).write_bytes(manifest.to_json())
    for part in range(shards):
        _write_shard(folder / SHARDS_NAME, every[part::shards], manifest)
    return folder


def _write_shard(folder: Path, rows: Sequence[Row], manifest: Manifest) -> None:
    in_order = sorted(rows, key=lambda one: str(one["path"]))
    name = shard_name((one["path"], one["content_hash"]) for one in in_order)
    schema = SCHEMAS[manifest.schema].with_metadata(dict(metadata_of(manifest)))
    table = pa.Table.from_pylist(in_order, schema=schema)
    pq.write_table(table, folder / name)
