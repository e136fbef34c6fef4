"""Which files an archive may have touched: one that came from somebody else may name any file of this computer.

``livecam archive`` writes down photos that lie in what it was given, with their raw files; what a row names beyond that
is nobody's photo. And what is moved must be the very file that was scored: whoever knows its size and time to the
nanosecond, or its content, has had it.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path, PurePath

import pyarrow as pa

from livecam.archive.rows import Row, place_of
from livecam.best.scan.cache import content_of
from livecam.errors import SourceError
from livecam.photos.capture_names import folded, root_of
from livecam.photos.discover import printable
from livecam.photos.read import PHOTO_SUFFIXES, stored
from livecam.wording import counted

_NAMING = ("path", "path_bytes", "source", "companions", "judged_path")
_SEEN = ("path", "path_bytes", "size", "mtime_ns", "content_hash")


def trusted(rows: pa.Table) -> tuple[pa.Table, tuple[str, ...]]:
    """Return the rows that name nothing but photos of what they come from, and a line on the others, if there are any.

    rows: as in ``schema.SCHEMA``.
    """
    named = rows.select(_NAMING).to_pylist()
    sound = [not any(_strange(row)) for row in named]
    strange = [next(_strange(row)) for row, is_sound in zip(named, sound, strict=True) if not is_sound]
    if not strange:
        return rows, ()
    first = printable(strange[0])
    if len(strange) == 1:
        line = f"{first} is no photo of the folder that the archive says it is from: left alone"
    else:
        line = (
            f"{counted(len(strange), 'file')} ({first} …) are no photos of the folders that the archive says they are"
            " from: left alone"
        )
    return rows.filter(pa.array(sound, pa.bool_())), (line,)


def not_as_scored(rows: pa.Table, min_side_px: int) -> tuple[frozenset[Path], tuple[str, ...]]:
    """Return the photos whose file is another one now than was scored, and a line on them, if there are any.

    rows: as in ``schema.SCHEMA``.  min_side_px: of the archive's manifest. What is gone is not among them.
    """
    others = [place_of(row) for row in rows.select(_SEEN).to_pylist() if not _is_as_scored(row, min_side_px)]
    if not others:
        return frozenset(), ()
    first = printable(others[0])
    which = f"{first} was" if len(others) == 1 else f"{counted(len(others), 'photo')} ({first} …) were"
    return frozenset(others), (f"{which} changed since, and not moved: run livecam archive again, then this",)


def _strange(row: Row) -> Iterator[str]:
    """The files that a row names and ``livecam archive`` would not have."""
    others = [text for text in (*row["companions"], row["judged_path"]) if text is not None]
    if "://" in row["path"]:
        yield from (text for text in (row["path"], *others) if "://" not in text or ".." in PurePath(text).parts)
        return
    path, top = PurePath(row["path"]), _top(row["source"])
    if not (path.is_absolute() and _is_photo_in(path, (top,))):
        yield row["path"]
    for other in map(PurePath, others):
        if folded(root_of(other.stem)) != folded(root_of(path.stem)) or not _is_photo_in(other, (path.parent, top)):
            yield str(other)


def _is_photo_in(path: PurePath, tops: Sequence[PurePath]) -> bool:
    inside = (path.relative_to(top) for top in tops if path.is_relative_to(top))
    return path.suffix.lower() in PHOTO_SUFFIXES and any(".." not in rest.parts for rest in inside)


def _top(source: str) -> PurePath:
    """The folder or file that a source names; of a pattern, the folder from where on it is looked for."""
    parts = PurePath(source).parts
    return PurePath(*takewhile(lambda part: not glob.has_magic(part), parts))


def _is_as_scored(row: Row, min_side_px: int) -> bool:
    path = place_of(row)
    try:
        status = path.stat()
        if (row["size"], row["mtime_ns"]) == (status.st_size, status.st_mtime_ns):
            return True
        return bool(row["content_hash"] == content_of(stored(path, min_side_px=min_side_px).identity))
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, SourceError):
        return False
