"""What an archive holds already: a run goes on with the rest.

Of each photo 24 bytes are kept, so that ten million take 240 MB of memory.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from livecam.archive.folder import Archive, read_shard
from livecam.archive.rows import Listed

_Keys = npt.NDArray[np.uint64]
_COLUMNS = ("path", "size", "mtime_ns", "error", "content_hash", "judged_path")
HASHED = 4  # bytes of a content's hash that are kept: a worker finds few by chance, and those are told by all of it
_MOST_ALIKE = 256  # set by hand; files without compression may all be of one size
_LOW = 0xFFFFFFFF


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
        self._paths, self._states = _sorted([part[:2] for part in parts])
        self._contents = np.sort(np.concatenate([np.empty(0, np.uint64), *(part[2] for part in parts)]))
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

    def alike(self, listed: Listed) -> bytes:
        """Of files of this size, the first HASHED bytes of each one's content_hash, one after the other.

        A photo that was moved, copied or only touched has one of these contents.
        """
        if listed.size is None:
            return b""
        least = (listed.size & _LOW) << 32
        first = int(np.searchsorted(self._contents, np.uint64(least)))
        behind = int(np.searchsorted(self._contents, np.uint64(least | _LOW), side="right"))
        found = self._contents[first : min(behind, first + _MOST_ALIKE)] & np.uint64(_LOW)
        return np.unique(found).astype(">u4").tobytes()

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


def may_follow(rows: pa.Table) -> pa.ChunkedArray:
    """Of rows with content_hash, error and judged_path: which tell of the very file that they name."""
    whole = pc.and_(pc.is_null(rows["error"]), pc.is_null(rows["judged_path"]))
    return pc.and_(whole, pc.is_valid(rows["content_hash"]))


def _sorted(parts: Iterable[tuple[_Keys, _Keys]]) -> tuple[_Keys, _Keys]:
    empty = np.empty(0, np.uint64)
    paths, states = (np.concatenate([empty, *part]) for part in zip(*parts, strict=True)) if parts else (empty, empty)
    order = np.argsort(paths, kind="stable")
    return paths[order], states[order]


def _keys_of(rows: pa.Table, *, retry: bool) -> tuple[_Keys, _Keys, _Keys]:
    paths = np.fromiter(map(_key, rows["path"].to_pylist()), np.uint64, len(rows))
    return paths, np.fromiter(_states_of(rows, retry=retry), np.uint64, len(rows)), _contents_of(rows)


def _contents_of(rows: pa.Table) -> _Keys:
    """Size and the beginning of the content's hash of what may be moved, 4 bytes each: one number, sorted by size."""
    there = rows.filter(may_follow(rows))
    there = there.filter(pc.is_valid(there["size"]))
    if not len(there):
        return np.empty(0, np.uint64)
    hashes = np.frombuffer(b"".join(there["content_hash"].to_pylist()), ">u4").reshape(len(there), -1)[:, 0]
    sizes = np.asarray(there["size"].to_numpy(), np.uint64) & np.uint64(_LOW)
    return np.asarray(sizes << np.uint64(32) | hashes, np.uint64)


def _states_of(rows: pa.Table, *, retry: bool) -> Iterator[int]:
    for size, mtime_ns, error in zip(*(rows[name].to_pylist() for name in _COLUMNS[1:4]), strict=True):
        yield 0 if retry and error is not None else _state_key(size, mtime_ns)


def _key(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def _state_key(size: int | None, mtime_ns: int | None) -> int:
    return _key(f"{size} {mtime_ns}")
