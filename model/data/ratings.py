"""Reads a ratings file: what a person thinks of their photos."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from livecam.errors import SourceError
from livecam.photos.read import PHOTO_SUFFIXES
from livecam.storage.named_photos import NamedPhotos, is_absolute
from livecam.storage.ratings_table import RatingsTable, read_table
from model.data.cells import parse_labels

RATINGS_FILE = "ratings.csv"


@dataclass(frozen=True, slots=True)
class RatedPhoto:
    """One line of a ratings file.

    photo: its path from the file's folder, or all of it where it lies elsewhere.  path: where that is.  rating: 1..5,
    0 unknown.  eyes: 0 open, 1 closed, -1 unknown.  face: which face from the left, from 1; 0 where it is not said.
    """

    photo: str
    path: Path
    rating: int
    eyes: int
    person: str
    session: str
    face: int


def read_ratings(photos: Path) -> list[RatedPhoto]:
    """Read a ratings file, or the ratings.csv of a folder. Raises SourceError, one line, when it does not serve.

    Columns: path, and rating (1..5) or eyes (open|closed) or both; person, session and face (1: the leftmost) are
    optional. Paths are relative to the file's folder and may not leave it; or all of them are absolute, as the page of
    ``livecam best`` writes them, and then the file may lie elsewhere. For how all that may be spelled, see
    ``livecam.storage.ratings_table`` and ``named_photos``.
    """
    path = photos / RATINGS_FILE if photos.is_dir() else photos
    if not path.is_file():
        hint = "rate the photos first, or name the ratings file" if photos.is_dir() else "check the path"
        raise SourceError(f"no ratings at {path}: {hint}")
    names = NamedPhotos(path.parent)
    try:
        table = read_table(path, names)
    except (OSError, ValueError, csv.Error) as error:
        raise SourceError(f"{path} cannot be read as a CSV in UTF-8 ({error}): save it as one") from None
    _require_columns(path, table)
    anywhere = all(is_absolute(row["path"].strip()) for _, row in table.rows)
    rated: dict[tuple[Path, int], int] = {}
    found = []
    for line, row in table.rows:
        try:
            item = _rated(path.parent, names, row, anywhere=anywhere)
        except ValueError as error:
            raise SourceError(f"{path} line {line}: {error}: correct that line") from None
        before = rated.setdefault((item.path, item.face), line)
        if before != line:
            raise SourceError(f"{path} has {item.photo} in lines {before} and {line}: leave one of them")
        found.append(item)
    if not found:
        raise SourceError(f"{path} holds no ratings: rate some photos first")
    return found


def _require_columns(path: Path, table: RatingsTable) -> None:
    shown = ",".join(table.headings)[:80] or "nothing"
    if "path" not in table.columns:
        raise SourceError(f"{path} lacks the column path (found: {shown}): its header must be path,rating")
    if "rating" not in table.columns and "eyes" not in table.columns:
        raise SourceError(f"{path} lacks the column rating (found: {shown}): its header must be path,rating")


def _rated(folder: Path, names: NamedPhotos, row: dict[str, str], *, anywhere: bool) -> RatedPhoto:
    text = row["path"].strip()
    if not text:
        raise ValueError("the path is empty")
    path = names.find(text)
    inside = path.is_relative_to(folder) and ".." not in path.relative_to(folder).parts
    if not inside and not (anywhere and is_absolute(text) and path.suffix.lower() in PHOTO_SUFFIXES):
        raise ValueError(f"{text} leads out of the folder of the ratings")
    photo = path.relative_to(folder).as_posix() if inside else str(path)
    return RatedPhoto(photo, path, *parse_labels(row, photo))
