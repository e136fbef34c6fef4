"""The names in folders, each folder listed once, and found by how they begin."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast

from livecam.photos.capture_names import folded
from livecam.photos.on_disk import is_file

# Folders in which programs keep settings of the photos beside them: gThumb, Geeqie, Nikon's NX Studio, SILKYPIX; and
# those in which they do so in one for each version: Capture One (CaptureOne/Settings153), Exposure (Exposure
# Software/Exposure X7). What lies in them is named as the photo, NAME.EXT.*.
_SETTINGS_FOLDERS = frozenset((".comments", ".metadata", "nksc_param", "silkypix_ds"))
_OF_VERSIONS = {"captureone": re.compile(r"settings\d*"), "exposure software": re.compile(r"exposure x?\d+")}

_Made = TypeVar("_Made")


@dataclass(slots=True)
class _Listing:
    files: set[str]
    folders: tuple[str, ...]
    by_beginning: dict[str, list[str]] = field(default_factory=dict)
    by_spelling: dict[str, list[str]] = field(default_factory=dict)
    readable: bool = True

    def learn_beginnings(self, name: str) -> None:
        """Let name be found by how it begins."""
        for start in dict.fromkeys(beginnings(name)):
            self.by_beginning.setdefault(start, []).append(name)


class FolderNames:
    """Lists folders, each once: what changes later is not seen, but for what is said to have come or gone."""

    def __init__(self) -> None:
        """Begin with nothing listed."""
        self._listings: dict[Path, _Listing] = {}
        self._made: dict[object, dict[Path, object]] = {}

    def has(self, path: Path) -> bool:
        """Tell whether a file has just this name."""
        listing = self._listing(path.parent)
        return path.name in listing.files if listing.readable else is_file(path)

    def files(self, folder: Path) -> AbstractSet[str]:
        """Return the names of the files in folder; none if it cannot be read."""
        return self._listing(folder).files

    def spelled(self, path: Path) -> list[str]:
        """Return the names in path's folder that are path's but for case, or how accents are spelled; its own first.

        Other systems and their disks change both: a sidecar may come back as img_1.xmp.
        """
        listing = self._listing(path.parent)
        if not listing.readable:
            return [path.name] * is_file(path)
        if not listing.by_spelling:
            for name in sorted(listing.files):
                listing.by_spelling.setdefault(folded(name), []).append(name)
        return sorted(listing.by_spelling.get(folded(path.name), ()), key=lambda name: name != path.name)

    def add(self, path: Path) -> None:
        """Know of a file that has come since its folder was listed."""
        listing = self._listing(path.parent)
        if path.name in listing.files:
            return
        listing.files.add(path.name)
        if listing.by_spelling:
            listing.by_spelling.setdefault(folded(path.name), []).append(path.name)
        if listing.by_beginning:
            listing.learn_beginnings(path.name)

    def forget(self, path: Path) -> None:
        """Know that a file has gone since its folder was listed."""
        listing = self._listing(path.parent)
        listing.files.discard(path.name)
        listing.by_spelling.clear()  # made anew when they are asked for
        listing.by_beginning.clear()

    def with_settings(self, folder: Path) -> list[str]:
        """Return the names of the files in folder, and below it, with a slash, of those in its ``settings_folders``."""
        inner = self.settings_folders(folder)
        below = [f"{path.relative_to(folder).as_posix()}/{name}" for path in inner for name in self.files(path)]
        return [*self.files(folder), *below]

    def beginning(self, folder: Path, stem: str) -> list[str]:
        """Return the files' names that are stem and then something that is no letter or digit; case does not count."""
        listing = self._listing(folder)
        if not listing.by_beginning:
            for name in sorted(listing.files):
                listing.learn_beginnings(name)
        return listing.by_beginning.get(folded(stem), [])

    def once(self, folder: Path, make: Callable[[Path, FolderNames], _Made]) -> _Made:
        """Return what make gives for folder, made once for each."""
        made = self._made.setdefault(make, {})
        if folder not in made:
            made[folder] = make(folder, self)
        return cast("_Made", made[folder])

    def settings_folders(self, folder: Path) -> list[Path]:
        """Return the folders in folder in which programs keep settings of its photos."""
        found: list[Path] = []
        for name in self._listing(folder).folders:
            if name.casefold() in _SETTINGS_FOLDERS:
                found.append(folder / name)
            elif (version := _OF_VERSIONS.get(name.casefold())) is not None:
                inner = self._listing(folder / name).folders
                found += [folder / name / part for part in inner if version.fullmatch(part.casefold())]
        return found

    def _listing(self, folder: Path) -> _Listing:
        if folder not in self._listings:
            files: list[str] = []
            folders: list[str] = []
            readable = True
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        (files if _is_file(entry) else folders).append(entry.name)
            except OSError:  # said where its photos are read; what it is asked for by name may be there
                readable = False
            self._listings[folder] = _Listing(set(files), tuple(sorted(folders)), readable=readable)
        return self._listings[folder]


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link to itself, or to where nobody may look: the other names count all the same
        return False


def beginnings(name: str) -> Iterator[str]:
    """Yield what of a name may be a photo's stem, as ``folded``: all that ends before a character that is no word's."""
    for at in range(1, len(name)):
        if not name[at].isalnum():
            yield folded(name[:at])
