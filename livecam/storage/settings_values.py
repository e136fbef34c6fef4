"""Reads the stars that raw developers keep in settings files of their own, beside the photo.

RawTherapee's NAME.EXT.pp3: Rank, 0 none to 5, InTrash, which is rejected, and ColorLabel. DxO PhotoLab's NAME.EXT.dop,
the source of a Lua table: Rating, of each virtual copy. ON1's NAME.on1, JSON: Rating, in the metadata of each photo.
Capture One's CaptureOne/Settings…/NAME.EXT.cos, XML: Basic_Rating. What is in none of these forms says nothing, for
livecam writes to none of these files. Sources: docs/marks.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from livecam.photos.folder_names import FolderNames

_RANK = re.compile(r"^Rank=(-?\d+)\s*$", re.MULTILINE)
_IN_TRASH = re.compile(r"^InTrash=(true|1)\s*$", re.MULTILINE | re.IGNORECASE)
_COLOUR = re.compile(r"^ColorLabel=([1-5])\s*$", re.MULTILINE)
_COLOURS = ("Red", "Yellow", "Green", "Blue", "Purple")
_DOP_RATING = re.compile(r"(?<![\w.])Rating\s*=\s*(\d+)\s*[,}\r\n]")
_COS_RATING = re.compile(r"""<E\s+K=["']Basic_Rating["']\s+V=["'](\d+)["']""")
_MOST_STARS = 5


@dataclass(frozen=True, slots=True)
class SettingsValues:
    """What a settings file says. stars: -1 rejected, 0 none, 1..5.  label: a colour.  None: nothing said."""

    stars: int | None = None
    label: str | None = None


def settings_files(photo: Path, names: FolderNames | None = None) -> Iterator[Path]:
    """Yield the settings files in which programs may have marked photo, as far as they are there.

    names: of many photos, so that each folder is listed once.
    """
    beside = (f"{photo.name}.pp3", f"{photo.name}.dop", f"{photo.name}.on1", f"{photo.stem}.on1")
    if names is not None:
        inside = (folder / f"{photo.name}.cos" for folder in names.settings_folders(photo.parent))
        yield from (path for path in (*map(photo.with_name, beside), *inside) if names.has(path))
        return
    yield from (path for name in beside if (path := photo.with_name(name)).is_file())
    session = photo.parent / "CaptureOne"
    if session.is_dir():  # a folder for each version of the program that has seen the photo
        inside = (folder / f"{photo.name}.cos" for folder in sorted(session.glob("Settings*")))
        yield from (path for path in inside if path.is_file())


def settings_values(path: Path, data: bytes) -> SettingsValues:
    """Return what data, the content of path, says; nothing where it is of another form."""
    return _READERS[path.suffix.lower()](data.decode("utf-8", "replace"))


def _of_pp3(text: str) -> SettingsValues:
    rank, colour = _RANK.search(text), _COLOUR.search(text)
    stars = None if rank is None else max(-1, min(_number(rank[1]), _MOST_STARS))
    label = None if colour is None else _COLOURS[int(colour[1]) - 1]
    return SettingsValues(-1 if _IN_TRASH.search(text) else stars, label)


def _of_dop(text: str) -> SettingsValues:
    return _strongest(map(_number, _DOP_RATING.findall(text)))


def _of_cos(text: str) -> SettingsValues:
    return _strongest(map(_number, _COS_RATING.findall(text)))


def _of_on1(text: str) -> SettingsValues:
    try:
        photos = json.loads(text)["photos"].values()
        found = [photo["metadata"].get("Rating") for photo in photos]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return SettingsValues()
    return _strongest(stars for stars in found if isinstance(stars, int))


def _number(digits: str) -> int:
    """The number; Python refuses one of thousands of digits, of which the first ten say enough."""
    return int(digits[:10])


def _strongest(stars: Iterator[int]) -> SettingsValues:
    """Of several copies of one photo the most stars."""
    most = max(stars, default=None)
    return SettingsValues(None if most is None else max(0, min(most, _MOST_STARS)))


_READERS: Mapping[str, Callable[[str], SettingsValues]] = {
    ".pp3": _of_pp3, ".dop": _of_dop, ".on1": _of_on1, ".cos": _of_cos,
}  # fmt: skip
