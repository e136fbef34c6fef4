"""Streams faces out of an archive's Parquet: a few thousand photos at a time, and of them only what is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from livecam.errors import ArchiveError
from livecam.photos.discover import printable
from livecam.types import BLENDSHAPES, EMBEDDING
from model.data.dataset import Int64Array

BATCH_PHOTOS = 4096
# Numbers of each face, and how many: see livecam.archive.schema.FACE.
WIDTHS = {"box": 4, "pose": 3, "blendshapes": BLENDSHAPES, "embedding": EMBEDDING}


@dataclass(frozen=True, slots=True, eq=False)
class FaceBatch:
    """M faces of some photos of one shard.

    photos: a row for each photo, the columns that were asked for.  first: of photos, its place in the shard.
    of_photo: int64 (M,), the row in photos.  place: int64 (M,), 0 for the largest face of its photo.  values: by name,
    each (M, WIDTHS[name]); what an archive does not know of a face is NaN.
    """

    photos: pa.RecordBatch
    first: int
    of_photo: Int64Array
    place: Int64Array
    values: dict[str, npt.NDArray[np.floating]]


def stream_faces(
    shard: Path, names: Sequence[str], columns: Sequence[str] = (), *, batch_photos: int = BATCH_PHOTOS
) -> Iterator[FaceBatch]:
    """Yield the faces of a shard in its order. names: of WIDTHS.  columns: of the photos. Raises ArchiveError."""
    wanted = [*columns, *(f"faces.list.element.{name}" for name in names)]
    try:
        with pq.ParquetFile(shard) as file:
            first = 0
            for batch in file.iter_batches(batch_photos, columns=wanted):
                yield _faces_in(batch, first, names)
                first += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        what = " ".join(str(error).split())[:100]
        raise ArchiveError(f"{printable(shard)} is broken ({what}): delete it and run livecam archive again") from error


def _faces_in(batch: pa.RecordBatch, first: int, names: Sequence[str]) -> FaceBatch:
    faces = batch.column("faces")
    counts = np.asarray(faces.value_lengths().fill_null(0), np.int64)
    every = faces.flatten()  # the structs of all photos that have some
    of_photo = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    values = {name: _numbers(every.field(name), WIDTHS[name]) for name in names}
    return FaceBatch(batch, first, of_photo, np.arange(len(of_photo)) - starts[of_photo], values)


def _numbers(lists: pa.Array, width: int) -> npt.NDArray[np.floating]:
    """Lists of width numbers as an array (M, width), without a copy where all are there; NaN for what is not."""
    flat: npt.NDArray[np.floating] = lists.flatten().to_numpy(zero_copy_only=False)
    there = np.asarray(lists.is_valid(), bool)
    if there.all():
        return flat.reshape(-1, width)
    numbers: npt.NDArray[np.floating] = np.full((len(lists), width), np.nan, flat.dtype)
    numbers[there] = flat.reshape(-1, width)
    return numbers
