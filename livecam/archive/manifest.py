"""What made an archive: the file ``archive.json`` in its folder, and what of it each shard bears."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from livecam import __version__
from livecam.archive.schema import MANIFEST_NAME, METADATA_SCORER, METADATA_VERSION, SCHEMAS
from livecam.errors import ArchiveError, ModelError
from livecam.photos.discover import printable
from livecam.storage.durable import require_file_or_nothing

_FORMAT = "livecam archive"
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


def scorer_hash(model: Path) -> str:
    """Return the SHA-256 of a scorer's file, hexadecimal, as a manifest has it. Raises ModelError if unreadable."""
    try:
        with model.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{printable(model)} cannot be read ({error.strerror}): check its permissions") from error


def metadata_of(manifest: Manifest) -> Mapping[bytes, bytes]:
    """Return what a shard of this archive has in its Parquet metadata."""
    return {METADATA_VERSION: str(manifest.schema).encode(), METADATA_SCORER: manifest.scorer.encode()}


def manifest_in(folder: Path) -> Manifest | None:
    """Return the manifest of the archive in folder; None if there is none. Raises ArchiveError if it is of no use."""
    path = folder / MANIFEST_NAME
    try:
        require_file_or_nothing(path)
        with path.open("rb") as file:
            manifest = Manifest.from_json(file.read(_LARGEST_MANIFEST))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        check = "its permissions" if isinstance(error, PermissionError) else "the path"
        raise ArchiveError(f"{printable(path)} cannot be read ({error.strerror}): check {check}") from error
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
        raise ArchiveError(
            f"{printable(path)} is broken or not livecam's: bring back a copy, or choose another --out"
        ) from None
    if manifest.schema not in SCHEMAS:
        raise other_version(folder, str(manifest.schema))
    return manifest


def require_same(folder: Path, there: Manifest, wanted: Manifest) -> None:
    """Raise ArchiveError if what is wanted does not fit what is there, in folder."""
    if there.scorer != wanted.scorer:
        raise ArchiveError(
            f"{printable(folder)} was scored by another scorer, whose scores do not compare: name it with --model, or"
            " choose another --out"
        )
    if (there.faces, there.min_side_px) != (wanted.faces, wanted.min_side_px):
        raise ArchiveError(
            f"{printable(folder)} was made with --faces {there.faces} at {there.min_side_px} pixels: use these, or"
            " choose another --out"
        )


def other_version(place: Path, version: str) -> ArchiveError:
    """Return what to say of an archive, or a shard, of a version that this livecam does not read."""
    return ArchiveError(
        f"{printable(place)} has schema {printable(version)}, this livecam ({__version__}) reads"
        f" {min(SCHEMAS)} to {max(SCHEMAS)}: use the livecam that made it, or score anew into another --out"
    )
