"""Writes shards: each whole or not at all, and no path in two of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from livecam.archive.folder import Archive, read_shard, shards_in
from livecam.archive.manifest import metadata_of
from livecam.archive.schema import SCHEMA, shard_name
from livecam.archive.settings import ArchiveSettings
from livecam.errors import ArchiveError
from livecam.storage import disk_errors
from livecam.storage.durable import replacing, sync_folder


class ShardWriter:
    """Gathers rows and writes them as shards.

    taken: rows that were added.  written: of them those in a shard.  failed: those with an error.  faces: in them.
    shards, bytes: files that were written, and their bytes.
    """

    def __init__(
        self, archive: Archive, settings: ArchiveSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """clock: seconds. The archive must be held by this process, see ``folder.writing``."""
        self._archive, self._settings, self._clock = archive, settings, clock
        self._waiting: list[pa.Table] = []
        self._since = clock()
        self.taken = self.written = self.failed = self.faces = 0
        self.shards = self.bytes = 0

    def add(self, rows: pa.Table) -> None:
        """Take rows; they are written with the next shard. Raises ArchiveError."""
        if not len(rows):
            return
        if not self._waiting:
            self._since = self._clock()
        self._waiting.append(rows)
        self.taken += len(rows)
        waiting = sum(map(len, self._waiting))
        if waiting >= self._settings.shard_rows or self._clock() - self._since >= self._settings.shard_s:
            self.flush()

    def flush(self) -> None:
        """Write what waits. Raises ArchiveError, and then it waits no longer."""
        if not self._waiting:
            return
        table = pa.concat_tables(self._waiting)
        self._waiting.clear()
        self.bytes += write_shard(self._archive, table)
        self.shards += 1
        self.written += len(table)
        self.failed += len(table) - table["error"].null_count
        self.faces += pc.sum(pc.list_value_length(table["faces"])).as_py() or 0

    def take_out(self, paths: Collection[str]) -> None:
        """Remove the rows of paths from the shards, before others of the same paths are written. Raises ArchiveError.

        Killed in between, these photos are in no shard and are scored again.
        """
        if not paths:
            return
        self.flush()
        wanted = pa.array(sorted(paths), pa.string())
        for shard in shards_in(self._archive.folder):
            out = pc.is_in(read_shard(shard, ["path"])["path"], value_set=wanted)
            if not pc.any(out).as_py():
                continue
            rest = read_shard(shard).filter(pc.invert(out))
            if len(rest):
                write_shard(self._archive, rest, shard)
            else:
                try:
                    shard.unlink()
                except OSError as error:
                    raise ArchiveError(disk_errors.explain("change a shard", self._archive.folder, error)) from error


def write_shard(archive: Archive, rows: pa.Table, place: Path | None = None) -> int:
    """Write rows as a shard, in the place of one or by a name of their own; return its bytes. Raises ArchiveError."""
    rows = rows.select(SCHEMA.names).sort_by("path").replace_schema_metadata(metadata_of(archive.manifest))
    if place is None:
        contents = zip(rows["path"].to_pylist(), rows["content_hash"].to_pylist(), strict=True)
        place = archive.shards_folder / shard_name(contents)
        while place.exists():  # one that was begun with these rows, which have moved away since
            place = place.with_name(shard_name([(place.name, None)]))
    try:
        with replacing(place) as beside:
            pq.write_table(rows, beside, compression="zstd")
        sync_folder(place.parent)
        return place.stat().st_size
    except OSError as error:  # pyarrow's own are of that kind, too
        raise ArchiveError(disk_errors.explain("write an archive", archive.folder, error)) from error
