"""Finds the photos that a list names, whichever system and program has spelled their paths.

Paths may be relative to the list's folder, or absolute; with slashes or backslashes, with ``.`` in them; with accents
composed or apart (macOS); in another case (Windows), where only one file can be meant; and addresses (file:///a%20b.jpg),
as file managers copy them.
"""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path, PurePosixPath
from urllib.parse import unquote


class NamedPhotos:
    """Photos that a list in folder names. Folders are read once: what appears later is not seen."""

    def __init__(self, folder: Path) -> None:
        """Borrow folder."""
        self._folder = folder
        self._root = Path(os.path.abspath(folder))  # noqa: PTH100  links must stay what they are
        self._names: dict[Path, dict[str, list[str]]] = {}

    def find(self, text: str) -> Path:
        """Return where the photo is that text names, or where it would be if it is not there.

        A photo in the folder is given below it, as the folder was. An absolute path whose file is gone may have been
        written before the folder was moved; then the end of the path decides.
        """
        text = without_scheme(text)
        given = self._folder / text
        if "\\" in text and not os.path.lexists(given):
            text = text.replace("\\", "/")
        parts = PurePosixPath(text).parts
        if not is_absolute(text):
            return self._below(self._folder, parts) or self._folder.joinpath(*parts)
        path = Path(os.path.normpath(text))
        there = self._below(Path(path.anchor), path.parts[1:]) if path.anchor else None
        if there is None and ".." not in parts:
            tails = (self._below(self._folder, parts[start:]) for start in range(1, len(parts)))
            there = next((tail for tail in tails if tail is not None), None)
        there = there or path
        for root, whole in ((self._root, there), (self._root.resolve(), there.parent.resolve() / there.name)):
            if whole.is_relative_to(root):
                return self._folder / whole.relative_to(root)
        return there

    def is_there(self, text: str) -> bool:
        """Whether the photo is there that text names."""
        return bool(text.strip()) and self.find(text.strip()).is_file()

    def _below(self, folder: Path, parts: tuple[str, ...]) -> Path | None:
        """The file at parts below folder; if it is not there as spelled, the only one that can be meant, or None."""
        whole = folder.joinpath(*parts)
        if os.path.lexists(whole):
            return whole
        path = folder
        for part in parts:
            if os.path.lexists(path / part):
                path /= part
                continue
            alike = self._alike(path, part)
            if alike is None:
                return None
            path /= alike
        return path

    def _alike(self, folder: Path, name: str) -> str | None:
        if folder not in self._names:
            names: dict[str, list[str]] = {}
            self._names[folder] = names
            try:
                for other in os.listdir(folder):  # noqa: PTH208  names alone
                    names.setdefault(_key(other), []).append(other)
            except OSError:
                pass  # no folder, or a closed one: nothing is found in it
        found = self._names[folder].get(_key(name), [])
        composed = unicodedata.normalize("NFC", name)
        same_case = [other for other in found if unicodedata.normalize("NFC", other) == composed]
        found = same_case or found
        return found[0] if len(found) == 1 else None


def without_scheme(text: str) -> str:
    """Return the path that an address of a file means; text itself if it is none."""
    if not text.lower().startswith("file://"):
        return text
    path = unquote(text[len("file://") :], errors="surrogateescape")
    path = path.removeprefix("localhost") if path.lower().startswith("localhost/") else path
    return path[1:] if path[2:3] == ":" else path  # file:///C:/a.jpg


def is_absolute(text: str) -> bool:
    """Whether text is an absolute path of Linux, macOS or Windows."""
    path = PurePosixPath(text.replace("\\", "/"))
    return path.is_absolute() or bool(path.parts and path.parts[0][1:2] == ":")


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
