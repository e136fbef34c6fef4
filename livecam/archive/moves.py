"""Photos that the archive knows under another path, or of another time: their rows follow them, nothing is scored.

Workers tell which these are, by the contents that ``Known.alike`` gave them.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from livecam.archive.folder import Archive, read_shard, shards_in
from livecam.archive.known import may_follow
from livecam.archive.plan import Found
from livecam.archive.rows import Listed, place_of
from livecam.archive.schema import SCHEMA
from livecam.archive.shards import ShardWriter, write_shard

_TOLD_BY = ("path", "path_bytes", "content_hash", "error", "judged_path")
_MOST = 20_000  # photos that wait to be followed: each time all shards are gone through. Set by hand.


@dataclass(frozen=True, slots=True)
class _Row:
    """Where a row stands. gone: no file is at its path now."""

    shard: Path
    path: str
    gone: bool


class Moves:
    """Gathers photos that the archive knows already, and has their rows follow them.

    A row whose file is gone gets the new path; one whose file is still there is copied. taken: photos that were spared
    the scoring.
    """

    def __init__(self, archive: Archive, writer: ShardWriter) -> None:
        """The archive must be held by this process, see ``folder.writing``."""
        self._archive, self._writer = archive, writer
        self._seen: list[tuple[Found, bytes]] = []
        self._held: list[pa.Table] = []
        self._unknown: list[Found] = []
        self._unsure = pa.array([], pa.string())
        self.taken = 0

    def begin(self, unsure: Collection[str]) -> None:
        """unsure: paths of photos that have a row, which may or may not still be right."""
        self._unsure = pa.array(sorted(unsure), pa.string())

    def see(self, photos: Sequence[Found], same: Sequence[tuple[str, bytes]]) -> None:
        """Take what a worker says of these photos, see ``Outcome.same``. Raises ArchiveError."""
        by_path = {photo.listed.path: photo for photo in photos}
        self._seen += [(by_path[path], content) for path, content in same]
        self._settle_if_many()

    def add(self, rows: pa.Table) -> None:
        """Take what was scored; the writer gets it, of photos that have a row once that is out. Raises ArchiveError."""
        unsure = pc.is_in(rows["path"], value_set=self._unsure)
        self._writer.add(rows.filter(pc.invert(unsure)))
        self._held.append(rows.filter(unsure))
        self._settle_if_many()

    def settle(self) -> list[Found]:
        """Have all rows follow, and return the photos that the archive does not know after all. Raises ArchiveError.

        Killed meanwhile, a row stands under its old path or the new one, or its photo is scored again.
        """
        seen, held = self._seen, pa.concat_tables([SCHEMA.empty_table(), *self._held])
        self._seen, self._held = [], []
        if seen or len(held):
            self._follow(seen, held)
        unknown, self._unknown = self._unknown, []
        return unknown

    def _settle_if_many(self) -> None:
        if len(self._seen) + sum(map(len, self._held)) >= _MOST:
            self._unknown = self.settle()

    def _follow(self, seen: Sequence[tuple[Found, bytes]], held: pa.Table) -> None:
        rows = self._rows_of({content for _, content in seen})
        moves: dict[Path, dict[str, Listed]] = defaultdict(dict)
        copies: dict[Path, list[tuple[str, Listed]]] = defaultdict(list)
        wrong = set(self._unsure.to_pylist()) & {*held["path"].to_pylist(), *(photo.listed.path for photo, _ in seen)}
        unknown = []
        for photo, content in seen:
            row, moved = _choice(photo.listed, rows.get(content, []), moves)
            if row is None:
                unknown.append(photo)
            elif moved:
                moves[row.shard][row.path] = photo.listed
                wrong.discard(row.path)
            else:
                copies[row.shard].append((row.path, photo.listed))
        # They are read before any row goes, and written when the wrong ones are gone: no path ever has two rows.
        copied = [_followed(read_shard(shard), of_shard) for shard, of_shard in copies.items()]
        self._writer.take_out(wrong)
        for shard, of_shard in moves.items():
            whole = read_shard(shard)
            rest = whole.filter(pc.invert(pc.is_in(whole["path"], value_set=pa.array(list(of_shard), pa.string()))))
            write_shard(self._archive, pa.concat_tables([rest, _followed(whole, list(of_shard.items()))]), shard)
        if copied:
            write_shard(self._archive, pa.concat_tables(copied))
        self._writer.add(held)
        self._unknown += unknown
        self.taken += len(seen) - len(unknown)

    def _rows_of(self, contents: Collection[bytes]) -> Mapping[bytes, Sequence[_Row]]:
        """Where the rows of these contents stand, in the order of shards and paths."""
        found: dict[bytes, list[_Row]] = defaultdict(list)
        wanted = pa.array(sorted(contents), pa.binary(32))
        for shard in shards_in(self._archive.folder) if contents else ():
            told = read_shard(shard, _TOLD_BY)
            told = told.filter(pc.and_(may_follow(told), pc.is_in(told["content_hash"], value_set=wanted)))
            for row in told.to_pylist():
                found[row["content_hash"]].append(_Row(shard, row["path"], _is_gone(place_of(row))))
        return found


def _choice(
    listed: Listed, rows: Sequence[_Row], moves: Mapping[Path, Mapping[str, Listed]]
) -> tuple[_Row | None, bool]:
    """Whose row a photo takes, and whether it takes it over: its own, one whose file is gone, else a copy of any."""
    for row in rows:
        if row.path == listed.path:
            return row, True
    for row in rows:
        if row.gone and row.path not in moves.get(row.shard, {}):
            return row, True
    return next(iter(rows), None), False


def _followed(rows: pa.Table, whose: Sequence[tuple[str, Listed]]) -> pa.Table:
    """The rows of some paths, each as that of another photo of the same content."""
    paths = rows["path"].to_pylist()
    places = {path: at for at, path in enumerate(paths)}
    taken = rows.take([places[path] for path, _ in whose]).select(SCHEMA.names)
    listed = [one for _, one in whose]
    values = {
        "path": [one.path for one in listed],
        "path_bytes": [one.path_bytes for one in listed],
        "source": [one.source for one in listed],
        "size": [one.size for one in listed],
        "mtime_ns": [one.mtime_ns for one in listed],
        "companions": [list(one.companions) for one in listed],
    }
    for name, of_all in values.items():
        at = SCHEMA.get_field_index(name)
        taken = taken.set_column(at, SCHEMA.field(name), pa.array(of_all, SCHEMA.field(name).type))
    return taken


def _is_gone(place: Path) -> bool:
    """Whether no file is there any more. Of an address nobody knows without asking."""
    return place.is_absolute() and not os.path.lexists(place)
