"""Reads ratings from a folder without a ratings file: from sub-folders 1 to 5, or from the stars in the photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from livecam.best.ranking.human_choice import photo_files
from livecam.errors import OutputError, SourceError
from livecam.photos.captures import Item
from livecam.photos.discover import collect
from livecam.photos.folder_names import FolderNames
from livecam.storage.marks import find_marks
from livecam.types import RATINGS
from model.data.face_of_photo import LeftOut
from model.data.ratings import RATINGS_FILE, RatedPhoto, read_ratings

_FOLDERS = tuple(map(str, RATINGS))


@dataclass(frozen=True, slots=True)
class Rated:
    """The photos that are rated, and those that are not."""

    photos: list[RatedPhoto]
    left_out: list[LeftOut]


def read_rated(photos: Path) -> Rated:
    """Read a ratings file, the ratings.csv of a folder, or what a folder itself says.

    A folder whose photos all lie in sub-folders 1 to 5 is rated by their names. In any other the stars count that a
    person has set in any program (``livecam.storage.marks``), not those that livecam wrote; rejects and photos without
    stars are left out. Raises SourceError, one line.
    """
    if not photos.is_dir() or (photos / RATINGS_FILE).is_file():
        return Rated(read_ratings(photos), [])
    items = [item for item in collect([str(photos)], recursive=True)[0] if not item.clip]
    folders = {item.path.relative_to(photos).parts[0] for item in items}
    rated = _by_folder(items, photos) if items and folders <= set(_FOLDERS) else _by_stars(items, photos)
    if not rated.photos:
        raise SourceError(
            f"no ratings in {photos}: write a {RATINGS_FILE}, sort the photos into folders 1 to 5, or give them stars"
        )
    return rated


def _by_folder(items: Sequence[Item], folder: Path) -> Rated:
    return Rated([_rated(item, folder, int(item.path.relative_to(folder).parts[0])) for item in items], [])


def _by_stars(items: Sequence[Item], folder: Path) -> Rated:
    names = FolderNames()
    rated, left_out = list[RatedPhoto](), list[LeftOut]()
    for item in items:
        photo = item.path.relative_to(folder).as_posix()
        try:
            stars = find_marks(photo_files(item.path, item.companions), names).persons_rating
        except OutputError as error:
            left_out.append(LeftOut(photo, "unreadable", str(error)))
            continue
        if stars in RATINGS:
            rated.append(_rated(item, folder, stars))
        else:
            left_out.append(LeftOut(photo, "rejected" if stars else "no stars"))
    return Rated(rated, left_out)


def _rated(item: Item, folder: Path, rating: int) -> RatedPhoto:
    photo = item.path.relative_to(folder).as_posix()
    return RatedPhoto(photo, item.path, rating, eyes=-1, person="", session="", face=0)
