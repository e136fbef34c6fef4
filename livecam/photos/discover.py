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

    clip: it is a clip.  live_of: the photo of the same name that the clip may be the living part of.
    companions: the raw file of the same name, which is not looked at but goes where the photo goes.
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
    named: Sequence[str], *, recursive: bool = False, outside: Sequence[Path] = ()
) -> tuple[list[Item], list[Skipped]]:
    """Return the photos and clips that are named, and what of it cannot be used.

    named: files, folders, or patterns with ``*``, ``?``, ``[…]`` and ``**``.  recursive: go into the folders of
    folders.  outside: folders that are not gone into, because what is written goes there.
    """
    skipped: list[Skipped] = []
    kept = {path.resolve() for path in outside}
    paths: dict[tuple[int, int], Path] = {}
    for name in named:
        for path in _expand(name, skipped):
            found = _in_folder(path, skipped, kept, recursive=recursive) if path.is_dir() else [path]
            for one in found:
                try:
                    status = one.stat()
                except OSError as error:
                    skipped.append(Skipped(one, f"{printable(one)} cannot be read ({error.strerror}): check the path"))
                else:
                    paths.setdefault((status.st_dev, status.st_ino), one)  # however often and by what name
    return list(_paired(paths.values())), skipped


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
        return [one for one in found if one.is_dir() or _is_known(one)]
    skipped.append(Skipped(path, f"no such file or folder: {printable(path)}: check the path"))
    return []


def _in_folder(folder: Path, skipped: list[Skipped], kept: set[Path], *, recursive: bool) -> list[Path]:
    found, has_folders = [], False
    for path in _walk(folder, skipped, kept, recursive=recursive):
        if path.is_dir():
            has_folders = True
        elif _is_known(path):
            found.append(path)
    if not found and not any(one.path == folder for one in skipped):
        hint = "add --recursive for the folders in it" if has_folders and not recursive else "choose another folder"
        skipped.append(Skipped(folder, f"folder {printable(folder)} holds no photos or clips: {hint}"))
    return sorted(found, key=natural_key)


def _walk(folder: Path, skipped: list[Skipped], kept: set[Path], *, recursive: bool) -> Iterator[Path]:
    """Yield what is in folder; each folder is entered once, so that a loop of links ends."""
    entered: set[Path] = set()
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            true = here.resolve()
            if true in entered or (true in kept and here is not folder):
                continue
            entered.add(true)
            inside = sorted(here.iterdir())
        except (OSError, RuntimeError) as error:  # RuntimeError: Python 3.11's resolve on a link to itself
            reason = error.strerror if isinstance(error, OSError) else "it leads to itself"
            skipped.append(Skipped(here, f"folder {printable(here)} cannot be read ({reason}): check its permissions"))
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
    """Yield the items, a live photo's clip after its photo, a raw file with the photo that shows the same."""
    everything = list(paths)
    photos: dict[tuple[Path, str], Path] = {}
    for path in everything:
        if path.suffix.lower() in _LIVE_PHOTO:
            photos.setdefault(_twin_key(path), path)
    items: dict[Path, Item] = {}
    for path in everything:
        suffix, photo = path.suffix.lower(), photos.get(_twin_key(path))
        if suffix in CLIP_SUFFIXES:
            items[path] = Item(path, clip=True, live_of=photo if suffix in _LIVE_CLIP else None)
        elif photo is None or suffix not in RAW_SUFFIXES:
            items[path] = Item(path)
    for path in everything:
        photo = photos.get(_twin_key(path))
        if path.suffix.lower() in RAW_SUFFIXES and photo is not None:
            items[photo] = replace(items[photo], companions=(*items[photo].companions, path))
    yield from items.values()


def _twin_key(path: Path) -> tuple[Path, str]:
    return path.parent, path.stem.lower()
