"""From what a user names (files, folders, patterns) to the photos and clips in it, each once, in a natural order."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from livecam.photos.read import HEIC_SUFFIXES, PHOTO_SUFFIXES, RAW_SUFFIXES

CLIP_SUFFIXES = frozenset((".3gp", ".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".mts", ".webm"))
_LIVE_PHOTO = HEIC_SUFFIXES | {".jpg", ".jpeg"}
_LIVE_CLIP = frozenset((".mov", ".mp4"))


@dataclass(frozen=True, slots=True)
class Item:
    """A photo or a clip.

    clip: it is a clip.  live_of: the photo of the same name; the two may be a live photo.
    companions: raw files of the same name, which are not analysed but go where the photo goes.
    """

    path: Path
    clip: bool = False
    live_of: Path | None = None
    companions: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that could not be used. why: one line, which names it."""

    path: Path
    why: str


def collect(
    names: Sequence[str], *, recursive: bool = False, outside: Sequence[Path] = ()
) -> tuple[list[Item], list[Skipped]]:
    """Return the photos and clips that are named, and what of it cannot be used.

    names: files, folders, or patterns with ``*``, ``?``, ``[…]`` and ``**``.  recursive: go into the folders of
    folders.  outside: folders that are not gone into, because what is written goes there.
    """
    skipped: list[Skipped] = []
    not_entered = {path.resolve() for path in outside}
    files: dict[tuple[int, int], Path] = {}  # by device and inode
    for name in names:
        for path in _expand(name, skipped):
            inside = _in_folder(path, skipped, not_entered, recursive=recursive) if path.is_dir() else [path]
            for file in inside:
                try:
                    status = file.stat()
                except OSError as error:
                    why = f"{printable(file)} cannot be read ({error.strerror}): check the path"
                    skipped.append(Skipped(file, why))
                else:
                    files.setdefault((status.st_dev, status.st_ino), file)  # once, however often and by what name
    return list(_paired(files.values())), skipped


def printable(name: Path | str) -> str:
    """Return a path or name on one line: it may hold a newline or bytes that are no text."""
    text = str(name).encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def natural_key(path: Path) -> tuple[str, list[tuple[str, int]], str]:
    """Sort by folder, then IMG_2 before IMG_10, whatever the case; the name itself breaks ties."""
    parts = re.findall(r"(\D*)(\d*)", path.name.lower())
    return str(path.parent), [(text, int(digits or -1)) for text, digits in parts], path.name


def _expand(name: str, skipped: list[Skipped]) -> list[Path]:
    path = Path(name)
    if os.path.lexists(path):
        return [path]
    if glob.has_magic(name):  # a pattern in quotes, or on Windows, whose shell expands none
        found = sorted(map(Path, glob.glob(name, recursive=True)), key=natural_key)  # noqa: PTH207  absolute ones too
        if not found:
            skipped.append(Skipped(path, f"nothing fits {printable(path)}: check the pattern"))
        return [match for match in found if match.is_dir() or _is_known(match)]
    skipped.append(Skipped(path, f"no such file or folder: {printable(path)}: check the path"))
    return []


def _in_folder(folder: Path, skipped: list[Skipped], not_entered: set[Path], *, recursive: bool) -> list[Path]:
    files, has_folders = [], False
    for path in _walk(folder, skipped, not_entered, recursive=recursive):
        if path.is_dir():
            has_folders = True
        elif _is_known(path):
            files.append(path)
    if not files and not any(entry.path == folder for entry in skipped):
        hint = "add --recursive for the folders in it" if has_folders and not recursive else "choose another folder"
        skipped.append(Skipped(folder, f"folder {printable(folder)} holds no photos or clips: {hint}"))
    return sorted(files, key=natural_key)


def _walk(top: Path, skipped: list[Skipped], not_entered: set[Path], *, recursive: bool) -> Iterator[Path]:
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
            yield path
            if recursive and path.is_dir():
                waiting.append(path)


def _is_known(path: Path) -> bool:
    return path.suffix.lower() in PHOTO_SUFFIXES | CLIP_SUFFIXES


def _paired(paths: Iterable[Path]) -> Iterator[Item]:
    """Yield an item for each photo and clip; a raw file goes along with the photo of its name."""
    files = list(paths)
    photos: dict[tuple[Path, str], Path] = {}
    for path in files:
        if path.suffix.lower() in _LIVE_PHOTO:
            photos.setdefault(_name_key(path), path)
    items: dict[Path, Item] = {}
    for path in files:
        suffix, photo = path.suffix.lower(), photos.get(_name_key(path))
        if suffix in CLIP_SUFFIXES:
            items[path] = Item(path, clip=True, live_of=photo if suffix in _LIVE_CLIP else None)
        elif photo is None or suffix not in RAW_SUFFIXES:
            items[path] = Item(path)
    for path in files:
        photo = photos.get(_name_key(path))
        if path.suffix.lower() in RAW_SUFFIXES and photo is not None:
            items[photo] = replace(items[photo], companions=(*items[photo].companions, path))
    yield from items.values()


def _name_key(path: Path) -> tuple[Path, str]:
    return path.parent, path.stem.lower()
