"""Makes archives of any size without a photo: numbers by chance, which take the room that real ones do."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from livecam import model_files
from livecam.archive.folder import writing
from livecam.archive.manifest import Manifest
from livecam.archive.schema import EXPOSURE, FACE, SCHEMA, VERSION
from livecam.archive.settings import ArchiveSettings
from livecam.archive.shards import ShardWriter
from livecam.types import BLENDSHAPES, EMBEDDING

_BEGIN = datetime(2026, 5, 1, 8)  # noqa: DTZ001  a camera's clock
_VIEW = 48, 32  # columns, rows, see livecam.best.records.view
_ROOT = "/made"
_PER_FOLDER = 1000
_PAUSE_S = 4.0
_BURST = 5  # photos half a second apart


def make_archive(folder: Path, photos: int) -> Path:
    """Write an archive of so many photos, a face each: bursts of five, a thousand in a folder, the shipped scorer."""
    scorer = hashlib.sha256(model_files.scorer_model().read_bytes()).hexdigest()
    settings = ArchiveSettings()
    with writing(folder, Manifest(VERSION, scorer, 10, 1500)) as archive:
        writer = ShardWriter(archive, settings, clock=lambda: 0.0)
        for first in range(0, photos, settings.shard_rows):
            writer.add(made_rows(first, min(settings.shard_rows, photos - first)))
        writer.flush()
    return folder


def path_of(number: int) -> str:
    """Return the path of a photo that was made."""
    return f"{_ROOT}/{number // _PER_FOLDER:05}/IMG_{number % _PER_FOLDER:04}.jpg"


def made_rows(first: int, count: int) -> pa.Table:
    """Return the rows of count photos from the first on."""
    rng = np.random.default_rng(first)
    numbers = range(first, first + count)
    columns = {
        "path": pa.array([path_of(number) for number in numbers], pa.string()),
        "source": pa.array([_ROOT] * count),
        "content_hash": pa.array([rng.bytes(32) for _ in numbers], pa.binary(32)),
        "size": pa.array(rng.integers(4_000_000, 9_000_000, count)),
        "mtime_ns": pa.array([1_700_000_000_000_000_000] * count),
        "captured": pa.array([_captured(number) for number in numbers], pa.timestamp("us")),
        "camera": pa.array([f"NIKON CORPORATION NIKON Z 9 {number // (50 * _PER_FOLDER)}" for number in numbers]),
        "width": pa.array([8256] * count, pa.int32()),
        "height": pa.array([5504] * count, pa.int32()),
        "phash": pa.array([_hash(number, rng) for number in numbers], pa.uint64()),
        "sharpness": _lists(rng.uniform(1, 2, (count, 3)), pa.list_(pa.float32())),
        "exposure": pa.array([_EXPOSURE] * count, EXPOSURE),
        "view_grey": _planes(rng, count, *_VIEW),
        "view_focus": _planes(rng, count, _VIEW[0] // 4, _VIEW[1] // 4),
        "companions": pa.array([[]] * count, pa.list_(pa.string())),
        "faces": _faces(rng, count),
    }
    arrays = [columns[name] if name in columns else pa.nulls(count, SCHEMA.field(name).type) for name in SCHEMA.names]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


_EXPOSURE = {"bracketed": False, "focus_bracketed": False, "bias_ev": 0.0, "time_s": 0.004, "value_ev": 9.2,
             "lens": "NIKKOR Z 85mm f/1.8 S", "serial": True}  # fmt: skip


def _captured(number: int) -> datetime:
    burst, within = divmod(number, _BURST)
    hours = number // _PER_FOLDER * 3.0  # a folder is a shoot
    return _BEGIN + timedelta(hours=hours, seconds=burst % (_PER_FOLDER // _BURST) * _PAUSE_S + 0.5 * within)


def _hash(number: int, rng: np.random.Generator) -> int:
    """Those of one burst differ in few bits."""
    of_burst = int(np.random.default_rng(number // _BURST).integers(1, 1 << 63))
    return of_burst ^ (1 << int(rng.integers(0, 64)))


def _faces(rng: np.random.Generator, count: int) -> pa.Array:
    probs = rng.dirichlet((1, 2, 4, 2, 1), count)
    scores = probs @ np.arange(1, 6)
    corners = rng.uniform(0, 4000, (count, 2))
    fields = {
        "box": _lists(
            np.hstack((corners, corners + rng.uniform(300, 900, (count, 1)))).round(1), FACE.field("box").type
        ),
        "score": pa.array(scores.round(4), pa.float32()),
        "rating_probs": _lists(probs.round(4), FACE.field("rating_probs").type),
        "eyes_closed": _lists((rng.uniform(0, 1, (count, 2)) ** 6).round(4), FACE.field("eyes_closed").type),
        "reasons": pa.array([[]] * count, pa.list_(pa.string())),
        "embedding": _lists(rng.normal(size=(count, EMBEDDING)), FACE.field("embedding").type),
        "pose": _lists(rng.normal(0, 15, (count, 3)).round(2), FACE.field("pose").type),
        "blendshapes": _lists((rng.uniform(0, 1, (count, BLENDSHAPES)) ** 4).round(4), pa.list_(pa.float32())),
        "sharpness": _lists(rng.uniform(1, 2, (count, 3)).round(4), pa.list_(pa.float32())),
        "open_eyes_score": pa.array(scores.round(4), pa.float32()),
        "open_eyes_probs": _lists(probs.round(4), pa.list_(pa.float32())),
        "light": pa.array(rng.uniform(0.2, 0.8, count).round(4), pa.float32()),
        "eye_detail": pa.array(rng.normal(2.5, 0.5, count).round(4), pa.float32()),
        "mouth_cover": pa.array(rng.normal(-6, 1, count).round(4), pa.float32()),
    }
    faces = pa.StructArray.from_arrays(list(fields.values()), fields=list(FACE))
    return pa.ListArray.from_arrays(pa.array(np.arange(count + 1), pa.int32()), faces)


def _lists(values: npt.NDArray[np.floating], kind: pa.DataType) -> pa.Array:
    flat = pa.array(values.ravel().astype(kind.value_type.to_pandas_dtype()), kind.value_type)
    if pa.types.is_fixed_size_list(kind):
        return pa.FixedSizeListArray.from_arrays(flat, type=kind)
    offsets = pa.array(np.arange(len(values) + 1) * values.shape[1], pa.int32())
    return pa.ListArray.from_arrays(offsets, flat)


def _planes(rng: np.random.Generator, count: int, columns: int, rows: int) -> pa.Array:
    kind = SCHEMA.field("view_grey").type
    smooth = rng.normal(128, 6, (count, rows * columns)).astype(np.uint8)  # takes about the room of a real one
    return pa.StructArray.from_arrays(
        [
            pa.array([rows] * count, pa.int16()),
            pa.array([columns] * count, pa.int16()),
            pa.array([one.tobytes() for one in smooth], pa.binary()),
        ],
        fields=list(kind),
    )
