"""Reads a ratings file: what a person thinks of their photos."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from livecam.errors import SourceError
from model.data.dataset import leaves_folder, parse_eyes, parse_rating

RATINGS_FILE = "ratings.csv"


@dataclass(frozen=True, slots=True)
class Rated:
    """One line of a ratings file.

    photo: the path as it is written there.  path: where that is.  rating: 1..5, 0 unknown.  eyes: 0 open, 1 closed,
    -1 unknown.  face: which face from the left, from 1; 0 where it is not said.
    """

    photo: str
    path: Path
    rating: int
    eyes: int
    person: str
    session: str
    face: int


def read_ratings(photos: Path) -> list[Rated]:
    """Read a ratings file, or the ratings.csv of a folder. Raises SourceError, one line, when it does not serve.

    Columns: path, and rating (1..5) or eyes (open|closed) or both; person, session and face (1: the leftmost) are
    optional. Paths are relative to the file's folder and may not leave it.
    """
    path = photos / RATINGS_FILE if photos.is_dir() else photos
    if not path.is_file():
        hint = "rate the photos first, or name the ratings file" if photos.is_dir() else "check the path"
        raise SourceError(f"no ratings at {path}: {hint}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            columns = [name.strip() for name in reader.fieldnames or ()]
            reader.fieldnames = columns
            _require_columns(path, columns)
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path} cannot be read as a CSV in UTF-8 ({error}): save it as one") from None
    rated: dict[tuple[str, int], int] = {}
    found = []
    for line, row in rows:
        try:
            item = _rated(path.parent, row)
        except ValueError as error:
            raise SourceError(f"{path} line {line}: {error}: correct that line") from None
        before = rated.setdefault((item.photo, item.face), line)
        if before != line:
            raise SourceError(f"{path} has {item.photo} in lines {before} and {line}: leave one of them")
        found.append(item)
    if not found:
        raise SourceError(f"{path} holds no ratings: rate some photos first")
    return found


def _require_columns(path: Path, columns: list[str]) -> None:
    shown = ",".join(columns)[:80] or "nothing"
    if "path" not in columns:
        raise SourceError(f"{path} lacks the column path (found: {shown}): its header must be path,rating")
    if "rating" not in columns and "eyes" not in columns:
        raise SourceError(f"{path} lacks the column rating (found: {shown}): its header must be path,rating")


def _rated(folder: Path, row: dict[str, str]) -> Rated:
    photo = row["path"].strip()
    if not photo:
        raise ValueError("the path is empty")
    if leaves_folder(photo):
        raise ValueError(f"{photo} leads out of the folder of the ratings")
    rating, eyes = parse_rating(row.get("rating", "")), parse_eyes(row.get("eyes", ""))
    if not rating and eyes < 0:
        raise ValueError(f"{photo} has no rating")
    text = row.get("face", "").strip()
    if text and not (text.isdecimal() and int(text) >= 1):
        raise ValueError(f"face {text} is not a number from 1, the leftmost")
    person, session = (row.get(name, "").strip() for name in ("person", "session"))
    return Rated(photo, folder / photo, rating, eyes, person, session, int(text or 0))
