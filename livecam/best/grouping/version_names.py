"""What programs add to a photo's name when they save what it was edited to, or a copy."""

from __future__ import annotations

import enum
import re
from collections.abc import Container, Iterator
from typing import NamedTuple

from livecam.photos.capture_names import EDITED_BY_GOOGLE, folded


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
# What systems and programs call an edit and a copy, in the languages of their users.
_EDITED = f"edit|{EDITED_BY_GOOGLE}"
_COPIED_IN_CJK = "コピー|副本|複本|拷贝|拷貝|复制|複製|복사본|사본"
_COPIED = f"copy|copie|copia|cópia|kopie|kopia|kopi|kopio|kopya|másolat|копия|копія|αντίγραφο|{_COPIED_IN_CJK}"
_APART = r"[ _\-–—]"
_ADDED = (
    (Version.EDIT, re.compile(rf"(?:{_APART}+|(?=\())\(?(?:{_EDITED})(?:[ _-]?\d{{1,2}})?\)?$", re.IGNORECASE)),
    (Version.EDIT, re.compile(r"~\d{1,2}$")),  # IMG_1234~2, as Google's and Samsung's galleries save an edit
    # Not (0), which Samsung's phones put behind the second photo of one second: whoever numbers copies begins with 1.
    (Version.COPY, re.compile(r"[ _]?\((?!0\))\d{1,2}\)$")),
    (Version.COPY, re.compile(rf"{_APART}+(?:{_COPIED})(?:[ _]?\(?\d{{1,2}}\)?)?$", re.IGNORECASE)),
    # Windows' "IMG_1234 - コピー", Apple's "IMG_1234のコピー" and "IMG_1234副本".
    (Version.COPY, re.compile(rf"{_APART}*[の的]?(?:{_COPIED_IN_CJK})(?:[ _]?\(?\d{{1,2}}\)?)?$")),
    # GNOME's "IMG_1234 (3rd copy)", and what Dropbox and Syncthing make of two versions.
    (Version.COPY, re.compile(rf"[ _]*\((?:[^()]+ )?(?:{_COPIED})(?: \d[\d-]*)?\)$", re.IGNORECASE)),
    (Version.COPY, re.compile(r"\.sync-conflict-\d{8}-\d{6}(?:-\w+)?$", re.IGNORECASE)),
    (Version.COPY, re.compile(r"[ _-]+\(?(?:original|unedited|backup|orig)\)?$", re.IGNORECASE)),
    (Version.COPY, re.compile(r"^(?:copy of|kopie von|copie de|copia de|copia di|cópia de)[ _]+", re.IGNORECASE)),
)
_FIRST_OF_SAMSUNGS = "(0)"
# IMG_1234_DxO, IMG_1234-Enhanced-NR, IMG_1234-2048px, IMG_1234 (web), IMG_1234補正: words behind the name of a photo
# that is there. Numbers alone, as of Apple's "IMG_1234 2", Snapseed's IMG_1234-01 and darktable's IMG_1234_01, may be
# those of a burst.
_GUESSED = re.compile(rf"(?:{_APART}+|{_APART}*[(\[（【])(?=\d*[^\W\d_])|(?<=[\x21-\x7e])(?=[^\W\d_])(?=[^\x00-\x7f])")
_NUMBERED = re.compile(r"[ _-]+\d{1,5}$")


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
        if shorter and shorter != plain and folded(shorter + _FIRST_OF_SAMSUNGS) not in known:
            plain, version = shorter, added if version == Version.ORIGINAL else version
    if version is Version.ORIGINAL:
        for base, guess, numbered in _bases(stem):
            if folded(base) in known:
                return VersionName(base, guess, guessed=True, numbered=numbered)
    return VersionName(plain, version)


def possible_bases(stem: str) -> list[str]:
    """Return the names that make this one a version in the eyes of ``version_name`` where one of them is known."""
    return [base for base, _, _ in _bases(stem)]


def names_elsewhere(stem: str) -> list[str]:
    """Return the names, as ``folded``, under which the photo may lie in a folder nearby that this may be a version of.

    Its own is the first. A number behind a name says nothing there: it may count the photos of a burst.
    """
    plain = [version_name(stem).name, *(base for base, _, numbered in _bases(stem) if not numbered)]
    return list(dict.fromkeys(map(folded, (stem, *plain))))


def _bases(stem: str) -> Iterator[tuple[str, Version, bool]]:
    """Yield what may be added to, what the file is then, and whether but a number was added; the likeliest first."""
    for match in _GUESSED.finditer(stem):
        if match.start():
            yield stem[: match.start()], Version.EDIT, False
    if number := _NUMBERED.search(stem):
        yield stem[: number.start()], Version.COPY, True
