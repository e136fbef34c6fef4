"""What a review has brought to folders, on the disk, so that it can be taken back, also after a new start."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from livecam.errors import OutputError
from livecam.photos.discover import printable
from livecam.storage.durable import replace_file
from livecam.storage.journal import Action, Journal, journals_in
from livecam.wording import counted

_DONE = {Action.COPY: "copied", Action.LINK: "linked", Action.MOVE: "moved"}


class ReviewTransfers:
    """The journals of one review's transfers, the last last. Used by one thread at a time."""

    def __init__(self, file: Path) -> None:
        """file: where they are written down; what it holds that is no list of paths is none."""
        self._file = file
        self._journals: list[Path] = []
        with contextlib.suppress(OSError, ValueError, TypeError, RecursionError):
            self._journals = [Path(path) for path in json.loads(file.read_bytes())]

    @contextlib.contextmanager
    def made_in(self, folder: Path) -> Iterator[None]:
        """Write down the transfers to folder that begin while this is entered, finished or not."""
        before = _journals_in(folder)
        try:
            yield
        finally:
            if new := [path for path in _journals_in(folder) if path not in before]:
                self._journals += new
                with contextlib.suppress(OSError):  # of a full disk: until the end of this livecam it is known
                    replace_file(self._file, json.dumps([str(path) for path in self._journals]).encode())

    @property
    def last(self) -> Journal | None:
        """The last one of which anything can be taken back; None if there is none."""
        for path in reversed(self._journals):
            with contextlib.suppress(OutputError):  # gone with its folder, or no journal any more
                if not (journal := Journal.read(path)).undone:
                    return journal
        return None


def in_words(journal: Journal) -> str:
    """Return what a transfer has done, such as "3 photos copied to keepers"."""
    count = len({step.photo for step in journal.steps})
    return f"{counted(count, 'photo')} {_DONE[journal.action]} to {printable(journal.path.parent)}"


def _journals_in(folder: Path) -> list[Path]:
    try:
        return [path.absolute() for path in journals_in(folder)]
    except OSError:  # it is not there yet
        return []
