"""What a person chooses in the browser, on the disk at once: appended to one file, so that nothing said is ever lost.

A line is what is said of one picture now, and what was said before: all of it can be undone, also after a new start. A
line that a power cut has torn is passed over, and the next begins on a line of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import platformdirs

from livecam.best.choices.choice import Flag
from livecam.errors import OutputError
from livecam.storage.disk_errors import why

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says of one picture. flag: None where they left livecam's.  stars: 1..5, 0 none.

    forgiven: its closed eyes are meant to be.
    """

    flag: Flag | None = None
    stars: int = 0
    forgiven: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {**asdict(self), "flag": None if self.flag is None else self.flag.value}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Word:
        """Undo ``as_json``. Raises KeyError, TypeError or ValueError on anything else."""
        stars, forgiven = values["stars"], values["forgiven"]
        if isinstance(stars, bool) or stars not in range(6) or not isinstance(forgiven, bool):
            raise ValueError(values)
        return cls(None if values["flag"] is None else Flag(values["flag"]), stars, forgiven)


def reviews_dir() -> Path:
    """Return the folder of journals in the user's data, or the one that LIVECAM_REVIEWS names; it may not exist yet."""
    named = os.environ.get("LIVECAM_REVIEWS")
    return Path(named) if named else Path(platformdirs.user_data_dir("livecam", appauthor=False)) / "reviews"


def journal_of(names: Sequence[str]) -> Path:
    """Return the journal of what is chosen in names, what a person named to be looked at; the same each time."""
    whole = [os.fsencode(os.path.abspath(name)) for name in names]  # noqa: PTH100  links stay what they are
    name = hashlib.sha256(b"\0".join(sorted(whole))).hexdigest()[:32]
    return reviews_dir() / f"{name}.jsonl"


class ReviewJournal:
    """One file of choices, read when it is opened.

    said: what is said of each picture, by its key; where nothing is said any more there is no word.  ever_said: the
    keys of all that anything was said of.  undoable: the keys and words before of what can be undone, the last last.
    """

    def __init__(self, path: Path) -> None:
        """Raises OutputError where it can be neither read nor made."""
        self.path = path
        self.said: dict[str, Word] = {}
        self.ever_said: set[str] = set()
        self.undoable: list[tuple[str, Word]] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            data = path.read_bytes() if path.exists() else b""
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600)
        except OSError as error:
            raise OutputError(f"cannot keep what you choose in {path}: {why(error)}") from error
        self._torn = bool(data) and not data.endswith(b"\n")
        for line in data.splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
                self._replay(json.loads(line))

    def word(self, key: str) -> Word:
        """Return what is said of a picture."""
        return self.said.get(key, Word())

    def say(self, key: str, word: Word) -> None:
        """Say this of a picture from now on; it is on the disk when this returns. Raises OutputError."""
        before = self.word(key)
        self._write({"key": key, "was": before.as_json(), "now": word.as_json()})
        self._set(key, word)
        self.undoable.append((key, before))

    def undo(self) -> str | None:
        """Take the last word back, and return of which picture; None if there is none. Raises OutputError."""
        if not self.undoable:
            return None
        key, before = self.undoable[-1]
        self._write({"key": key, "was": self.word(key).as_json(), "now": before.as_json(), "undo": True})
        self.undoable.pop()
        self._set(key, before)
        return key

    def close(self) -> None:
        """Keep nothing any more. May be called again."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    def _replay(self, values: Mapping[str, Any]) -> None:
        key, was, now = str(values["key"]), Word.from_json(values["was"]), Word.from_json(values["now"])
        if values.get("undo"):
            if self.undoable:
                self.undoable.pop()
        else:
            self.undoable.append((key, was))
        self._set(key, now)

    def _set(self, key: str, word: Word) -> None:
        self.ever_said.add(key)
        self.said.pop(key, None)
        if word != Word():
            self.said[key] = word

    def _write(self, values: Mapping[str, Any]) -> None:
        line = json.dumps({"livecam_review": _FORMAT, **values}).encode() + b"\n"
        try:
            if os.write(self._file, b"\n" + line if self._torn else line) < len(line):
                self._torn = True
                raise OutputError(f"cannot keep what you choose in {self.path}: the disk is full")
            self._torn = False
            os.fsync(self._file)
        except OSError as error:
            raise OutputError(f"cannot keep what you choose in {self.path}: {why(error)}") from error
