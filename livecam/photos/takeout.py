"""Which JSON files of Google Takeout are a photo's: it cuts long names, and puts the number of a copy elsewhere.

IMG_1.jpg has IMG_1.jpg.json or IMG_1.jpg.supplemental-metadata.json, of which no more than 46 characters stand before
".json"; IMG_1(2).jpg has IMG_1.jpg(2).json or IMG_1.jpg.supplemental-metadata(2).json; IMG_1-edited.jpg has its
original's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from livecam.photos.capture_names import EDITED_BY_GOOGLE, folded
from livecam.photos.folder_names import FolderNames

_LONGEST = 46  # characters of a name before ".json" and a number
_ADDED = ".supplemental-metadata"
_COUNTED = re.compile(r"(.+)(\(\d{1,3}\))")
_EDITED = re.compile(rf"-(?:{EDITED_BY_GOOGLE})$", re.IGNORECASE)


def takeout_files(photo: Path, names: FolderNames) -> tuple[Path, ...]:
    """Return photo's JSON files, as far as they lie beside it. names: of its folder."""
    if not names.once(photo.parent, _has_json):  # as in most folders
        return ()
    found = _of(photo.name, photo, names)
    original = _EDITED.sub("", photo.stem)
    if original != photo.stem and not names.spelled(photo.with_name(original + photo.suffix)):
        found = (*found, *_of(original + photo.suffix, photo, names))
    return found


def _has_json(folder: Path, names: FolderNames) -> bool:
    return any(name.lower().endswith(".json") for name in names.files(folder))


def _of(title: str, photo: Path, names: FolderNames) -> tuple[Path, ...]:
    stem, suffix = Path(title).stem, Path(title).suffix
    named = [(title, "")]
    if match := _COUNTED.fullmatch(stem):
        counted = (match[1] + suffix, match[2])
        # Of a name so long that its number is cut off, what has no number is that of the photo without one.
        is_anothers = _is_cut(folded(title), folded(suffix)) and names.spelled(photo.with_name(counted[0]))
        named = [counted] if is_anothers else [*named, counted]
    wanted = dict.fromkeys(
        base + count + ".json" for name, count in named for base in _cut(folded(name), folded(suffix))
    )
    paths = (photo.with_name(name) for want in wanted for name in names.spelled(photo.with_name(want)))
    return tuple(dict.fromkeys(paths))


def _is_cut(name: str, suffix: str) -> bool:
    """Whether Takeout cuts the photo's own name too, so that its suffix stands earlier."""
    return len(name) - len(suffix) >= _LONGEST


def _cut(name: str, suffix: str) -> Iterator[str]:
    """Yield what may stand before ".json": the name, with what is added to it cut anywhere, or the name itself cut."""
    whole = name + _ADDED
    if _is_cut(name, suffix):
        yield name[:_LONGEST]
    else:
        yield from (whole[:length] for length in range(len(name), len(whole) + 1) if length != len(name) + 1)
        if len(name) > _LONGEST:
            yield name[:_LONGEST]
