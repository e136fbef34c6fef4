"""Finds what appeared beside photos after a transfer brought them: settings of editors, and what may be anything.

Editors keep what they did beside the photo, or in a folder of their own there, see ``livecam.photos.belongings``. A
picture or clip of a like name is an export or a photo of its own, which only a person can tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from livecam.errors import OutputError
from livecam.photos.belongings import is_picture, settings_rest
from livecam.photos.capture_names import folded
from livecam.photos.folder_names import FolderNames, beginnings
from livecam.photos.read import RAW_SUFFIXES
from livecam.storage.journal import Action, Journal, Step, journals_in


@dataclass(frozen=True, slots=True)
class LaterFiles:
    """What was not in a journal's folder when its photos were brought, and whose names begin with theirs.

    own: by the number of a photo's step, its settings, and the name that each would have, below the folder of before.
    stay: the rest.
    """

    own: dict[int, list[tuple[Path, str]]]
    stay: tuple[Path, ...]


def look_like_belongings(names: Iterable[str], steps: Collection[Step]) -> frozenset[str]:
    """Return those of names that would be taken for belongings of what steps bring."""
    stems = {folded(PurePosixPath(step.name).stem) for step in steps}
    return frozenset(name for name in names if any(stem in stems for stem in beginnings(PurePosixPath(name).name)))


def find_later(journal: Journal) -> LaterFiles:
    """Find what appeared since beside the photos that journal, whose folder is locked, has brought. Raises OSError."""
    folder, names = journal.path.parent, FolderNames()
    here = set(names.with_settings(folder))
    photos = _photos(journal, here)
    brought = {step.name for number, step in enumerate(journal.steps) if number not in journal.failed}
    new = here - brought - _brought_by_others(journal)
    new = {name for name in new if name not in journal.there and not PurePosixPath(name).name.startswith(".")}
    strangers = {Path(name).stem for name in here - new - {photo.name for _, photo in photos} if is_picture(name)}
    candidates: dict[str, list[PurePosixPath]] = {}
    for path in map(PurePosixPath, sorted(new)):
        for beginning in beginnings(path.name):
            candidates.setdefault(beginning, []).append(path)
    own: dict[int, list[tuple[Path, str]]] = {}
    taken: set[PurePosixPath] = set()
    stay: set[PurePosixPath] = set()
    for number, photo in photos:
        for path in candidates.get(folded(photo.stem), ()):
            rest = settings_rest(folder / photo, path.name, names)
            names_type = path.name.startswith(photo.name)
            if path.name != str(path) and not names_type:
                continue  # in a program's folder
            of_several = photo.stem in strangers and not names_type
            without_photo = journal.action is not Action.MOVE and photo.name not in here
            if is_picture(path.name) or (rest is not None and (of_several or without_photo)):
                stay.add(path)
            elif rest is not None and path not in taken:
                taken.add(path)
                name = str(path.with_name(journal.steps[number].source.stem + rest))
                own.setdefault(number, []).append((folder / path, name))
    return LaterFiles(own, tuple(folder / path for path in sorted(stay - taken)))


def _photos(journal: Journal, here: Collection[str]) -> list[tuple[int, Path]]:
    """The pictures that journal has brought, each with its step's number; raw ones first, for NAME.xmp is theirs."""
    photos = [
        (number, Path(step.name))
        for number, step in enumerate(journal.steps)
        if is_picture(step.name) and number not in journal.failed
        if number not in journal.back or step.name not in here  # else it is another photo's name now
    ]
    return sorted(photos, key=lambda photo: photo[1].suffix.lower() not in RAW_SUFFIXES)


def _brought_by_others(journal: Journal) -> set[str]:
    names: set[str] = set()
    for path in journals_in(journal.path.parent):
        names.add(path.name)
        if path.name == journal.path.name or not path.stat().st_size:
            continue
        try:
            other = Journal.read(path)
        except OutputError:
            continue  # of another livecam
        names.update(step.name for number, step in enumerate(other.steps) if number not in other.back)
    return names
