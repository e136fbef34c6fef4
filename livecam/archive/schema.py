"""What an archive is on the disk: the columns of its Parquet files, and what else lies in its folder.

An archive is a folder::

    archive.json            what made it: the version of this schema, the scorer, the settings (``manifest.Manifest``)
    archive.lock            held by the one process that writes
    shards/KEY.parquet      some photos, a row each, sorted by path

KEY is the first 32 hexadecimal digits of a SHA-256 over the paths and contents of the rows that it was begun with
(``shard_name``), so that the same photos give the same name; or of that name, where a shard has it whose rows have
followed their photos to other paths. A shard is written beside its name, synced and renamed:
every ``shards/*.parquet`` is whole, and no path is in two of them. Names that begin with a dot are left from a killed
run and are no shards. Each has ``METADATA_VERSION`` and ``METADATA_SCORER`` in its Parquet metadata.

Values are rounded as ``livecam.best.records.frame`` rounds them, so that an archive gives back the very record that
``livecam best`` would have made (``livecam.archive.rows``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import pyarrow as pa

from livecam.types import EMBEDDING, RATINGS

# Rises with every change that an earlier livecam would misunderstand. What shards of earlier versions lack is null:
# 1 has no eye_detail, 1 and 2 have no mouth_cover (``SCHEMAS``).
VERSION = 3
SUFFIX = ".parquet"
MANIFEST_NAME = "archive.json"
LOCK_NAME = "archive.lock"
SHARDS_NAME = "shards"
METADATA_VERSION = b"livecam.archive.schema"
METADATA_SCORER = b"livecam.archive.scorer"

_PLANE = pa.struct([("rows", pa.int16()), ("columns", pa.int16()), ("data", pa.binary())])

# See ``livecam.photos.exif.Exposure``: EV and seconds; null where the camera does not say.
EXPOSURE = pa.struct(
    [
        ("bracketed", pa.bool_()),
        ("focus_bracketed", pa.bool_()),
        ("bias_ev", pa.float64()),
        ("time_s", pa.float64()),
        ("value_ev", pa.float64()),
        ("lens", pa.string()),
        ("serial", pa.bool_()),
    ]
)

# One face. All are as in ``livecam.best.records.frame.FaceRecord``.
FACE = pa.struct(
    [
        # x0, y0, x1, y1, pixels of the photo as stored, upright; may reach outside it.
        ("box", pa.list_(pa.float32(), 4)),
        # The expected rating, [1, 5].
        ("score", pa.float32()),
        # The probability of each rating 1..5, 0..1.
        ("rating_probs", pa.list_(pa.float32(), len(RATINGS))),
        # The probability that the subject's left and right eye is closed, 0..1.
        ("eyes_closed", pa.list_(pa.float32(), 2)),
        # What holds the face back: names of ``livecam.types.Reason``, such as EYES_CLOSED.
        ("reasons", pa.list_(pa.string())),
        # The scorer's, 512 values; of one scorer, likeness is their cosine. Null where a scorer gave none.
        ("embedding", pa.list_(pa.float16(), EMBEDDING)),
        # Yaw, pitch, roll, degrees; 0 looks straight at the camera.
        ("pose", pa.list_(pa.float32(), 3)),
        # 52 values, 0..1, in the order of ``livecam.faces.mesh.BLENDSHAPE_NAMES``.
        ("blendshapes", pa.list_(pa.float32())),
        # ≥ 1 at each size that the face reaches, see ``livecam.best.records.pixel_measures``.
        ("sharpness", pa.list_(pa.float32())),
        # The score, and its rating_probs, that it would have with open eyes.
        ("open_eyes_score", pa.float32()),
        ("open_eyes_probs", pa.list_(pa.float32())),
        # Mean luma of the face, 0..1; null if it was not measured.
        ("light", pa.float32()),
        # How much fine detail the eyes show, a natural logarithm; null if it was not measured.
        ("eye_detail", pa.float32()),
        # How likely something is before the mouth, log-odds; null if it was not measured.
        ("mouth_cover", pa.float32()),
    ]
)

SCHEMA = pa.schema(
    [
        # Where the photo is: the absolute path of a file, or an address such as "s3://bucket/key" or
        # "zip://inner.jpg::/abs/all.zip", without names and passwords. Where a file's name is not text, its bytes are
        # written as \xNN here and stand in path_bytes, null for all others.
        pa.field("path", pa.string(), nullable=False),
        ("path_bytes", pa.binary()),
        # What was named on the command line that it was found in, absolute, without name and password.
        pa.field("source", pa.string(), nullable=False),
        # SHA-256, 32 bytes, of what the picture is made of: the whole file, or of a camera's raw file the preview that
        # was looked at with what its headers say (``livecam.photos.stored``). Null if it could not be read.
        ("content_hash", pa.binary(32)),
        # Of the file when it was listed: bytes, and nanoseconds since 1970 UTC; null where a store names none.
        ("size", pa.int64()),
        ("mtime_ns", pa.int64()),
        # When it was taken, by the camera's own clock; and what that clock is ahead of UTC, minutes, null if not said.
        ("captured", pa.timestamp("us")),
        ("captured_offset_min", pa.int16()),
        # Make, model and serial number, "" if unknown; null if the photo could not be read, as in all columns below.
        ("camera", pa.string()),
        # Of the photo as stored, upright, pixels.
        ("width", pa.int32()),
        ("height", pa.int32()),
        # Perceptual hash, 64 bits: ``bit_count(xor(a, b))`` is how many differ, see ``pixel_measures.difference_hash``.
        ("phash", pa.uint64()),
        # Of the middle of the whole picture, as of a face.
        ("sharpness", pa.list_(pa.float32())),
        ("exposure", EXPOSURE),
        # The whole picture, tiny, uint8 (rows, columns), row by row: see ``livecam.best.records.view.View``.
        ("view_grey", _PLANE),
        ("view_focus", _PLANE),
        # Other files of the same exposure (the raw beside a JPEG), which have no rows of their own; as path, but those
        # whose names are not text are left out.
        pa.field("companions", pa.list_(pa.string()), nullable=False),
        # The one of companions that was looked at because path could not be read; null otherwise.
        ("judged_path", pa.string()),
        # The largest first; [] where nobody is in the picture, null where it could not be read.
        ("faces", pa.list_(FACE)),
        # Why it, or its first file, could not be read: one line; null if all went well.
        ("error", pa.string()),
    ]
)


def _without(*of_face: str) -> pa.Schema:
    """Return SCHEMA without some fields of a face."""
    face = pa.struct([field for field in FACE if field.name not in of_face])
    at = SCHEMA.get_field_index("faces")
    return SCHEMA.set(at, SCHEMA.field(at).with_type(pa.list_(face)))


# The columns of the shards that are read, by version. None has what this version has not: all are cast to ``SCHEMA``.
SCHEMAS: Mapping[int, pa.Schema] = {
    1: _without("eye_detail", "mouth_cover"),
    2: _without("mouth_cover"),
    VERSION: SCHEMA,
}


def shard_name(rows: Iterable[tuple[str, bytes | None]]) -> str:
    """Return the file name of a shard that holds these rows, by their path and content_hash, in their order."""
    digest = hashlib.sha256()
    for path, content in rows:
        text = path.encode()
        digest.update(len(text).to_bytes(4) + text + (content or b"").rjust(32, b"\0"))
    return digest.hexdigest()[:32] + SUFFIX
