"""What programs add to a photo's name when they save what it was edited to, or a copy."""

from __future__ import annotations

import enum
import re
from collections.abc import Container, Iterator
from typing import NamedTuple

from livecam.photos.capture_names import folded


class Version(enum.IntEnum):
    """What a file is of a photo, in the order in which they stand for all."""

    EDIT = 0
    ORIGINAL = 1
    COPY = 2


class VersionName(NamedTuple):
    """name: that the camera gave.  guessed: an addition that no known program makes, see ``version_name``.

    numbered: it is but a number, which the photos of a burst have too.
    """

    name: str
    version: Version
    guessed: bool = False
    numbered: bool = False


_IPHONE_EDIT = re.compile(r"^(IMG_)E(\d{4,})$", re.IGNORECASE)
_EDITED = "edit|edited|bearbeitet|modifié|editado|modificato"
_COPIED = "copy|kopie|copie|copia"
_ADDED = (
    (Version.EDIT, re.compile(rf"(?:[ _-]+|(?=\())\(?(?:{_EDITED})(?:[ _-]?\d{{1,2}})?\)?$", re.IGNORECASE)),
    (Version.EDIT, re.compile(r"~\d{1,2}$")),  # IMG_1234~2, as Google's and Samsung's galleries save an edit
    (Version.COPY, re.compile(r"[ _]?\(\d{1,2}\)$")),
    (Version.COPY, re.compile(rf"[ _-]+(?:{_COPIED})(?:[ _]?\(?\d{{1,2}}\)?)?$", re.IGNORECASE)),
    # GNOME's "IMG_1234 (3rd copy)", and what Dropbox and Syncthing make of two versions.
    (Version.COPY, re.compile(rf"[ _]*\((?:[^()]+ )?(?:{_COPIED})(?: \d[\d-]*)?\)$", re.IGNORECASE)),
    (Version.COPY, re.compile(r"\.sync-conflict-\d{8}-\d{6}(?:-\w+)?$", re.IGNORECASE)),
    (Version.COPY, re.compile(r"[ _-]+\(?(?:original|unedited|backup|orig)\)?$", re.IGNORECASE)),
    (Version.COPY, re.compile(r"^(?:copy of|kopie von|copie de|copia de|copia di|cópia de)[ _]+", re.IGNORECASE)),
)
# IMG_1234_DxO, IMG_1234-Enhanced-NR, IMG_1234-web: words behind the name of a photo that is there. Numbers alone, as of
# Apple's "IMG_1234 2", Snapseed's IMG_1234-01 and darktable's IMG_1234_01, may be those of a burst.
_GUESSED = re.compile(r"[ _-]+(?=[^\W\d_])")
_NUMBERED = re.compile(r"[ _-]+\d{1,2}$")


def version_name(stem: str, known: Container[str] = ()) -> VersionName:
    """Return the name that a camera gave, without its suffix, and what a program has added to it.

    known: the names, as ``folded``, of the photos in the folder; words that are added to one of these, and that nobody
    knows, most likely mean an edit, and whoever asks is to look whether it fits.
    """
    if match := _IPHONE_EDIT.match(stem):
        return VersionName(match[1] + match[2], Version.EDIT)
    plain, version = stem, Version.ORIGINAL
    for added, pattern in reversed(_ADDED):  # a copy of an edit, "IMG_1234-edited (2)", is a copy
        shorter = pattern.sub("", plain)
        if shorter and shorter != plain:
            plain, version = shorter, added if version == Version.ORIGINAL else version
    if version is Version.ORIGINAL:
        for base, guess, numbered in _bases(stem):
            if folded(base) in known:
                return VersionName(base, guess, guessed=True, numbered=numbered)
    return VersionName(plain, version)


def possible_bases(stem: str) -> list[str]:
    """Return the names that make this one a version in the eyes of ``version_name`` where one of them is known."""
    return [base for base, _, _ in _bases(stem)]


def _bases(stem: str) -> Iterator[tuple[str, Version, bool]]:
    """Yield what may be added to, what the file is then, and whether but a number was added; the likeliest first."""
    for match in _GUESSED.finditer(stem):
        if match.start():
            yield stem[: match.start()], Version.EDIT, False
    if number := _NUMBERED.search(stem):
        yield stem[: number.start()], Version.COPY, True
