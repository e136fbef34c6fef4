"""Copies a card into a folder, each file checked, none twice; the card is only ever read.

Files are taken by families, all that share the beginning of a name in one folder or in a program's folder in that
(``IMG_1.CR3``, ``IMG_1.JPG``, ``IMG_1.xmp``, ``CaptureOne/Settings/IMG_1.CR3.cos``), so that raw, JPEG and what
somebody has set keep one name wherever one of them needs a new one: else it would be said of another photo.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from livecam.best.ingest.file_copy import CardError, copy_checked, hash_of, hash_on_card, remove_leftovers
from livecam.best.ingest.journal import Copied, IngestJournal
from livecam.errors import OutputError, SourceError
from livecam.photos.belongings import is_picture
from livecam.photos.discover import printable
from livecam.photos.folder_names import FolderNames
from livecam.photos.jpeg_segments import without_marks
from livecam.photos.read import JPEG_SUFFIXES
from livecam.storage.disk_errors import why
from livecam.storage.durable import require_writable
from livecam.storage.folder_lock import alone_at

# Below this a file is no picture: empty files and such are known by their names, for many are alike. Set by hand.
_PICTURE_BYTES = 1024


@dataclass(slots=True)
class IngestReport:
    """What came of it, in files. copied: were copied now.  present: were there, and read the same.

    renamed, elsewhere: a line each on what got another name, and on what was there under another.  kept: a line each on
    settings of a photo that is there which say something else there.  failed: a line each.
    """

    copied: int = 0
    bytes_copied: int = 0
    present: int = 0
    renamed: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def ingest(card: Path, folder: Path, on_file: Callable[[int, int], None] | None = None) -> IngestReport:
    """Copy what is on card, with its folders, into folder. on_file: told how many files of how many are done.

    Raises SourceError if there is no card, or it was pulled; OutputError if folder cannot be written to. What was
    copied until then is whole and stays, and the next call goes on.
    """
    if not card.is_dir():
        state = "is a file" if card.exists() else "is not there"
        raise SourceError(f"{printable(card)} {state}: name the folder of the card, such as its DCIM")
    inside, outside = card.resolve(), folder.resolve()
    if outside.is_relative_to(inside) or inside.is_relative_to(outside):
        raise OutputError(
            f"{printable(folder)} and the card {printable(card)} hold each other: choose another --copy-to"
        )
    with alone_at(folder, "copies into"):
        try:
            require_writable(folder)
            remove_leftovers(folder)
            copying = _Copying(card, folder, IngestJournal(folder))
        except OSError as error:
            raise OutputError(f"cannot copy to {printable(folder)}: {why(error)}") from error
        families = _families(card)
        if not families:  # as where the card was pulled, and only the folder is left that it appears in
            raise SourceError(f"{printable(card)} holds no files: is the card in?")
        total = sum(map(len, families))
        for family in families:
            copying.take(family)
            if on_file is not None:
                on_file(copying.done, total)
    return copying.report


class _Copying:
    """One run."""

    def __init__(self, card: Path, folder: Path, journal: IngestJournal) -> None:
        self._card, self._folder, self._journal = card, folder, journal
        self._hashes: dict[Path, str] = {}  # of copies, as read in this run
        self.report = IngestReport()
        self.done = 0

    def take(self, family: Sequence[Path]) -> None:
        """Copy what is missing of a family. Raises SourceError if the card is gone, OutputError."""
        try:
            hashes = {path: hash_on_card(path) for path in family}
            if (there := self._elsewhere(hashes)) is not None:
                self.report.present += len(family)
                if there:
                    self.report.elsewhere.append(there)
            else:
                self._copy(hashes)
        except CardError as error:
            if not family[0].exists():
                copied = f"{self.report.copied:,} files were copied and checked"
                raise SourceError(
                    f"the card {printable(self._card)} is gone: {copied}: put it back and run it again to go on"
                ) from error
            self.report.failed.append(str(error))
        except OSError as error:
            raise OutputError(f"cannot copy to {printable(self._folder)}: {why(error)}, and run it again") from error
        self.done += len(family)

    def _copy(self, hashes: dict[Path, str]) -> None:
        number, targets = self._names_for(hashes)
        for path, target in targets.items():
            name = target.relative_to(self._folder).as_posix()
            if os.path.lexists(target):
                self.report.present += 1
                if not is_picture(name) and not self._same(target, hashes[path]):
                    is_other = (
                        f"{printable(path.relative_to(self._card))} on the card is another than {printable(name)}"
                    )
                    way_out = "to have the card's, move that away and run this again"
                    self.report.kept.append(f"{is_other}, which stays: {way_out}")
                    continue
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                copy_checked(path, target, hashes[path])
                self._hashes[target] = hashes[path]
                self.report.copied += 1
                self.report.bytes_copied += target.stat().st_size
                if number > 1:
                    was = path.relative_to(self._card)
                    self.report.renamed.append(f"{printable(was)} is now {printable(name)}: another photo had its name")
            if name not in self._journal.names_of(hashes[path]):
                self._journal.add(Copied(name, hashes[path], path.relative_to(self._card).as_posix()))

    def _names_for(self, hashes: dict[Path, str]) -> tuple[int, dict[Path, Path]]:
        """The first number under which the family's names are free or its own; 1 is the name on the card."""
        number = 1
        while not self._is_free(targets := {path: self._target(path, number) for path in hashes}, hashes):
            number += 1
        return number, targets

    def _is_free(self, targets: dict[Path, Path], hashes: dict[Path, str]) -> bool:
        """Whether nothing of another photo's is at targets; of the same photo marks and settings may be others."""
        there = [path for path, to in targets.items() if os.path.lexists(to)]
        pictures = [path for path in there if is_picture(path.name)]
        if pictures:
            return all(self._same_picture(path, targets[path], hashes[path]) for path in pictures)
        return all(self._same(targets[path], hashes[path]) for path in there)

    def _same_picture(self, path: Path, copy: Path, sha256: str) -> bool:
        """Whether a copy holds the same, but for marks that somebody has put into a JPEG since, as --xmp embed does."""
        if self._same(copy, sha256):
            return True
        if path.suffix.lower() not in JPEG_SUFFIXES or not copy.is_file():
            return False
        plain = without_marks(copy.read_bytes())
        return plain is not None and plain == without_marks(path.read_bytes())

    def _elsewhere(self, hashes: dict[Path, str]) -> str | None:
        """Where the whole family lies already under another name, in words, "" where under its own; None if nowhere."""
        if all(path.stat().st_size < _PICTURE_BYTES for path in hashes):
            return None
        first = next(iter(hashes))
        wanted = {(os.path.relpath(path.parent, first.parent), _rest(path.name), sha) for path, sha in hashes.items()}
        places = {Path(name).with_name(_beginning(Path(name).name)) for name in self._journal.names_of(hashes[first])}
        for place in sorted(places):
            members = {
                (self._folder / place.parent / where / f"{place.name}{rest}", sha256) for where, rest, sha256 in wanted
            }
            if all(self._same(member, sha256) for member, sha256 in members):
                name, was = f"{place}{_rest(first.name)}", first.relative_to(self._card).as_posix()
                return "" if name == was else f"{printable(was)} is there already, as {printable(name)}"
        return None

    def _target(self, path: Path, number: int) -> Path:
        plain = self._folder / path.relative_to(self._card)
        numbered = f"{_beginning(path.name)}-{number}{_rest(path.name)}"
        return plain if number == 1 else plain.with_name(numbered)

    def _same(self, copy: Path, sha256: str) -> bool:
        """Whether a copy is there and holds this: it is read, once a run."""
        if not copy.is_file():
            return False
        if copy not in self._hashes:
            self._hashes[copy] = hash_of(copy)
        return self._hashes[copy] == sha256


def _families(card: Path) -> list[list[Path]]:
    """All files on the card but hidden ones, links and what systems leave there. Raises SourceError."""
    families: dict[Path, list[Path]] = defaultdict(list)
    names = FolderNames()
    for path in _files(card):
        folder = path.parent if path.parent == card else _photos_folder(path.parent, names)
        families[folder / _beginning(path.name)].append(path)
    return [sorted(families[key], key=lambda path: (len(path.parts), path)) for key in sorted(families)]


def _photos_folder(folder: Path, names: FolderNames) -> Path:
    """The folder whose photos the files in folder are about: another where a program keeps its settings in it."""
    above = (folder.parent, folder.parent.parent)
    return next((place for place in above if folder in names.settings_folders(place)), folder)


def _files(card: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise SourceError(f"{printable(error.filename)} cannot be read ({error.strerror}): is the card still there?")

    for place, folders, names in os.walk(card, onerror=refuse):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name != "System Volume Information"
        )
        yield from (
            p for p in (Path(place, n) for n in names if not n.startswith(".")) if p.is_file() and not p.is_symlink()
        )


def _beginning(name: str) -> str:
    return name.split(".", 1)[0]


def _rest(name: str) -> str:
    return name[len(_beginning(name)) :]
