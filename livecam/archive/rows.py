"""A photo's row in an archive, and the photo that a row tells of: one is the other's reverse.

The numbers of a record are rounded to so many digits that a float32 keeps them; what is read back is rounded again, and
so is the very number.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np

from livecam.best.records.frame import FaceRecord, FrameRecord
from livecam.best.records.sound import require_sound
from livecam.best.records.view import View
from livecam.photos.exif import UNKNOWN_EXPOSURE, Exposure
from livecam.types import EMBEDDING, Reason, UInt8Array

Row = dict[str, Any]  # by the names of ``schema.SCHEMA``

_UNREAD = (
    "content_hash", "captured", "captured_offset_min", "camera", "width", "height", "phash", "sharpness", "exposure",
    "view_grey", "view_focus", "judged_path", "faces",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """A photo as it was found in a source; what is read of it comes later.

    path: as in ``schema.SCHEMA``, text.  source, companions: likewise.  size: bytes.  mtime_ns: since 1970 UTC.
    path_bytes: of a name that is not text; else None.
    """

    path: str
    source: str
    size: int | None = None
    mtime_ns: int | None = None
    companions: tuple[str, ...] = ()
    path_bytes: bytes | None = None


def text_of(path: Path) -> tuple[str, bytes | None]:
    r"""Return a path as text, with \xNN for bytes that are none, and its bytes if there are such."""
    name = os.fspath(path)
    try:
        name.encode()
    except UnicodeEncodeError:
        data = os.fsencode(path)
        return data.decode("utf-8", "backslashreplace"), data
    return name, None


def path_of(text: str, data: bytes | None) -> Path:
    """Undo ``text_of``."""
    return Path(text if data is None else os.fsdecode(data))


def row_of(
    listed: Listed,
    record: FrameRecord | None,
    *,
    content: bytes | None = None,
    error: str | None = None,
    judged: str | None = None,
) -> Row:
    """Return the row of a photo. record: what came of it, None if it could not be read.

    content: its content_hash.  error: see ``schema.SCHEMA``.  judged: the companion that record tells of, if it is one.
    """
    row: Row = {
        "path": listed.path,
        "path_bytes": listed.path_bytes,
        "source": listed.source,
        "size": listed.size,
        "mtime_ns": listed.mtime_ns,
        "companions": list(listed.companions),
        "error": error,
    }
    if record is None:
        return row | dict.fromkeys(_UNREAD)
    offset = record.captured.utcoffset() if record.captured is not None else None
    return row | {
        "content_hash": content,
        "captured": None if record.captured is None else record.captured.replace(tzinfo=None),
        "captured_offset_min": None if offset is None else round(offset.total_seconds() / 60),
        "camera": record.camera,
        "width": record.width,
        "height": record.height,
        "phash": record.phash,
        "sharpness": list(record.sharpness),
        "exposure": asdict(record.exposure),
        "view_grey": None if record.view is None else _plane(record.view.grey),
        "view_focus": None if record.view is None else _plane(record.view.focus),
        "judged_path": judged,
        "faces": [_face_row(face) for face in record.faces],
    }


def place_of(row: Mapping[str, Any]) -> Path:
    """Return the path of a row's file; of an address that is no file, the address as a path, to name it by."""
    return path_of(row["path"], row["path_bytes"])


def record_of_row(row: Mapping[str, Any]) -> FrameRecord | None:
    """Return the record that row was made of, as the scan of ``livecam best`` gives it; None if it holds none.

    row: as ``pyarrow.Table.to_pylist`` gives it. Raises KeyError, TypeError or ValueError on anything else.
    """
    if row["faces"] is None:
        return None
    files = (place_of(row), *map(Path, row["companions"]))
    path = files[0] if row["judged_path"] is None else Path(row["judged_path"])
    view = row["view_grey"], row["view_focus"]
    record = FrameRecord(
        path=path,
        t_ms=None,
        width=row["width"],
        height=row["height"],
        faces=tuple(_face_of(face) for face in row["faces"]),
        captured=captured_of(row["captured"], row["captured_offset_min"]),
        camera=row["camera"],
        phash=row["phash"],
        sharpness=_rounded(row["sharpness"]),
        companions=tuple(file for file in files if file != path),
        exposure=UNKNOWN_EXPOSURE if row["exposure"] is None else Exposure(**row["exposure"]),
        view=None if None in view else View(*map(_array, view)),
    )
    return require_sound(record)


def captured_of(clock: datetime | None, offset_min: int | None) -> datetime | None:
    """Return when a photo was taken by the columns ``captured`` and ``captured_offset_min``, aware if it says."""
    if clock is None or offset_min is None:
        return clock
    return clock.replace(tzinfo=timezone(timedelta(minutes=offset_min)) if offset_min else UTC)


def _face_row(face: FaceRecord) -> Row:
    embedding = np.frombuffer(face.embedding, np.float16)
    return {
        "box": list(face.box),
        "score": face.score,
        "rating_probs": list(face.rating_probs),
        "eyes_closed": list(face.eyes_closed),
        "reasons": [reason.name for reason in face.reasons],
        "embedding": embedding if len(embedding) == EMBEDDING else None,
        "pose": list(face.pose),
        "blendshapes": list(face.blendshapes),
        "sharpness": list(face.sharpness),
        "open_eyes_score": face.open_eyes_score,
        "open_eyes_probs": list(face.open_eyes_probs),
        "light": face.light,
        "eye_detail": face.eye_detail,
        "mouth_cover": face.mouth_cover,
    }


def _face_of(face: Mapping[str, Any]) -> FaceRecord:
    x0, y0, x1, y1 = _rounded(face["box"], 1)
    left, right = _rounded(face["eyes_closed"])
    yaw, pitch, roll = _rounded(face["pose"], 2)
    embedding = face["embedding"]
    return FaceRecord(
        box=(x0, y0, x1, y1),
        score=round(float(face["score"]), 4),
        rating_probs=_rounded(face["rating_probs"]),
        eyes_closed=(left, right),
        reasons=tuple(Reason[name] for name in face["reasons"]),
        pose=(yaw, pitch, roll),
        blendshapes=_rounded(face["blendshapes"]),
        sharpness=_rounded(face["sharpness"]),
        open_eyes_score=round(float(face["open_eyes_score"]), 4),
        open_eyes_probs=_rounded(face["open_eyes_probs"]),
        embedding=b"" if embedding is None else np.asarray(embedding, np.float16).tobytes(),
        light=None if face["light"] is None else round(float(face["light"]), 4),
        eye_detail=None if face["eye_detail"] is None else round(float(face["eye_detail"]), 4),
        mouth_cover=None if face["mouth_cover"] is None else round(float(face["mouth_cover"]), 4),
    )


def _rounded(values: Sequence[float], digits: int = 4) -> tuple[float, ...]:
    return tuple(round(float(value), digits) for value in values)


def _plane(array: UInt8Array) -> Row:
    rows, columns = array.shape
    return {"rows": rows, "columns": columns, "data": array.tobytes()}


def _array(plane: Mapping[str, Any]) -> UInt8Array:
    return np.frombuffer(plane["data"], np.uint8).reshape(plane["rows"], plane["columns"])
