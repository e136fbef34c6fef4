"""What a watcher has said and marked, kept in the cache: a new one says nothing twice."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from livecam import model_files
from livecam.storage.durable import replace_file
from livecam.storage.folder_lock import key_of

_VERSION = 2


@dataclass(slots=True)
class Marked:
    """What was marked of a photo. key: as which it was.  files: sidecars that were made for it, and their SHA-256."""

    key: str
    files: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class WatchState:
    """By path: best_of: the best of the photo's group.  stamps: see ``watch.settle.Stamp``.  marked: see ``Marked``.

    said: hashes of the groups that were printed for programs.  failures: by what was done, the lines that were said and
    still hold.  begun: sidecars that were not there when marking began, for a run that is killed at it.
    """

    best_of: dict[str, str] = field(default_factory=dict)
    stamps: dict[str, list[int]] = field(default_factory=dict)
    marked: dict[str, Marked] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    failures: dict[str, list[str]] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)

    def save(self, folder: Path) -> None:
        """Keep it for the next watcher of folder. Raises OSError."""
        path = _path(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps({"version": _VERSION, **asdict(self)}).encode())


def load_state(folder: Path) -> WatchState:
    """What the last watcher of folder kept; nothing if there was none, or it cannot be read."""
    try:
        values: dict[str, Any] = json.loads(_path(folder).read_bytes())
        if values.pop("version") != _VERSION:
            return WatchState()
        values["marked"] = {path: Marked(**marked) for path, marked in values["marked"].items()}
        state = WatchState(**values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return WatchState()
    return state if _is_sound(state) else WatchState()


def _is_sound(state: WatchState) -> bool:
    """Whether all is of the kind that it is said to be."""
    marked = list(state.marked.values())
    dicts = (state.best_of, state.stamps, state.failures, *(one.files for one in marked))
    if not all(isinstance(one, dict) for one in dicts):
        return False
    texts_in = (state.said, state.begun, *state.failures.values())
    if not all(isinstance(one, list) for one in (*texts_in, *state.stamps.values())):
        return False
    files = (sha256 for one in marked for sha256 in one.files.values())
    texts = (
        *state.best_of.values(),
        *(one.key for one in marked),
        *files,
        *(text for some in texts_in for text in some),
    )
    numbers = (number for stamp in state.stamps.values() for number in stamp)
    return all(isinstance(text, str) for text in texts) and all(isinstance(number, int) for number in numbers)


def _path(folder: Path) -> Path:
    return model_files.cache_dir() / "watch" / f"{key_of(folder)}.json"
