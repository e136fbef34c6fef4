"""Reads lists of photos as people have them: one path a line, or a table of ratings.

Both are understood in any encoding and spelling that ``ratings_table`` and ``named_photos`` know; paths are absolute,
or relative to the list's own folder or else to the one where livecam was started.
"""

from __future__ import annotations

import codecs
import csv
import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from livecam.best.choices.choice import Choice, Flag
from livecam.errors import OutputError
from livecam.photos.discover import printable
from livecam.photos.on_disk import is_file
from livecam.storage.named_photos import NamedPhotos, is_absolute, without_scheme
from livecam.storage.ratings_table import read_table

_AT = re.compile(r"(?<=.)#t=(\d{1,9}(?:\.\d+)?)$")  # a frame of a clip, as the page's list names it
_ENCODINGS = ("cp1252", "mac_roman")


def read_keepers(path: Path, data: bytes) -> tuple[Choice, ...]:
    """Return the photos that the list at path, which holds data, names; all are keepers."""
    keeper = Choice(path, flag=Flag.KEEP, by_person=True)
    readings = [_found(path.parent, [(line, keeper) for line in _lines(text)]) for text in _texts(data)]
    return max(readings, key=_count_there)


def read_ratings(path: Path) -> tuple[Choice, ...] | None:
    """Return the photos that the table at path rates; None if it is no such table. Raises OutputError."""
    try:
        table = read_table(path, NamedPhotos(path.parent))
    except (OSError, ValueError, csv.Error):
        return None
    if not {"path", "rating"} <= set(table.columns):
        return None
    rated: list[tuple[str, Choice]] = []
    for line, row in table.rows:
        name, rating = row["path"].strip(), row["rating"].strip()
        if not name or not rating:
            continue
        if (stars := _stars(rating)) is None:
            raise OutputError(f"{printable(path)}, line {line}: {rating[:20]!r} is no rating from 1 to 5: correct it")
        flag = Flag.REJECT if stars < 0 else Flag.NEITHER
        rated.append((name, Choice(path, flag=flag, by_person=stars < 0, stars=max(stars, 0))))
    if not rated:
        raise OutputError(f"{printable(path)} rates no photo: fill in its column rating")
    return _found(path.parent, rated)


def _stars(text: str) -> int | None:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return int(number) if number in {-1, 0, 1, 2, 3, 4, 5} else None


def _texts(data: bytes) -> Iterator[str]:
    """What data may say, the likeliest first."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield data.decode("utf-16", "replace")
        return
    try:
        yield data.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield data.decode("utf-8", "surrogateescape")  # names that are no text, as the disk has them
        yield from (data.decode(encoding, "replace") for encoding in _ENCODINGS)


def _lines(text: str) -> list[str]:
    """The lines that name something. Not by splitlines: a name may hold what that takes for an end of line."""
    return [line for part in text.split("\n") if (line := part.strip("\r")).strip() and "\0" not in line]


def _count_there(choices: Sequence[Choice]) -> int:
    return sum(is_file(choice.path) for choice in choices)


def _found(folder: Path, named: Sequence[tuple[str, Choice]]) -> tuple[Choice, ...]:
    """Return what is said of each name, with the photo's absolute path; of two words on one photo the last counts."""
    photos, photos_in = NamedPhotos(folder), _absolute(folder)
    found: list[tuple[str, Choice]] = []
    for address, said in named:
        name = without_scheme(address) or address  # "file://" alone names nothing, and is said as it stands
        path, t_ms = _find(photos, name), None
        match = _AT.search(name)
        if match is not None and not is_file(path):
            name, t_ms = name[: match.start()], float(match[1]) * 1000
            path = _find(photos, name)
        found.append((name, replace(said, path=path, t_ms=t_ms)))
    moved = [
        (name, choice.path) for name, choice in found if is_file(choice.path) and not _is_spelled(choice.path, name)
    ]
    absolute = [choice.path for name, choice in found if is_absolute(name)]
    lost = sum(not is_file(path) for path in absolute)
    stayed = len(absolute) - lost - len(moved)
    if stayed or lost > len(moved) or len(_roots(photos_in, moved)) > 1:  # not moved as one: they only share names
        elsewhere = {name for name, _ in moved}
        found = [(name, replace(c, path=_absolute(name)) if name in elsewhere else c) for name, c in found]
    return tuple({(choice.path, choice.t_ms): choice for _, choice in found}.values())


def _find(photos: NamedPhotos, name: str) -> Path:
    """Where the photo is that is named; Windows copies a path in quotes, and people leave spaces around it."""
    spelled = list(dict.fromkeys((name, name.strip(), name.strip().strip('"'))))
    paths = [_absolute(photos.find(text)) for text in spelled if text]
    paths += [_absolute(text) for text in spelled if text and not is_absolute(text)]
    return next((path for path in paths if is_file(path)), paths[0])


def _is_spelled(path: Path, name: str) -> bool:
    """Whether path is what name says, if that is absolute, whatever the spelling."""
    return not is_absolute(name) or _key(path.as_posix()) == _key(os.path.normpath(_slashes(name)))


def _roots(folder: Path, moved: Sequence[tuple[str, Path]]) -> set[tuple[str, ...]]:
    """What folder was called where each was; more than one: the photos only bear the same names."""
    roots = set()
    for name, path in moved:
        tail = path.relative_to(folder).parts if path.is_relative_to(folder) else path.parts
        roots.add(PurePosixPath(_slashes(name)).parts[: -len(tail)])
    return roots


def _slashes(name: str) -> str:
    return name.strip().strip('"').replace("\\", "/")


def _key(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).replace("\\", "/")


def _absolute(path: Path | str) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  links must stay what they are
