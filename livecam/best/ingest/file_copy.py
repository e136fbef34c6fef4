"""Copies one file from a card: written under a temporary name, read back from the disk, and only then named."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path

from livecam.errors import OutputError, SourceError
from livecam.photos.discover import printable
from livecam.storage.disk_errors import why
from livecam.storage.durable import move_without_overwriting, sync_folder

_CHUNK = 1 << 20
_PREFIX = ".livecam-ingest-"
# Where this is missing (macOS, Windows), what is read back may come from memory.
CAN_DROP_CACHE = hasattr(os, "posix_fadvise")


class CardError(SourceError):
    """A file on the card cannot be read; the card itself may be gone."""


def hash_of(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal, read from the disk where the system lets us. Raises OSError."""
    with path.open("rb") as file:
        _drop_cache(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_on_card(path: Path) -> str:
    """As ``hash_of``, of a file on the card. Raises CardError."""
    try:
        return hash_of(path)
    except OSError as error:
        raise CardError(_unreadable(path, error)) from error


def copy_checked(source: Path, target: Path, sha256: str) -> None:
    """Copy source, whose bytes have this hash, to the new name target.

    Raises CardError where it cannot be read or reads differently from before, OutputError where the disk refuses or
    gives back other bytes, FileExistsError if target's name is taken; then nothing of it is at target.
    """
    beside = target.with_name(f"{_PREFIX}{target.name}.tmp")
    try:
        try:
            _write(source, beside, sha256)
            found = hash_of(beside)
            if found != sha256:
                raise OutputError(
                    f"{printable(target)} was written and reads back differently: the disk, its cable or the memory"
                    " is failing; nothing of it was kept: try another disk"
                )
            move_without_overwriting(beside, target)
        except FileExistsError:
            raise
        except OSError as error:
            raise OutputError(f"cannot copy to {printable(target)}: {why(error)}, and run it again") from error
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    with suppress(OSError):
        sync_folder(target.parent)


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed run had begun to copy. To be called while nobody else copies into folder. Raises OSError."""
    for place, _, names in os.walk(folder):
        for name in names:
            if name.startswith(_PREFIX) and name.endswith(".tmp"):
                beside = Path(place, name)
                target = Path(place, name.removeprefix(_PREFIX).removesuffix(".tmp"))
                # Without hard links the name is taken by an empty file first, see durable.move_without_overwriting.
                if beside.stat().st_size and target.is_file() and not target.stat().st_size:
                    target.unlink()
                beside.unlink()


def _write(source: Path, beside: Path, sha256: str) -> None:
    try:
        original = source.open("rb")
    except OSError as error:
        raise CardError(_unreadable(source, error)) from error
    read = hashlib.sha256()
    with original, beside.open("wb") as copy:
        while chunk := _read(original.fileno(), source):
            read.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    if read.hexdigest() != sha256:
        raise CardError(
            f"{printable(source)} read differently a second time: it is still being written, or the card or its reader"
            " is failing: run it again, with another reader if it stays so"
        )
    with suppress(OSError):  # times and rights are a convenience; some file systems take none
        shutil.copystat(source, beside)


def _read(descriptor: int, source: Path) -> bytes:
    try:
        return os.read(descriptor, _CHUNK)
    except OSError as error:
        raise CardError(_unreadable(source, error)) from error


def _unreadable(path: Path, error: OSError) -> str:
    return f"{printable(path)} cannot be read ({error.strerror}): is the card still there?"


def _drop_cache(descriptor: int) -> None:
    if CAN_DROP_CACHE:
        with suppress(OSError):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
