"""Plans a transfer: which files go along with each photo, and under which free names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from livecam.photos.belongings import belongings
from livecam.photos.capture_names import rest_behind, root_of
from livecam.photos.folder_names import FolderNames
from livecam.photos.other_files import library_of
from livecam.photos.read import RAW_SUFFIXES
from livecam.storage.durable import same_bytes
from livecam.storage.journal import Action, Step


@dataclass(slots=True)
class TransferPlan:
    """What is to be done, made before any of it is.

    there, ours: names in target, casefolded, for on some disks case does not count: those of before, those planned.
    folders: that photos lie in.  stems: by the names of planned photos without suffix, casefolded, the folders they
    come from.  claimed: files that go already.
    """

    target: Path
    action: Action
    there: frozenset[str]
    folders: FolderNames = field(default_factory=FolderNames)
    ours: set[str] = field(default_factory=set)
    stems: dict[str, set[Path]] = field(default_factory=dict)
    claimed: set[Path] = field(default_factory=set)
    steps: list[Step] = field(default_factory=list)
    present: list[Path] = field(default_factory=list)
    failed: list[tuple[Path, str]] = field(default_factory=list)

    def add(self, photo: Path, others: Sequence[Path]) -> None:
        """Plan to bring photo, others and what belongs to them, or note why not. Raises OSError."""
        if photo in self.claimed:
            return
        if not photo.is_file() or (photo.is_symlink() and self.action is Action.MOVE):
            what = "is a symbolic link: copy it instead" if photo.is_file() else "is gone: look where it went"
            self.failed.append((photo, f"cannot {self.action.value} {photo}: it {what}"))
            return
        here = self.target.resolve()  # a raw file that lies there already stays what it is
        pictures = [file for file in dict.fromkeys((photo, *others)) if file not in self.claimed]
        pictures = _without_backups(file for file in pictures if file.parent.resolve() != here)
        self.claimed.update(pictures)
        files = [_File(picture, picture) for picture in pictures]
        for picture in pictures:
            own = [file for file in belongings(picture, self.folders) if file not in self.claimed]
            self.claimed.update(own)
            files += [_File(file, picture) for file in own]
        link = next((file.path for file in files if file.path.is_symlink()), None)
        if link is not None and self.action is Action.MOVE:  # elsewhere it would lead nowhere, and its marks be lost
            why = f"{link.name}, which goes along, is a symbolic link: copy it instead"
            self.failed.append((photo, f"cannot move {photo}: {why}"))
            return
        library = next(filter(None, (library_of(file.path) for file in files)), None)
        if library is not None and self.action is Action.MOVE:
            why = f"it lies in {library.name}, whose program would miss it: copy it instead"
            self.failed.append((photo, f"cannot move {photo}: {why}"))
            return
        roots = sorted({root_of(picture.stem) for picture in pictures}, key=len)
        own_names = _apart(files, roots)
        count, names, stems = 1, own_names, roots
        while not all(
            free := [name.casefold() not in self.there and name.casefold() not in self.ours for name in names]
        ) or self._would_mix(pictures, stems):
            if not free[0] and self._is_there(photo, names[0]):
                self.present.append(photo)
                break
            count += 1
            names = [_numbered(name, roots, count) for name in own_names]
            stems = [f"{root}-{count}" for root in roots]
        wanted = [(file.path, name) for file, name, is_free in zip(files, names, free, strict=True) if is_free]
        self.steps += [Step(photo, path, name) for path, name in wanted]
        self.ours.update(name.casefold() for name in names)
        for stem in stems:
            self.stems.setdefault(stem.casefold(), set()).update(picture.parent for picture in pictures)

    def _would_mix(self, pictures: Sequence[Path], stems: Sequence[str]) -> bool:
        """Whether another photo, from elsewhere, goes by one of stems: every program would take the two for one photo.

        Photos of one name that lay in one folder stay as they were.
        """
        folders = {picture.parent for picture in pictures}
        others = (self.stems.get(stem.casefold()) for stem in stems)
        return any(other is not None and folders.isdisjoint(other) for other in others)

    def _is_there(self, photo: Path, name: str) -> bool:
        # A second original of the same bytes is a photo of its own, and one that is to move is not there yet.
        here = self.target / name
        return (
            self.action is not Action.MOVE
            and name.casefold() not in self.ours
            and here.is_file()
            and same_bytes(photo, here)
        )


def _without_backups(pictures: Iterable[Path]) -> list[Path]:
    """The pictures but for copies of another, to the byte, in another folder: these stay where somebody put them."""
    kept: list[Path] = []
    for picture in pictures:
        if not any(other.parent != picture.parent and _is_copy(picture, other) for other in kept):
            kept.append(picture)
    return kept


def _is_copy(one: Path, other: Path) -> bool:
    try:
        return one.suffix.lower() == other.suffix.lower() and same_bytes(one, other)
    except OSError:  # gone, or shut: said where it is to be brought
        return False


@dataclass(frozen=True, slots=True)
class _File:
    """A file that goes along. picture: what it belongs to, or is."""

    path: Path
    picture: Path

    @property
    def name(self) -> str:
        """Its name in the target: all lies beside each other, but what a program looks for in a folder of its own."""
        return self.path.relative_to(self.picture.parent).as_posix()


def _apart(files: Sequence[_File], roots: Sequence[str]) -> list[str]:
    """The names of the files of one photo, which may come from several folders.

    Of files of one name the raw file's keeps it, for its programs look for NAME.xmp, or else the first; another's
    sidecar becomes NAME.EXT.xmp, where the rest looks, and all else gets a number.
    """
    keeps: dict[str, _File] = {}
    for file in sorted(files, key=lambda file: file.picture.suffix.lower() not in RAW_SUFFIXES):
        keeps.setdefault(file.name.casefold(), file)
    names: list[str] = []
    taken = set(keeps)
    for file in files:
        name = file.name
        if keeps[name.casefold()] is not file:
            count = 1
            if name.casefold() == f"{file.picture.stem}.xmp".casefold():
                name = file.picture.name + name[-4:]
            while name.casefold() in taken:
                count += 1
                name = _numbered(file.name, roots, count)
            taken.add(name.casefold())
        names.append(name)
    return names


def _numbered(name: str, roots: Sequence[str], count: int) -> str:
    """Put a number behind what the names of one photo share, the first of roots: that is how programs find them."""
    folder, slash, own = name.rpartition("/")
    rests = (rest for root in roots if (rest := rest_behind(own, root)) is not None and not rest[:1].isalnum())
    rest = next(rests, None)
    root = root_of(Path(own).stem) if rest is None else own[: len(own) - len(rest)]
    return f"{folder}{slash}{root}-{count}{own[len(root) :]}"
