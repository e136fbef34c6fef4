"""From what a user names (files, folders, patterns) to the photos and clips in it, each once, in a natural order."""

from __future__ import annotations

import contextlib
import glob
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from livecam.addresses import without_password
from livecam.photos.capture_names import MOTION_SUFFIXES, folded, root_of
from livecam.photos.captures import Item, items_of
from livecam.photos.folder_names import FolderNames
from livecam.photos.moving import is_sequence, moves
from livecam.photos.on_disk import is_file, is_folder
from livecam.photos.other_files import belongs_to_a_photo, is_not_entered, is_thumbnail, passed_over
from livecam.photos.read import PHOTO_SUFFIXES

__all__ = ["CLIP_SUFFIXES", "Item", "Skipped", "collect", "natural_key", "printable"]

CLIP_SUFFIXES = frozenset((
    ".3g2", ".3gp", ".asf", ".avi", ".divx", ".f4v", ".flv", ".m2t", ".m2ts", ".m2v", ".m4v", ".mkv", ".mov", ".mp4",
    ".mpeg", ".mpg", ".mts", ".mxf", ".ogv", ".qt", ".ts", ".vob", ".webm", ".wmv",
))  # fmt: skip


_FIRST_ONLY = "{} moves: its first picture alone is looked at; save it as MP4 to have all of it watched"


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was not used. why: one line, which names it.

    failed: it should have been used. If not, it only lies in a folder beside what was looked for.
    """

    path: Path
    why: str
    failed: bool = True


@dataclass(slots=True)
class _NotLookedAt:
    """What lies in folders, or fits a pattern, and is none of the files looked for; each once."""

    files: dict[Path, None] = field(default_factory=dict)
    thumbnails: dict[Path, None] = field(default_factory=dict)
    folders: dict[Path, None] = field(default_factory=dict)

    def is_wanted(self, file: Path) -> bool:
        """Tell whether file is a photo or a clip by its name; else it is counted, if anybody could miss it."""
        if _is_known(file) and is_thumbnail(file):
            self.thumbnails[file.absolute()] = None
        elif _is_known(file):
            return True
        elif not belongs_to_a_photo(file) and is_file(file):
            self.files[file.absolute()] = None
        return False

    def is_within(self, path: Path, pattern: Path) -> bool:
        """Tell whether path is, or is in, a folder that is not entered, nor named by pattern; it is counted."""
        unnamed = (folder for folder in (path, *path.parents) if folder.name not in pattern.parts)
        folder = next(filter(is_not_entered, unnamed), None)
        if folder is not None:
            self.folders[folder.absolute()] = None
        return folder is not None

    def said(self) -> list[Skipped]:
        """One entry with a line, if there is anything."""
        first = next(chain(self.files, self.thumbnails, self.folders), None)
        if first is None:
            return []
        why = passed_over(list(self.files), len(self.thumbnails), list(self.folders))
        return [Skipped(first, why, failed=False)]


def collect(
    names: Sequence[str], *, recursive: bool = False, outside: Sequence[Path] = ()
) -> tuple[list[Item], list[Skipped]]:
    """Return the photos and clips that are named, and what of it cannot be used.

    names: files, folders, or patterns with ``*``, ``?``, ``[…]`` and ``**``.  recursive: go into the folders of
    folders.  outside: folders that are not gone into, because what is written goes there. A photo that is named itself
    brings other files of the same exposure in its folder along, as its sidecars come along.
    """
    skipped: list[Skipped] = []
    other = _NotLookedAt()
    not_entered = {path.resolve() for path in outside}
    files: dict[tuple[int, int], Path] = {}  # by device and inode
    named: set[Path] = set()
    for name in names:
        for path in _expand(name, skipped, other):
            inside = [path]
            if is_folder(path):
                inside = _in_folder(path, skipped, not_entered, other, recursive=recursive)
            else:
                named.add(path)
            for file in inside:
                try:
                    status = file.stat()
                except OSError as error:
                    why = f"{printable(file)} cannot be read ({error.strerror}): check the path"
                    skipped.append(Skipped(file, why))
                    continue
                if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
                    skipped.append(Skipped(file, f"{printable(file)} is not a file: check the path"))
                else:
                    files.setdefault((status.st_dev, status.st_ino), file)  # once, however often and by what name
    place = {path: at for at, path in enumerate(files.values())}
    clips = dict.fromkeys(filter(_is_clip, place))
    photos = [path for path in place if path not in clips]
    beside = _beside(photos, named, set(files))
    skipped += [
        Skipped(path, _FIRST_ONLY.format(printable(path)), failed=False) for path in filter(is_sequence, photos)
    ]
    items = items_of([*photos, *beside], list(clips), along=beside)
    return sorted(items, key=lambda item: place[item.path]), skipped + other.said()


def printable(name: Path | str) -> str:
    """Return a path or name on one line: it may hold a newline or bytes that are no text.

    An address that was given for a file is shown without its password.
    """
    text = without_password(str(name).encode("utf-8", "backslashreplace").decode())
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def natural_key(path: Path) -> tuple[str, list[tuple[str, int]], str]:
    """Sort by folder, then IMG_2 before IMG_10, whatever the case; the name itself breaks ties."""
    parts = re.findall(r"(\D*)(\d*)", path.name.lower())
    return str(path.parent), [(text, int(digits or -1)) for text, digits in parts], path.name


def _expand(name: str, skipped: list[Skipped], other: _NotLookedAt) -> list[Path]:
    path = Path(name)
    if os.path.lexists(path):
        return [path]
    if glob.has_magic(name):  # a pattern in quotes, or on Windows, whose shell expands none
        found = sorted(map(Path, glob.glob(name, recursive=True)), key=natural_key)  # noqa: PTH207  absolute ones too
        if not found:
            skipped.append(Skipped(path, f"nothing fits {printable(path)}: check the pattern"))
        entered = [match for match in found if not other.is_within(match, path)]
        return [match for match in entered if is_folder(match) or other.is_wanted(match)]
    skipped.append(Skipped(path, f"no such file or folder: {printable(path)}: check the path"))
    return []


def _in_folder(
    folder: Path, skipped: list[Skipped], not_entered: set[Path], other: _NotLookedAt, *, recursive: bool
) -> list[Path]:
    files, has_folders = [], False
    for path in _walk(folder, skipped, not_entered, other, recursive=recursive):
        if is_folder(path):
            has_folders = True
        elif other.is_wanted(path):
            files.append(path)
    if not files and not any(entry.path == folder for entry in skipped):
        hint = "add --recursive for the folders in it" if has_folders and not recursive else "choose another folder"
        skipped.append(Skipped(folder, f"folder {printable(folder)} holds no photos or clips: {hint}"))
    return sorted(files, key=natural_key)


def _walk(
    top: Path, skipped: list[Skipped], not_entered: set[Path], other: _NotLookedAt, *, recursive: bool
) -> Iterator[Path]:
    """Yield what is in the folder top; each folder is entered once, so that a loop of links ends."""
    entered: set[Path] = set()
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            target = folder.resolve()
            if target in entered or (target in not_entered and folder is not top):
                continue
            entered.add(target)
            inside = sorted(folder.iterdir())
        except (OSError, RuntimeError) as error:  # RuntimeError: Python 3.11's resolve on a link to itself
            reason = error.strerror if isinstance(error, OSError) else "it leads to itself"
            why = f"folder {printable(folder)} cannot be read ({reason}): check its permissions"
            skipped.append(Skipped(folder, why))
            continue
        for path in inside:
            if path.name.startswith("."):  # macOS leaves "._IMG_1.JPG" on other disks, which is no picture
                continue
            if is_not_entered(path) and is_folder(path):
                if recursive:
                    other.folders[path.absolute()] = None
                continue
            yield path
            if recursive and is_folder(path):
                waiting.append(path)


def _beside(photos: Sequence[Path], named: set[Path], known: set[tuple[int, int]]) -> frozenset[Path]:
    """Files in the folders of the photos that were named themselves which may be of the same exposures."""
    names, found = FolderNames(), set[Path]()
    for photo in (path for path in photos if path in named):
        root = root_of(photo.stem)
        for path in map(photo.with_name, names.beginning(photo.parent, root)):
            if path.suffix.lower() not in PHOTO_SUFFIXES or folded(root_of(path.stem)) != folded(root):
                continue
            with contextlib.suppress(OSError):
                status = path.stat()
                new = stat.S_ISREG(status.st_mode) and (status.st_dev, status.st_ino) not in known
                if new and not _is_clip(path):
                    found.add(path)
    return frozenset(found)


def _is_known(path: Path) -> bool:
    suffix = path.suffix.lower()
    if suffix == ".ts":  # a program's text more often than a clip
        return _begins(path, b"G")  # each packet of a stream does
    if suffix in MOTION_SUFFIXES:  # or a program's text
        return _begins(path, b"ftyp", at=4)
    return suffix in PHOTO_SUFFIXES or suffix in CLIP_SUFFIXES


def _begins(path: Path, with_: bytes, *, at: int = 0) -> bool:
    try:
        if not is_file(path):  # opening a pipe would wait for ever
            return True
        with path.open("rb") as file:
            return file.read(at + len(with_))[at:] == with_
    except OSError:
        return True  # said where it is read


def _is_clip(path: Path) -> bool:
    return path.suffix.lower() in CLIP_SUFFIXES | MOTION_SUFFIXES or moves(path)
