"""Reads the stars that raw developers keep in settings files of their own, beside the photo.

RawTherapee's NAME.EXT.pp3: Rank, 0 none to 5, InTrash, which is rejected, and ColorLabel. DxO PhotoLab's NAME.EXT.dop,
the source of a Lua table: Rating, of each virtual copy. ON1's NAME.on1, JSON: Rating, in the metadata of each photo.
RapidRAW's NAME.EXT.rrdata, JSON: rating, and among the tags "color:red". Capture One's
CaptureOne/Settings…/NAME.EXT.cos, XML: Basic_Rating. ART's NAME.EXT.arp is RawTherapee's by another name.
Nikon's NX Studio's NKSC_PARAM/NAME.EXT.nksc, XMP: a packet within, in base64, as any program's. gThumb's
.comments/NAME.EXT.xml, XML: rating, for files that it cannot write into.
Geeqie's .metadata/NAME.EXT.gq.xmp, XMP as any program's, and Exposure's Exposure Software/Exposure X7/
NAME.EXT.exposurex7, which has flags of its own, 1 for a pick and 2 for a reject. Google Takeout's JSON: favorited is
a pick, trashed is rejected. What is in none of these forms says nothing, for livecam writes to none of these files.
Of all photos in a folder: ``folder_marks``. Sources: docs/marks.md.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from livecam.photos.folder_names import FolderNames
from livecam.photos.takeout import takeout_files
from livecam.storage.xmp_packet import NotXmpError
from livecam.storage.xmp_values import texts_of, xmp_values

_RANK = re.compile(r"^Rank=(-?\d+)\s*$", re.MULTILINE)
_IN_TRASH = re.compile(r"^InTrash=(true|1)\s*$", re.MULTILINE | re.IGNORECASE)
_COLOUR = re.compile(r"^ColorLabel=([1-5])\s*$", re.MULTILINE)
_COLOURS = ("Red", "Yellow", "Green", "Blue", "Purple")
_DOP_RATING = re.compile(r"(?<![\w.])Rating\s*=\s*(\d+)\s*[,}\r\n]")
_COS_RATING = re.compile(r"""<E\s+K=["']Basic_Rating["']\s+V=["'](\d+)["']""")
_GTHUMB_RATING = re.compile(r"""<rating\s+value=["'](\d+)["']""")
_PICK_FLAG = re.compile(r"""\bpickflag\s*(?:=\s*["']|>\s*)([12])\b""")
_NIKONS_PACKETS = "http://ns.nikon.com/asteroid/1.0/ XMLPackets"
_MOST_STARS = 5
_BESIDE = (".pp3", ".arp", ".dop", ".on1", ".rrdata")
_EXPOSURES = tuple(f".exposurex{version}" for version in range(2, 8))
_WITHIN = (".cos", ".nksc", ".xml", ".gq.xmp", *_EXPOSURES)  # in folders of the programs' own


@dataclass(frozen=True, slots=True)
class SettingsValues:
    """What a settings file says. stars: -1 rejected, 0 none, 1..5.  label: a colour.  None: nothing said.

    picked: by a flag, which is no stars.
    """

    stars: int | None = None
    label: str | None = None
    picked: bool = False


def settings_files(photo: Path, names: FolderNames | None = None) -> Iterator[Path]:
    """Yield the settings files in which programs may have marked photo, as far as they are there.

    names: of many photos, so that each folder is listed once.
    """
    names = names or FolderNames()
    own = (f"{photo.name}{suffix}" for suffix in _BESIDE)
    for name in (name for wanted in own for name in names.spelled(photo.with_name(wanted))):
        if name.startswith(photo.name) or not names.has(photo.with_name(Path(name).stem)):
            yield photo.with_name(name)
    yield from (photo.with_name(name) for name in names.spelled(photo.with_name(f"{photo.stem}.on1")))
    for folder in names.settings_folders(photo.parent):  # one for each version of the program that has seen the photo
        for suffix in _WITHIN:
            yield from map(folder.joinpath, names.spelled(folder / f"{photo.name}{suffix}"))
    yield from takeout_files(photo, names)


def settings_values(path: Path, data: bytes) -> SettingsValues:
    """Return what data, the content of path, says of its photo; nothing where it is of another form."""
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


def _of_gthumb(text: str) -> SettingsValues:
    return _strongest(map(_number, _GTHUMB_RATING.findall(text)))


def _of_nksc(text: str) -> SettingsValues:
    try:
        return _of_xmp(*(base64.b64decode(packet) for packet in texts_of(text.encode(), _NIKONS_PACKETS)))
    except (NotXmpError, ValueError):
        return SettingsValues()


def _of_geeqie(text: str) -> SettingsValues:
    try:
        return _of_xmp(text.encode())
    except NotXmpError:
        return SettingsValues()


def _of_exposure(text: str) -> SettingsValues:
    said, flag = _of_geeqie(text), _PICK_FLAG.search(text)
    if flag is None:
        return said
    return replace(said, stars=-1) if flag[1] == "2" else replace(said, picked=True)


def _of_xmp(*packets: bytes) -> SettingsValues:
    """What packets say together. Raises NotXmpError."""
    found = [xmp_values(packet) for packet in packets]
    stars = [rating for values in found for rating in values.stars]
    label = next((label for values in found for label in values.labels), None)
    rating = -1 if -1 in stars else max(stars, default=None)
    return SettingsValues(rating, label, any(values.picked for values in found))


def _of_on1(text: str) -> SettingsValues:
    try:
        photos = json.loads(text)["photos"].values()
        found = [photo["metadata"].get("Rating") for photo in photos]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return SettingsValues()
    return _strongest(stars for stars in found if isinstance(stars, int))


def _of_rapidraw(text: str) -> SettingsValues:
    said = _json_of(text)
    stars, tags = said.get("rating"), said.get("tags")
    marked = map(str, tags) if isinstance(tags, list) else ()
    label = next((tag.removeprefix("color:").capitalize() for tag in marked if tag.startswith("color:")), None)
    return replace(_strongest(iter([stars] if type(stars) is int else [])), label=label)


def _of_takeout(text: str) -> SettingsValues:
    said = _json_of(text)
    return SettingsValues(-1 if said.get("trashed") is True else None, picked=said.get("favorited") is True)


def _json_of(text: str) -> dict[str, Any]:
    """The JSON object that text is; an empty one where it is another thing."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _number(digits: str) -> int:
    """The number; Python refuses one of thousands of digits, of which the first ten say enough."""
    return int(digits[:10])


def _strongest(stars: Iterator[int]) -> SettingsValues:
    """Of several copies of one photo the most stars."""
    most = max(stars, default=None)
    return SettingsValues(None if most is None else max(0, min(most, _MOST_STARS)))


_READERS: Mapping[str, Callable[[str], SettingsValues]] = {
    ".pp3": _of_pp3, ".arp": _of_pp3, ".json": _of_takeout, ".dop": _of_dop, ".on1": _of_on1, ".cos": _of_cos,
    ".rrdata": _of_rapidraw, ".nksc": _of_nksc, ".xml": _of_gthumb, ".xmp": _of_geeqie,
    **dict.fromkeys(_EXPOSURES, _of_exposure),
}  # fmt: skip
