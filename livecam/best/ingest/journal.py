"""What was copied from cards into a folder: a line of JSON a file, appended to and never changed.

The journal says where a copy lies, never that it is whole: who asks reads the copy again.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

NAME = ".livecam-ingest.jsonl"


@dataclass(frozen=True, slots=True)
class Copied:
    """One file. name: below the folder it was copied to.  sha256: of it, hexadecimal.  source: its name on the card."""

    name: str
    sha256: str
    source: str


class IngestJournal:
    """The journal in a folder."""

    def __init__(self, folder: Path) -> None:
        """Read what is there; a line that a power cut tore is passed over. Raises OSError."""
        self._path = folder / NAME
        self._names: dict[str, list[str]] = defaultdict(list)
        self._torn = False
        if self._path.exists():
            self._read()

    def _read(self) -> None:
        data = self._path.read_bytes()
        self._torn = bool(data) and not data.endswith(b"\n")
        for line in data.splitlines():
            try:
                entry = json.loads(line)
                name = str(entry["name"])
                if _is_below(name):
                    self._names[str(entry["sha256"])].append(name)
            except (ValueError, KeyError, TypeError, RecursionError):
                continue

    def names_of(self, sha256: str) -> list[str]:
        """Where copies of these bytes were put, below the folder."""
        return list(self._names[sha256]) if sha256 in self._names else []

    def add(self, copied: Copied) -> None:
        """Write a line, and wait until the disk has it. Raises OSError."""
        values = {"name": copied.name, "sha256": copied.sha256, "source": copied.source}
        line = ("\n" if self._torn else "") + json.dumps(values) + "\n"
        with self._path.open("ab") as file:
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
        self._torn = False
        self._names[copied.sha256].append(copied.name)


def _is_below(name: str) -> bool:
    """Whether name is of a file below the folder: the journal may have come with it from elsewhere."""
    path = PurePosixPath(name)
    return bool(path.name) and "\0" not in name and not path.is_absolute() and ".." not in path.parts
