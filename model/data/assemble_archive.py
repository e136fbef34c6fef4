"""Writes a data set of faces that an archive knows: their embeddings in one file, which training maps."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from livecam.archive.folder import Archive
from livecam.errors import OutputError, SourceError
from livecam.types import BLENDSHAPES, EMBEDDING, FloatArray
from model.data.archive_ratings import ArchiveRatings
from model.data.archive_shards import stream_faces
from model.data.assemble import Prepared, new_data_set, require_free, too_few
from model.data.dataset import EMBEDDINGS_FILE, MIN_PHOTOS, HalfArray
from model.data.face_of_photo import LeftOut, Several
from model.data.prepare_archive import ArchivedFace, find_rated, groups_of, sessions_of
from model.data.tables import row_of, write_tables


def prepare_from_archive(
    archive: Archive,
    ratings: ArchiveRatings,
    network: str,
    out: Path,
    *,
    several: Several,
    smallest: int,
    advance: Callable[[int, int], None] = lambda _done, _total: None,
) -> Prepared:
    """Write the data set of the rated faces to the folder out. network: of the archive's embeddings.

    several, smallest, advance: see ``find_rated``. Raises SourceError when fewer than ten faces remain, ArchiveError,
    or OutputError when out cannot be written or holds something else.
    """
    require_free(out)
    looked_at = find_rated(archive, ratings, several, smallest, advance)
    faces = [one for one in looked_at if isinstance(one, ArchivedFace)]
    left_out = [one for one in looked_at if isinstance(one, LeftOut)]
    if len(faces) < MIN_PHOTOS:
        raise SourceError(too_few(len(faces), len(looked_at), left_out))
    sessions, groups = sessions_of(faces), groups_of(faces)
    try:
        with new_data_set(out) as beside:
            embeddings = np.lib.format.open_memmap(beside / EMBEDDINGS_FILE, "w+", np.float16, (len(faces), EMBEDDING))
            blendshapes, pose = take_numbers(faces, embeddings)
            embeddings.flush()
            np.savez(
                beside / "landmarks.npz",
                points=np.zeros((len(faces), 0, 2), np.float32),
                blendshapes=blendshapes,
                pose=pose,
            )
            rows = [
                row_of(f"archive/{number}", face.rated, session, group, face.face_px, _digest_of(face, embedding))
                for number, (face, group, session, embedding) in enumerate(
                    zip(faces, groups.tolist(), sessions, embeddings, strict=True)
                )
            ]
            write_tables(beside, rows, left_out, archive.folder, {"embeddings": network})
            del embeddings
    except OSError as error:
        raise OutputError(
            f"{out} cannot be written ({error.strerror}): free some space or choose another --out"
        ) from None
    return Prepared(out, len(faces), tuple(left_out), len(set(sessions)), len(np.unique(groups)))


def take_numbers(faces: Sequence[ArchivedFace], embeddings: HalfArray) -> tuple[FloatArray, FloatArray]:
    """Fill embeddings, float16 (N, 512), in the order of faces; return blendshapes (N, 52) and pose (N, 3).

    Raises ArchiveError, or SourceError where the archive has no embedding of a face.
    """
    blendshapes, pose = np.zeros((len(faces), BLENDSHAPES), np.float32), np.zeros((len(faces), 3), np.float32)
    in_shard: dict[Path, dict[tuple[int, int], int]] = {}
    for number, face in enumerate(faces):
        in_shard.setdefault(face.shard, {})[face.row, face.place] = number
    for shard, wanted in in_shard.items():
        for batch in stream_faces(shard, ("embedding", "blendshapes", "pose")):
            keys = zip((batch.of_photo + batch.first).tolist(), batch.place.tolist(), strict=True)
            pairs = [(at, wanted[key]) for at, key in enumerate(keys) if key in wanted]
            if pairs:
                at, to = np.array(pairs).T
                embeddings[to] = batch.values["embedding"][at]
                blendshapes[to], pose[to] = batch.values["blendshapes"][at], batch.values["pose"][at]
    if len(faces) and not np.isfinite(embeddings[:, 0]).all():
        raise SourceError("the archive has no embeddings of some faces: score it with a scorer that gives them")
    return blendshapes, pose


def _digest_of(face: ArchivedFace, embedding: HalfArray) -> str:
    """Return a hash of what is learned from: which face it is, and what the network says of it."""
    about = f"{face.path}\0{face.place}\0".encode(errors="surrogateescape") + face.content
    return hashlib.sha256(about + embedding.tobytes()).hexdigest()
