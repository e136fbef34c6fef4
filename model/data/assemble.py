"""Makes a data set of rated faces: without copies, grouped, and written as a whole."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livecam.errors import OutputError, SourceError
from livecam.storage.durable import replacing_folder
from model.data.dataset import COLUMNS, EYES, MIN_PHOTOS, SCHEMA, Int64Array, crop_version
from model.data.face_of_photo import LeftOut, RatedFace
from model.data.grouping import drop_copies, look_alikes, name_sessions

LEFT_OUT_COLUMNS = ("photo", "reason", "detail")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of the photos: how many were kept, and what was left out (photo, reason, detail)."""

    out: Path
    kept: int
    left_out: tuple[LeftOut, ...]
    sessions: int
    groups: int


def require_free(out: Path) -> None:
    """Raise OutputError unless a data set may be written to the folder out: it is new, empty, or holds one."""
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file: choose another --out")
    if out.is_dir() and any(out.iterdir()) and not (out / "dataset.json").is_file():
        raise OutputError(f"{out} holds something else: choose an empty folder for --out")


def assemble(looked_at: Sequence[RatedFace | LeftOut], source: Path, out: Path) -> Prepared:
    """Write the data set of the photos that were looked at to the folder out.

    source: where the ratings are from. A data set that out holds is replaced as a whole. Raises SourceError when fewer
    than ten photos remain, OutputError when out cannot be written.
    """
    faces = [one for one in looked_at if isinstance(one, RatedFace)]
    kept, copies = drop_copies(faces)
    left_out = [*(one for one in looked_at if isinstance(one, LeftOut)), *copies]
    if len(kept) < MIN_PHOTOS:
        raise SourceError(too_few(len(kept), len(looked_at), left_out))
    groups, sessions = look_alikes(kept), name_sessions(kept)
    try:
        _write(out, source, kept, groups, sessions, left_out)
    except OSError as error:
        raise OutputError(
            f"{out} cannot be written ({error.strerror}): free some space or choose another --out"
        ) from None
    known = len({session for session in sessions if session})
    return Prepared(out, len(kept), tuple(left_out), known, len(np.unique(groups)))


def too_few(kept: int, rated: int, left_out: Sequence[LeftOut]) -> str:
    """Return a line on why too few photos are left to train on."""
    reasons = Counter(item.reason for item in left_out).most_common()
    found = f" ({', '.join(f'{count} {reason}' for reason, count in reasons)})" if reasons else ""
    worst = next((item for item in left_out if item.reason == reasons[0][0]), None)
    example = f", for example {worst.photo}{f', {worst.detail}' if worst.detail else ''}" if worst else ""
    few = f"only {kept} of {rated} photos could be used{found}{example}"
    return f"{few}: training needs {MIN_PHOTOS}; nothing was written; rate more photos"


def _write(
    out: Path,
    source: Path,
    kept: Sequence[RatedFace],
    groups: Int64Array,
    sessions: Sequence[str],
    left_out: Sequence[LeftOut],
) -> None:
    """Write the data set beside out and put it in its place when it is whole."""
    with replacing_folder(out) as beside:
        (beside / "crops").mkdir()
        with (beside / "faces.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS)
            for number, (face, group, session) in enumerate(zip(kept, groups, sessions, strict=True)):
                name = f"crops/{number:05d}.png"
                (beside / name).write_bytes(face.png)
                rated = face.rated
                rating, eyes = rated.rating or "", EYES[rated.eyes] if rated.eyes >= 0 else ""
                labels = (rating, eyes, rated.person, session, int(group))
                table.writerow((name, rated.photo, *labels, round(face.face_px), face.digest))
        np.savez(
            beside / "landmarks.npz",
            points=np.array([face.points for face in kept], np.float32).reshape(len(kept), -1, 2),
            blendshapes=np.array([face.blendshapes for face in kept], np.float32),
            pose=np.array([face.pose for face in kept], np.float32),
        )
        with (beside / "left_out.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(LEFT_OUT_COLUMNS)
            table.writerows((item.photo, item.reason, item.detail) for item in left_out)
        about = {
            "schema": SCHEMA,
            "crop_version": crop_version(),
            "source": str(source),
            "kept": len(kept),
            "left_out": len(left_out),
        }
        (beside / "dataset.json").write_text(json.dumps(about, indent=1) + "\n", "utf-8")
