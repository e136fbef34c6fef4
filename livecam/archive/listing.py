"""From what a person names to the photos in it, folder by folder, so that never all of them are in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from livecam.archive.plan import Found
from livecam.archive.remote import found_at, shown, url_of
from livecam.archive.rows import Listed, text_of
from livecam.errors import ArchiveError
from livecam.photos.discover import Item, collect, printable
from livecam.photos.other_files import is_not_entered, passed_over
from livecam.wording import counted


@dataclass(frozen=True, slots=True)
class Listing:
    """Some photos of a source. notes: what was passed over.  failures: what should have been found; each one line."""

    photos: tuple[Found, ...] = ()
    notes: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()


def list_photos(names: Sequence[str], *, outside: Sequence[Path], part_files: int) -> Iterator[Listing]:
    """Yield what is in names: files, folders with all below them, patterns, ZIP files and addresses for fsspec.

    outside: folders that are not gone into.  part_files: a folder with more files is listed in parts.
    """
    for name in names:
        url = url_of(name)
        yield from _in_files(name, outside, part_files) if url is None else _in_store(url)


def _in_files(name: str, outside: Sequence[Path], part_files: int) -> Iterator[Listing]:
    top = Path(name.removeprefix("file://").removeprefix("local://")).absolute()
    source, _ = text_of(top)
    not_entered: list[Path] = []
    without = {path.resolve() for path in outside}
    parts = list(_parts(top, part_files, without, not_entered)) if top.is_dir() else [(top, True)]
    empty = []
    found = False
    for part, recursive in parts:
        items, skipped = collect([str(part)], recursive=recursive, outside=outside)
        failed = [entry for entry in skipped if entry.failed]
        if not items and len(parts) > 1:  # a part may well hold nothing
            empty += [entry.why for entry in failed if entry.path == part]
            failed = [entry for entry in failed if entry.path != part]
        photos = [photo for item in items if not item.clip and (photo := _found(item, source)) is not None]
        found = found or bool(items)
        yield Listing(
            tuple(photos),
            (*_clips(len(items) - sum(not item.clip for item in items)), *(e.why for e in skipped if not e.failed)),
            tuple(entry.why for entry in failed),
        )
    if not found and empty:
        yield Listing(failures=(empty[0],))
    yield Listing(notes=_passed_over(not_entered))


def _parts(folder: Path, limit: int, outside: set[Path], not_entered: list[Path]) -> Iterator[tuple[Path, bool]]:
    """Yield folders to list, and whether with all that is below, so that none holds many more than limit files.

    not_entered: gets those beside them that are passed over.
    """
    if _holds_more(folder, limit):
        yield folder, False
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            below = Path(entry.path)
            if not entry.is_dir(follow_symlinks=False) or entry.name.startswith(".") or below.resolve() in outside:
                continue
            if is_not_entered(below):
                not_entered.append(below)
            else:
                yield from _parts(below, limit, outside, not_entered)
    else:
        yield folder, True


def _holds_more(folder: Path, limit: int) -> bool:
    files = 0
    for _, _, names in os.walk(folder):
        files += len(names)
        if files > limit:
            return True
    return False


def _found(item: Item, source: str) -> Found | None:
    """The photo of an item; None if it is gone already."""
    try:
        status = item.path.stat()
    except OSError:
        return None
    path, data = text_of(item.path)
    along = (text_of(companion) for companion in item.companions)
    companions = tuple(text for text, odd in along if odd is None)
    return Found(Listed(path, source, status.st_size, status.st_mtime_ns, companions, data))


def _in_store(url: str) -> Iterator[Listing]:
    found = clips = 0
    not_entered: dict[Path, None] = {}
    try:
        for part in found_at(url):
            found, clips = found + len(part.photos), clips + part.clips
            not_entered |= dict.fromkeys(part.not_entered)
            yield Listing(tuple(part.photos))
    except ArchiveError as error:
        yield Listing(failures=(str(error),))
        return
    if not found:
        yield Listing(failures=(f"{printable(shown(url))} holds no photos: choose another source",))
    yield Listing(notes=(*_clips(clips), *_passed_over(list(not_entered))))


def _passed_over(folders: Sequence[Path]) -> tuple[str, ...]:
    return (passed_over((), 0, folders),) if folders else ()


def _clips(count: int) -> tuple[str, ...]:
    return (f"{counted(count, 'clip')} passed over: livecam best looks for the peaks of clips",) if count else ()
