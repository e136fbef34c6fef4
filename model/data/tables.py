"""Writes the tables of a data set, which ``model.data.dataset`` reads, and what was left out of it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from model.data.cells import EYES
from model.data.dataset import COLUMNS, SCHEMA, crop_version
from model.data.face_of_photo import LeftOut
from model.data.ratings import RatedPhoto

if TYPE_CHECKING:
    from model.data.archive_ratings import ArchiveRating  # needs the archive extra

_LEFT_OUT_COLUMNS = ("photo", "reason", "detail")
Row = tuple[str | int, ...]


def row_of(name: str, rated: RatedPhoto | ArchiveRating, session: str, group: int, face_px: float, digest: str) -> Row:
    """Return a face's row, see ``COLUMNS``. name: of its crop."""
    eyes = EYES[rated.eyes] if rated.eyes >= 0 else ""
    return name, rated.photo, rated.rating or "", eyes, rated.person, session, group, round(face_px), digest


def write_tables(
    folder: Path, faces: Sequence[Row], left_out: Sequence[LeftOut], source: Path, more: Mapping[str, object]
) -> None:
    """Write faces.csv, left_out.csv and, last, dataset.json into folder. Raises OSError.

    source: where the ratings are from.  more: what dataset.json says besides.
    """
    _write_csv(folder / "faces.csv", COLUMNS, faces)
    _write_csv(folder / "left_out.csv", _LEFT_OUT_COLUMNS, ((one.photo, one.reason, one.detail) for one in left_out))
    counts = {"kept": len(faces), "left_out": len(left_out)}
    about = {"schema": SCHEMA, "crop_version": crop_version(), "source": str(source), **more, **counts}
    (folder / "dataset.json").write_text(json.dumps(about, indent=1) + "\n", "utf-8")


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    # Names of files may hold bytes that are no text.
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        table = csv.writer(file)
        table.writerow(columns)
        table.writerows(rows)
