"""What an archive holds already: a run goes on with the rest.

Of each photo 16 bytes are kept, so that ten million take 160 MB of memory.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from livecam.archive.folder import Archive, read_shard
from livecam.archive.rows import Listed

_Keys = npt.NDArray[np.uint64]
_COLUMNS = ("path", "size", "mtime_ns", "error")


class State(enum.Enum):
    """What an archive knows of a photo."""

    NEW = "it is not in it"
    SAME = "it is in it as it is"
    OTHER = "it is in it, but is to be scored anew"


class Known:
    """Tells which photos an archive holds."""

    def __init__(self, archive: Archive, *, retry: bool = False) -> None:
        """Read what archive holds. retry: photos that could not be read are to be tried again. Raises ArchiveError."""
        parts = [_keys_of(read_shard(shard, _COLUMNS), retry=retry) for shard in archive.shards]
        self._paths, self._states = _sorted(parts)
        self._fresh: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._paths) + len(self._fresh)

    def state(self, listed: Listed) -> State:
        """What is known of a photo."""
        path, state = _key(listed.path), _state_key(listed.size, listed.mtime_ns)
        if path in self._fresh:  # listed twice; should it have changed in between, the next run sees to it
            return State.SAME
        at = int(np.searchsorted(self._paths, np.uint64(path)))
        if at == len(self._paths) or int(self._paths[at]) != path:
            return State.NEW
        return State.SAME if int(self._states[at]) == state else State.OTHER

    def begin(self, listed: Listed) -> None:
        """From now on this photo counts as known: it is being scored."""
        self._fresh[_key(listed.path)] = _state_key(listed.size, listed.mtime_ns)

    def settle(self) -> None:
        """Pack what was begun."""
        if self._fresh:
            fresh = np.array(list(self._fresh), np.uint64), np.array(list(self._fresh.values()), np.uint64)
            there = ~np.isin(self._paths, fresh[0])
            self._paths, self._states = _sorted([(self._paths[there], self._states[there]), fresh])
            self._fresh.clear()


def _sorted(parts: Iterable[tuple[_Keys, _Keys]]) -> tuple[_Keys, _Keys]:
    empty = np.empty(0, np.uint64)
    paths, states = (np.concatenate([empty, *part]) for part in zip(*parts, strict=True)) if parts else (empty, empty)
    order = np.argsort(paths, kind="stable")
    return paths[order], states[order]


def _keys_of(rows: pa.Table, *, retry: bool) -> tuple[_Keys, _Keys]:
    paths = np.fromiter(map(_key, rows["path"].to_pylist()), np.uint64, len(rows))
    return paths, np.fromiter(_states_of(rows, retry=retry), np.uint64, len(rows))


def _states_of(rows: pa.Table, *, retry: bool) -> Iterator[int]:
    for size, mtime_ns, error in zip(*(rows[name].to_pylist() for name in _COLUMNS[1:]), strict=True):
        yield 0 if retry and error is not None else _state_key(size, mtime_ns)


def _key(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def _state_key(size: int | None, mtime_ns: int | None) -> int:
    return _key(f"{size} {mtime_ns}")
