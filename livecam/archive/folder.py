"""An archive's folder: opened, checked, and held by the one process that writes to it."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from livecam import __version__
from livecam.archive.schema import (
    LOCK_NAME,
    MANIFEST_NAME,
    METADATA_SCORER,
    METADATA_VERSION,
    SCHEMA,
    SCHEMAS,
    SHARDS_NAME,
    SUFFIX,
    VERSION,
)
from livecam.archive.sound_rows import require_sound
from livecam.errors import ArchiveError, ModelError
from livecam.photos.discover import printable
from livecam.storage import disk_errors
from livecam.storage.durable import replace_file, require_file_or_nothing

_FORMAT = "livecam archive"
# What Arrow raises for a file that is damaged; a name in it that is no text is a ValueError.
_UNREADABLE = (pa.ArrowException, OSError, ValueError)
_LARGEST_MANIFEST = 1 << 16  # bytes; one takes some 200. Set by hand


@dataclass(frozen=True, slots=True)
class Manifest:
    """What made an archive, in ``archive.json``.

    schema: version of the columns.  scorer: SHA-256 of the scorer's file, hexadecimal: embeddings and scores of another
    one mean something else, so all rows are of one.  faces: the most that were looked for in a photo.  min_side_px: of
    the shorter side, at which photos were looked at.  livecam: version that began it.
    """

    schema: int
    scorer: str
    faces: int
    min_side_px: int
    livecam: str = __version__

    def to_json(self) -> bytes:
        """As the bytes of ``archive.json``."""
        return (json.dumps({"format": _FORMAT, **asdict(self)}, indent=1) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Undo ``to_json``. Raises KeyError, TypeError, ValueError, OverflowError or RecursionError on all else."""
        values = json.loads(data)
        if not isinstance(values, dict) or values["format"] != _FORMAT:
            raise ValueError("another format")
        return cls(
            schema=int(values["schema"]),
            scorer=str(values["scorer"]),
            faces=int(values["faces"]),
            min_side_px=int(values["min_side_px"]),
            livecam=str(values["livecam"]),
        )


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


def scorer_hash(model: Path) -> str:
    """Return the SHA-256 of a scorer's file, hexadecimal, as a manifest has it. Raises ModelError if unreadable."""
    try:
        with model.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{printable(model)} cannot be read ({error.strerror}): check its permissions") from error


def open_archive(folder: Path) -> Archive:
    """Return the archive in folder, to read. A process that writes may add to it meanwhile: that is not seen.

    Raises ArchiveError if there is none, or it is broken or another version's.
    """
    manifest = _manifest_in(folder)
    if manifest is None:
        raise ArchiveError(
            f"{_said(folder)} is not an archive (no {MANIFEST_NAME} in it): make one with livecam archive"
        )
    return Archive(folder, manifest, _checked_shards(folder))


@contextlib.contextmanager
def writing(folder: Path, manifest: Manifest) -> Iterator[Archive]:
    """Hold the archive in folder for this process, and make it if there is none.

    manifest: of what is going to be written, which must be what is there. Raises ArchiveError if another process writes
    to it, if it was made by another scorer or with other settings, if it is broken, or cannot be written; or if folder
    holds other things.
    """
    if _manifest_in(folder) is None and folder.exists() and not _is_free(folder):
        raise ArchiveError(f"{_said(folder)} holds other files and is not an archive: choose another --out")
    try:
        (folder / SHARDS_NAME).mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK_NAME, timeout=0)
        with _held(lock, folder):
            there = _manifest_in(folder)  # once more: another process may have made it just now
            if there is None:
                there = manifest
                replace_file(folder / MANIFEST_NAME, there.to_json())
            _require_same(folder, there, manifest)
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


def metadata_of(manifest: Manifest) -> Mapping[bytes, bytes]:
    """Return what a shard of this archive has in its Parquet metadata."""
    return {METADATA_VERSION: str(manifest.schema).encode(), METADATA_SCORER: manifest.scorer.encode()}


@contextlib.contextmanager
def _held(lock: FileLock, folder: Path) -> Iterator[None]:
    try:
        lock.acquire()
    except Timeout:
        raise ArchiveError(
            f"another livecam archive writes to {_said(folder)}: wait until it has ended, or choose another --out"
        ) from None
    except NotImplementedError:  # a network's file system that knows no locks: better unguarded than not at all
        pass
    try:
        yield
    finally:
        lock.release()


def _manifest_in(folder: Path) -> Manifest | None:
    """The manifest of the archive in folder; None if there is none. Raises ArchiveError if it is not to be used."""
    path = folder / MANIFEST_NAME
    try:
        require_file_or_nothing(path)
        with path.open("rb") as file:
            manifest = Manifest.from_json(file.read(_LARGEST_MANIFEST))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        check = "its permissions" if isinstance(error, PermissionError) else "the path"
        raise ArchiveError(f"{_said(path)} cannot be read ({error.strerror}): check {check}") from error
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
        raise ArchiveError(
            f"{_said(path)} is broken or not livecam's: bring back a copy, or choose another --out"
        ) from None
    if manifest.schema not in SCHEMAS:
        raise _other_version(folder, str(manifest.schema))
    return manifest


def _require_same(folder: Path, there: Manifest, wanted: Manifest) -> None:
    if there.scorer != wanted.scorer:
        raise ArchiveError(
            f"{_said(folder)} was scored by another scorer, whose scores do not compare: name it with --model, or"
            " choose another --out"
        )
    if (there.faces, there.min_side_px) != (wanted.faces, wanted.min_side_px):
        raise ArchiveError(
            f"{_said(folder)} was made with --faces {there.faces} at {there.min_side_px} pixels: use these, or choose"
            " another --out"
        )


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
            raise _other_version(shard, version)
    return shards


def _other_version(place: Path, version: str) -> ArchiveError:
    return ArchiveError(
        f"{_said(place)} has schema {printable(version)}, this livecam ({__version__}) reads"
        f" {' and '.join(map(str, SCHEMAS))}: use the livecam that made it, or score anew into another --out"
    )


def _broken(shard: Path, error: Exception) -> ArchiveError:
    said = (error.strerror if isinstance(error, OSError) else None) or str(error)
    cause = printable(" ".join(said.split())[:100].rstrip("."))
    return ArchiveError(
        f"{_said(shard)} is broken ({cause}): bring back a copy, or delete it and run livecam archive again, which"
        " scores anew what was in it"
    )


def _said(path: Path) -> str:
    return printable(path)
