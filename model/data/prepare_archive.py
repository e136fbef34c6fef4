"""Rated faces of an archive become a data set of embeddings: no photo is read, and no crop is written.

Two passes over the Parquet: the first finds which faces are meant, by paths and boxes alone; the second takes their
embeddings, from the shards that have any, straight into a file that training maps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from livecam.archive.folder import Archive
from livecam.archive.rows import captured_of
from livecam.best.grouping.shoots import Taken, part_into_shoots
from model.data.archive_ratings import ArchiveRating, ArchiveRatings
from model.data.archive_shards import stream_faces
from model.data.dataset import Int64Array
from model.data.face_of_photo import LeftOut, Several
from model.data.split import connected_components

_PHOTO = (
    "path", "content_hash", "captured", "captured_offset_min", "camera", "phash", "error", "width", "height",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AlikeSettings:
    """What stays on one side of a split. Set by hand.

    gap_s: photos of one camera that follow within so many seconds, a burst and what is like one.  bits: of 64 in which
    the hashes of two photos may differ.
    """

    gap_s: float = 10.0
    bits: int = 3


@dataclass(frozen=True, slots=True)
class ArchivedFace:
    """A rated face, and where it stands: in which shard, in which row of it, and which face of that photo."""

    rated: ArchiveRating
    path: str
    content: bytes
    captured: datetime | None
    camera: str
    phash: int
    face_px: float
    shard: Path
    row: int
    place: int


_ALIKE = AlikeSettings()


def find_rated(
    archive: Archive,
    ratings: ArchiveRatings,
    several: Several,
    smallest: int,
    advance: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[ArchivedFace | LeftOut]:
    """Return the face that each line of ratings means, in the order of paths, or why it cannot serve.

    advance: called with the shards read and their total. Raises ArchiveError.
    """
    found: list[ArchivedFace | LeftOut] = []
    met: set[int] = set()
    seen: set[tuple[bytes, int]] = set()
    for done, shard in enumerate(archive.shards, start=1):
        for rated, looked_at in _rated_in(shard, ratings, several, smallest):
            met.add(id(rated))
            if isinstance(looked_at, ArchivedFace) and looked_at.content:
                if (key := (looked_at.content, looked_at.place)) in seen:
                    looked_at = LeftOut(rated.photo, "duplicate", "the same content")  # noqa: PLW2901
                seen.add(key)
            found.append(looked_at)
        advance(done, len(archive.shards))
    found += [LeftOut(rated.photo, "not in the archive") for rated in ratings.all if id(rated) not in met]
    return sorted(found, key=lambda one: one.path if isinstance(one, ArchivedFace) else one.photo)


def sessions_of(faces: Sequence[ArchivedFace]) -> list[str]:
    """Name each face's session: as the ratings say, else the shoot, by its day or its first photo."""
    taken = [Taken((Path(face.path),), face.captured, face.camera) for face in faces]
    names = [""] * len(faces)
    for number, shoot in enumerate(part_into_shoots(taken)):
        first = faces[shoot[0]]
        day = f"{first.captured:%Y-%m-%d}" if first.captured is not None else Path(first.path).parent.name
        for place in shoot:
            names[place] = faces[place].rated.session or f"{day} {number}"
    return names


def groups_of(faces: Sequence[ArchivedFace]) -> Int64Array:
    """Number what may look alike, int64 (N,): bursts, and photos with nearly one perceptual hash."""
    keys: list[list[tuple[str, object]]] = [[("photo", face.path)] for face in faces]
    for number, (one, other) in enumerate(_alike([face.phash for face in faces], _ALIKE.bits)):
        keys[one].append(("alike", number))
        keys[other].append(("alike", number))
    timed = [(face.camera, face.captured.replace(tzinfo=None), at) for at, face in enumerate(faces) if face.captured]
    for number, (before, after) in enumerate(pairwise(sorted(timed))):
        if before[0] == after[0] and (after[1] - before[1]).total_seconds() <= _ALIKE.gap_s:
            keys[before[2]].append(("burst", number))
            keys[after[2]].append(("burst", number))
    return connected_components(keys)


def _alike(hashes: Sequence[int], bits: int) -> Iterator[tuple[int, int]]:
    """Yield pairs that connect what differs in few bits; a picture in which nothing is to be seen, 0, is like none.

    Of two such hashes at least one of bits + 1 parts is the same: only those are compared.
    """
    first: dict[int, int] = {}
    for at, value in enumerate(hashes):
        if value and first.setdefault(value, at) != at:
            yield first[value], at
    width = 64 // (bits + 1)
    for part in range(bits + 1):
        sharing: dict[int, list[int]] = {}
        for value in first:
            sharing.setdefault(value >> part * width & (1 << width) - 1, []).append(value)
        for values in sharing.values():
            packed = np.array(values, np.uint64)
            for at, value in enumerate(packed[:-1]):
                for near in np.flatnonzero(np.bitwise_count(packed[at + 1 :] ^ value) <= bits):
                    yield first[values[at]], first[values[at + 1 + int(near)]]


def _rated_in(
    shard: Path, ratings: ArchiveRatings, several: Several, smallest: int
) -> Iterator[tuple[ArchiveRating, ArchivedFace | LeftOut]]:
    for batch in stream_faces(shard, ("box",), _PHOTO):
        paths = batch.photos.column("path").to_pylist()
        contents = batch.photos.column("content_hash").to_pylist()
        starts = np.searchsorted(batch.of_photo, np.arange(len(paths) + 1))
        for row, (path, content) in enumerate(zip(paths, contents, strict=True)):
            lines = [*ratings.by_path.get(path, ()), *ratings.by_hash.get(content.hex() if content else "", ())]
            for rated in lines:
                boxes = batch.values["box"][starts[row] : starts[row + 1]]
                photo = batch.photos.slice(row, 1)
                yield rated, _chosen(rated, boxes, photo, several, smallest, shard, batch.first + row)


def _chosen(
    rated: ArchiveRating,
    boxes: np.ndarray,
    photo: pa.RecordBatch,
    several: Several,
    smallest: int,
    shard: Path,
    row: int,
) -> ArchivedFace | LeftOut:
    """The face that is meant, as ``model.data.face_of_photo`` chooses it."""
    (about,) = photo.select(list(_PHOTO)).to_pylist()
    if not len(boxes):
        return LeftOut(rated.photo, *(("unreadable", about["error"]) if about["error"] else ("no face",)))
    place = 0
    if rated.face:
        if rated.face > len(boxes):
            return LeftOut(rated.photo, "no such face", f"face {rated.face} of {len(boxes)}")
        place = int(np.argsort(boxes[:, 0] + boxes[:, 2], kind="stable")[rated.face - 1])
    elif len(boxes) > 1 and several is Several.LEAVE_OUT:
        return LeftOut(rated.photo, "several faces", f"{len(boxes)}: choose with --several or a column face")
    elif several is Several.CENTRAL:
        middles = (boxes[:, :2] + boxes[:, 2:]) / 2 - (about["width"] / 2, about["height"] / 2)
        place = int(np.hypot(*middles.T).argmin())
    face_px = float(boxes[place, 3] - boxes[place, 1])
    if face_px < smallest:
        return LeftOut(rated.photo, "too small", f"{face_px:.0f} px high; --smallest is {smallest}")
    captured = captured_of(about["captured"], about["captured_offset_min"])
    content = about["content_hash"] or b""
    return ArchivedFace(
        rated, about["path"], content, captured, about["camera"], about["phash"], face_px, shard, row, place
    )
