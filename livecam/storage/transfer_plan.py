"""Plans a transfer: which files go along with each photo, and under which free names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from livecam.photos.sidecars import belongings
from livecam.storage.durable import same_bytes
from livecam.storage.journal import Action, Step


@dataclass(slots=True)
class TransferPlan:
    """What is to be done, made before any of it is.

    there, ours: names in target, casefolded, for on some disks case does not count: those of before, those planned.
    claimed: files that go already.
    """

    target: Path
    action: Action
    there: frozenset[str]
    ours: set[str] = field(default_factory=set)
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
        files = [photo, *others]
        files += [own for file in files for own in belongings(file)]
        files = [file for file in dict.fromkeys(files) if file not in self.claimed]
        self.claimed.update(files)
        own_names = _apart(files, photo.stem)
        count, names = 1, own_names
        while not all(
            free := [name.casefold() not in self.there and name.casefold() not in self.ours for name in names]
        ):
            if not free[0] and self._is_there(photo, names[0]):
                self.present.append(photo)
                break
            count += 1
            names = [_numbered(name, photo.stem, count) for name in own_names]
        wanted = [(file, name) for file, name, is_free in zip(files, names, free, strict=True) if is_free]
        self.steps += [Step(photo, file, name) for file, name in wanted]
        self.ours.update(name.casefold() for name in names)

    def _is_there(self, photo: Path, name: str) -> bool:
        # A second original of the same bytes is a photo of its own, and one that is to move is not there yet.
        here = self.target / name
        return (
            self.action is not Action.MOVE
            and name.casefold() not in self.ours
            and here.is_file()
            and same_bytes(photo, here)
        )


def _apart(files: Sequence[Path], stem: str) -> list[str]:
    """The names of the files of one photo; files of one name, from several folders, get numbers from the second on."""
    names: list[str] = []
    taken: set[str] = set()
    for file in files:
        count, name = 1, file.name
        while name.casefold() in taken:
            count += 1
            name = _numbered(file.name, stem, count)
        names.append(name)
        taken.add(name.casefold())
    return names


def _numbered(name: str, stem: str, count: int) -> str:
    # What begins with the photo's stem keeps doing so, for that is how it is found.
    rest = name[len(stem) :] if name.startswith(stem) else f"_{name}"
    return f"{stem}-{count}{rest}"
