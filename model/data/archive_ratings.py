"""Reads what a person thinks of photos that are in an archive: told by their paths, or by their content's hash."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass, field
from pathlib import Path

from livecam.archive.rows import text_of
from livecam.errors import SourceError
from livecam.storage.named_photos import NamedPhotos
from livecam.storage.ratings_table import read_table
from model.data.cells import parse_labels

_HASH = "content_hash"  # 64 hexadecimal digits, as livecam archive query gives it


@dataclass(frozen=True, slots=True)
class ArchiveRating:
    """One line.

    photo: as it was named.  rating: 1..5, 0 unknown.  eyes: 0 open, 1 closed, -1 unknown.  face: which one from the
    left, from 1; 0 where it is not said.
    """

    photo: str
    rating: int
    eyes: int
    person: str
    session: str
    face: int


@dataclass(slots=True)
class ArchiveRatings:
    """The lines of a file, by a photo's path as an archive writes it, or by its content's hash."""

    by_path: dict[str, list[ArchiveRating]] = field(default_factory=dict)
    by_hash: dict[str, list[ArchiveRating]] = field(default_factory=dict)

    @property
    def all(self) -> list[ArchiveRating]:
        """All lines."""
        return [rating for of in (self.by_path, self.by_hash) for ratings in of.values() for rating in ratings]


def read_archive_ratings(path: Path) -> ArchiveRatings:
    """Read a CSV with the columns path or content_hash, and rating or eyes; person, session and face are optional.

    Paths are absolute, relative to the file's folder, or addresses. Raises SourceError, one line.
    """
    names = NamedPhotos(path.parent)
    try:
        table = read_table(path, names)
    except (OSError, ValueError, csv.Error) as error:
        raise SourceError(f"{path} cannot be read as a CSV in UTF-8 ({error}): check the path, or save it so") from None
    told_by = next((name for name in (_HASH, "path") if name in table.columns), None)
    if told_by is None or not {"rating", "eyes"} & set(table.columns):
        shown = ",".join(table.headings)[:80] or "nothing"
        raise SourceError(f"{path} has the columns {shown}: its header must be path,rating or {_HASH},rating")
    found, lines = ArchiveRatings(), dict[tuple[str, int], int]()
    for line, row in table.rows:
        try:
            rating = _rating(row, told_by)
        except ValueError as error:
            raise SourceError(f"{path} line {line}: {error}: correct that line") from None
        key = rating.photo.lower() if told_by == _HASH else _as_archived(rating.photo, names)
        before = lines.setdefault((key, rating.face), line)
        if before != line:
            raise SourceError(f"{path} has {rating.photo} in lines {before} and {line}: leave one of them")
        of = found.by_hash if told_by == _HASH else found.by_path
        of.setdefault(key, []).append(rating)
    if not lines:
        raise SourceError(f"{path} holds no ratings: rate some photos first")
    return found


def _rating(row: dict[str, str], told_by: str) -> ArchiveRating:
    photo = row[told_by].strip()
    if not photo:
        raise ValueError(f"the column {told_by} is empty")
    return ArchiveRating(photo, *parse_labels(row, photo))


def _as_archived(photo: str, names: NamedPhotos) -> str:
    if "://" in photo and not photo.lower().startswith("file:"):
        return photo
    return text_of(Path(os.path.abspath(names.find(photo))))[0]  # noqa: PTH100  links stay what they are
