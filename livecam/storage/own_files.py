"""What livecam may write over: files that it has written itself, never another that was named by mistake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from livecam.errors import OutputError
from livecam.photos.on_disk import is_folder

_BEGINNING = 4096  # bytes that are looked at; set by hand: what tells a page stands in its first 1000
_PAGE = b'<meta name="generator" content="livecam '
_PNG, SHEET = b"\x89PNG\r\n\x1a\n", ("Software", "livecam contact sheet")


def is_page(beginning: bytes) -> bool:
    """Whether a file that begins so is a page for the browser that livecam has written, of whatever version."""
    return _PAGE in beginning


def is_sheet(beginning: bytes) -> bool:
    """Whether a file that begins so is a contact sheet that livecam has written, with ``SHEET`` among its texts."""
    return beginning.startswith(_PNG) and b"tEXt" + "\0".join(SHEET).encode("latin-1") in beginning


def require_page_place(path: Path | None) -> None:
    """Raise OutputError if a page at path, if any is wanted, would take the place of another's file."""
    if path is not None:
        require_own(path, is_page, "page", "--page")


def require_folder_place(folder: Path, option: str, looked_at: Sequence[Path]) -> None:
    """Raise OutputError if what option names for a folder is a file, or one of those that are looked at itself."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise OutputError(f"{folder} is a file: name a folder with {option}")
    if any(is_folder(path) and folder.samefile(path) for path in looked_at):
        raise OutputError(f"{folder} is what is looked at itself: name another folder with {option}")


def require_own(path: Path, is_ours: Callable[[bytes], bool], what: str, option: str, place: str = "file") -> None:
    """Raise OutputError if the file at path, if there is one, is not ours by its first 4096 bytes.

    An empty one may be written over. what, option: what livecam would write there, and by which option it is named.
    place: what that option names.
    """
    if is_anothers(path, is_ours):
        raise OutputError(f"{path} is no {what} of livecam, and would be lost: name another {place} with {option}")


def is_anothers(path: Path, is_ours: Callable[[bytes], bool]) -> bool:
    """Whether at path is a file that is not ours by its first 4096 bytes; an empty one is nobody's."""
    beginning = beginning_of(path)
    return beginning is None or bool(beginning and not is_ours(beginning))  # None: who may not read it knows nothing


def beginning_of(path: Path) -> bytes | None:
    """Return the first 4096 bytes of a file, none of what is no file; None if it cannot be read."""
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            return b""
        with path.open("rb") as file:
            return file.read(_BEGINNING)
    except OSError:
        return None
