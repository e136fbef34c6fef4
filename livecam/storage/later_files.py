"""Finds what appeared beside photos after a transfer brought them: settings of editors, and what may be anything.

Editors keep what they did in NAME.EXT.* (darktable, digiKam, RawTherapee, DxO, Capture One) or NAME.* (Adobe, ON1,
Apple) beside the photo, and darktable of a duplicate in NAME_01.EXT.xmp. A picture or clip of a like name is an
export or a photo of its own, which only a person can tell.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from livecam.errors import OutputError
from livecam.photos.discover import CLIP_SUFFIXES
from livecam.photos.read import PHOTO_SUFFIXES, RAW_SUFFIXES
from livecam.storage.journal import Action, Journal, Step, journals_in

_PICTURES = PHOTO_SUFFIXES | CLIP_SUFFIXES
_DUPLICATE = re.compile(r"_\d{2}")  # darktable's number of a duplicate


@dataclass(frozen=True, slots=True)
class LaterFiles:
    """What was not in a journal's folder when its photos were brought, and whose names begin with theirs.

    own: by the number of a photo's step, its settings, and the name that each would have where the photo came from.
    stay: the rest.
    """

    own: dict[int, list[tuple[Path, str]]]
    stay: tuple[Path, ...]


def look_like_belongings(names: Iterable[str], steps: Collection[Step]) -> frozenset[str]:
    """Return those of names that would be taken for belongings of what steps bring."""
    stems = {Path(step.name).stem.casefold() for step in steps}
    return frozenset(name for name in names if any(stem in stems for stem in _beginnings(name)))


def find_later(journal: Journal) -> LaterFiles:
    """Find what appeared since beside the photos that journal, whose folder is locked, has brought. Raises OSError."""
    folder = journal.path.parent
    here = {path.name for path in folder.iterdir() if path.is_file()}
    photos = _photos(journal, here)
    brought = {step.name for number, step in enumerate(journal.steps) if number not in journal.failed}
    new = here - brought - _brought_by_others(journal)
    new = {name for name in new if name not in journal.there and not name.startswith(".")}
    strangers = {Path(name).stem for name in here - new - {photo.name for _, photo in photos} if _is_picture(name)}
    candidates: dict[str, list[str]] = {}
    for name in sorted(new):
        for beginning in _beginnings(name):
            candidates.setdefault(beginning, []).append(name)
    own: dict[int, list[tuple[Path, str]]] = {}
    taken: set[str] = set()
    stay: set[str] = set()
    for number, photo in photos:
        for name in candidates.get(photo.stem.casefold(), ()):
            rest = _settings_of(photo, name, here)
            of_several = photo.stem in strangers and not name.startswith(photo.name)
            without_photo = journal.action is not Action.MOVE and photo.name not in here
            if _is_picture(name) or (rest is not None and (of_several or without_photo)):
                stay.add(name)
            elif rest is not None and name not in taken:
                taken.add(name)
                own.setdefault(number, []).append((folder / name, journal.steps[number].source.stem + rest))
    return LaterFiles(own, tuple(folder / name for name in sorted(stay - taken)))


def _photos(journal: Journal, here: Collection[str]) -> list[tuple[int, Path]]:
    """The pictures that journal has brought, each with its step's number; raw ones first, for NAME.xmp is theirs."""
    photos = [
        (number, Path(step.name))
        for number, step in enumerate(journal.steps)
        if _is_picture(step.name) and number not in journal.failed
        if number not in journal.back or step.name not in here  # else it is another photo's name now
    ]
    return sorted(photos, key=lambda photo: photo[1].suffix.lower() not in RAW_SUFFIXES)


def _settings_of(photo: Path, name: str, here: Collection[str]) -> str | None:
    """Return what follows photo's stem in the name of a file with its settings; None if name is no such file."""
    if not name.startswith(photo.stem):
        return None
    rest = name[len(photo.stem) :]
    if rest.startswith(photo.suffix + ".") or (
        _DUPLICATE.match(rest) and rest[3:].lower() == photo.suffix.lower() + ".xmp" and Path(name).stem not in here
    ):
        return rest
    # IMG_1.CR3.xmp beside IMG_1.JPG is settings of IMG_1.CR3, wherever that is.
    return rest if rest.startswith(".") and not _is_picture(Path(name).stem) else None


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


def _beginnings(name: str) -> Iterator[str]:
    """What of a name may be a photo's stem, casefolded: all that ends before a character that is none of a word's."""
    for i in range(1, len(name)):
        if not name[i].isalnum():
            yield name[:i].casefold()


def _is_picture(name: str) -> bool:
    return Path(name).suffix.lower() in _PICTURES
