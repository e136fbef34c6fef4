"""An archive's folder: opened, checked, and held by the one process that writes to it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from livecam.archive.manifest import Manifest, manifest_in, other_version, require_same
from livecam.archive.schema import (
    LOCK_NAME,
    MANIFEST_NAME,
    METADATA_VERSION,
    SCHEMA,
    SCHEMAS,
    SHARDS_NAME,
    SUFFIX,
    VERSION,
)
from livecam.archive.sound_rows import require_sound
from livecam.errors import ArchiveError
from livecam.photos.discover import printable
from livecam.storage import disk_errors
from livecam.storage.durable import replace_file, require_file_or_nothing

# What Arrow raises for a file that is damaged; a name in it that is no text is a ValueError.
_UNREADABLE = (pa.ArrowException, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that was checked. shards: its Parquet files, by name; each has one of ``schema.SCHEMAS``."""

    folder: Path
    manifest: Manifest
    shards: tuple[Path, ...]

    @property
    def shards_folder(self) -> Path:
        """Where its Parquet files lie."""
        return self.folder / SHARDS_NAME


def open_archive(folder: Path) -> Archive:
    """Return the archive in folder, to read. A process that writes may add to it meanwhile: that is not seen.

    Raises ArchiveError if there is none, or it is broken or another version's.
    """
    manifest = manifest_in(folder)
    if manifest is None:
        raise ArchiveError(
            f"{printable(folder)} is not an archive (no {MANIFEST_NAME} in it): make one with livecam archive"
        )
    return Archive(folder, manifest, _checked_shards(folder))


@contextlib.contextmanager
def writing(folder: Path, manifest: Manifest) -> Iterator[Archive]:
    """Hold the archive in folder for this process, and make it if there is none.

    manifest: of what is going to be written, which must be what is there. Raises ArchiveError if another process writes
    to it, if it was made by another scorer or with other settings, if it is broken, or cannot be written; or if folder
    holds other things.
    """
    if manifest_in(folder) is None and folder.exists() and not _is_free(folder):
        raise ArchiveError(f"{printable(folder)} holds other files and is not an archive: choose another --out")
    try:
        (folder / SHARDS_NAME).mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK_NAME, timeout=0)
        with _held(lock, folder):
            there = manifest_in(folder)  # once more: another process may have made it just now
            if there is None:
                there = manifest
                replace_file(folder / MANIFEST_NAME, there.to_json())
            require_same(folder, there, manifest)
            shards = _checked_shards(folder)
            if there.schema != VERSION:  # before the first shard is written that an earlier livecam cannot read
                there = replace(there, schema=VERSION)
                replace_file(folder / MANIFEST_NAME, there.to_json())
            yield Archive(folder, there, shards)
    except OSError as error:
        raise ArchiveError(disk_errors.explain("write an archive", folder, error)) from error


def shards_in(folder: Path) -> tuple[Path, ...]:
    """Return the places of all shards of the archive in folder, by name; they are not looked into."""
    places = (folder / SHARDS_NAME).glob(f"*{SUFFIX}")
    return tuple(sorted(place for place in places if not place.name.startswith(".")))


def read_shard(shard: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return the rows of a shard as ``SCHEMA`` has them, all columns if None. What an earlier version lacks is null.

    Raises ArchiveError if it is broken or cannot be read.
    """
    try:
        rows = pq.read_table(shard, columns=None if columns is None else list(columns), partitioning=None)
        require_sound(rows)
        rows = _as_now(rows)
    except _UNREADABLE as error:
        raise _broken(shard, error) from error
    return rows


def _as_now(rows: pa.Table) -> pa.Table:
    """Return rows of any version as this one's. Raises ArrowException."""
    if "faces" not in rows.column_names:
        return rows
    at, now = rows.schema.get_field_index("faces"), SCHEMA.field("faces")
    return rows.set_column(at, now, rows["faces"].cast(now.type))


@contextlib.contextmanager
def _held(lock: FileLock, folder: Path) -> Iterator[None]:
    try:
        lock.acquire()
    except Timeout:
        raise ArchiveError(
            f"another livecam archive writes to {printable(folder)}: wait until it has ended, or choose another --out"
        ) from None
    except NotImplementedError:  # a network's file system that knows no locks: better unguarded than not at all
        pass
    try:
        yield
    finally:
        lock.release()


def _is_free(folder: Path) -> bool:
    """Whether there is nothing in folder but what an archive that was just begun leaves."""
    if not folder.is_dir():
        return False
    ours = {LOCK_NAME, SHARDS_NAME}
    return all(entry.name in ours or entry.name.startswith(".livecam-") for entry in folder.iterdir())


def _checked_shards(folder: Path) -> tuple[Path, ...]:
    """The shards of the archive in folder. Raises ArchiveError about the first that is not to be used."""
    shards = shards_in(folder)
    for shard in shards:
        try:
            require_file_or_nothing(shard)
            schema = pq.read_schema(shard)
        except _UNREADABLE as error:
            raise _broken(shard, error) from error
        version = (schema.metadata or {}).get(METADATA_VERSION, b"none").decode("ascii", "replace")
        columns = next((columns for of, columns in SCHEMAS.items() if str(of) == version), None)
        if columns is None or not schema.remove_metadata().equals(columns):
            raise other_version(shard, version)
    return shards


def _broken(shard: Path, error: Exception) -> ArchiveError:
    said = (error.strerror if isinstance(error, OSError) else None) or str(error)
    cause = printable(" ".join(said.split())[:100].rstrip("."))
    return ArchiveError(
        f"{printable(shard)} is broken ({cause}): bring back a copy, or delete it and run livecam archive again, which"
        " scores anew what was in it"
    )
