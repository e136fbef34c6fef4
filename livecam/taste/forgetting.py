"""Forgets a taste: the choices, what was learned from them, the pages, and what a killed run has left of these.

LIVECAM_TASTE may name a folder that holds other files, too: those stay.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from livecam.errors import OutputError
from livecam.storage.disk_errors import why
from livecam.storage.own_files import beginning_of
from livecam.taste.lessons import LessonStore
from livecam.taste.own_files import is_head, is_taste_page
from livecam.taste.places import DEFAULT_NAME, head_file, is_own_folder, taste_dir

_OF_A_HEAD = {"about.npy", "thresholds.npy"}  # see ``head_file.save_head``
_LEFT_OVER = re.compile(r"\.livecam-[0-9a-f]{12}(-[0-9a-f]{16})?\.tmp")  # see ``durable.replacing``


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many choices there were, and how many tastes were learned."""

    choices: int
    learned: int


def forget(store: LessonStore, name: str | None = None) -> Forgotten:
    """Delete all that is known of one taste, or of all; return how much it was. Raises OutputError.

    The choices go last: should anything stay, whoever tries again still knows whose tastes there were.
    """
    names = set(store.read().tastes) if name is None else set()
    learned = forget_learned(name, names)
    return Forgotten(store.forget(name), learned)


def forget_learned(name: str | None = None, names: Collection[str] = ()) -> int:
    """Delete what was learned of name, or of everybody, with its pages; return how many tastes. Raises OutputError.

    names: of tastes that are known: what was learned of them is theirs however damaged it is.
    """
    heads = [head_file(name)] if name is not None else sorted(filter(_head_of(names), taste_dir().glob("*.npz")))
    count = sum(head.is_file() for head in heads)
    for file in (*_pages(heads, name), *_left_over(), *heads):
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"cannot forget {file}: {why(error)}") from error
    return count


def _head_of(names: Collection[str]) -> Callable[[Path], bool]:
    """What tells whether a file with NumPy's arrays is a taste, also a torn one."""

    def tell(file: Path) -> bool:
        if not file.is_file():
            return False
        if file == head_file(DEFAULT_NAME) or file.stem in names or is_head(beginning_of(file) or b""):
            return True
        arrays = _arrays_in(file)
        if arrays is None:  # nobody else keeps anything in livecam's own folder
            return is_own_folder() or is_taste_page(beginning_of(file.with_suffix(".html")) or b"")
        return arrays >= _OF_A_HEAD

    return tell


def _arrays_in(file: Path) -> frozenset[str] | None:
    """The names of the arrays in a file; None if it is damaged."""
    try:
        with zipfile.ZipFile(file) as arrays:
            return frozenset(arrays.namelist())
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile):
        return None


def _pages(heads: Sequence[Path], name: str | None) -> Iterator[Path]:
    """The pages on tastes: beside what was learned, and those whose taste is gone."""
    yield from (head.with_suffix(".html") for head in heads if head.is_file())
    places = taste_dir().glob("*.html") if name is None else [head_file(name).with_suffix(".html")]
    yield from (page for page in places if is_taste_page(beginning_of(page) or b""))


def _left_over() -> Iterator[Path]:
    return (file for file in taste_dir().glob(".livecam-*.tmp") if _LEFT_OVER.fullmatch(file.name))
