"""Writing that lasts: a file exists whole or not at all, and none is ever overwritten by accident."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

# What a file system says when it knows no hard links (FAT, exFAT, some shares), or cannot sync a folder.
NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_CHUNK = 1 << 20
_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


def write_durably(path: Path, data: bytes) -> None:
    """Write a new file and wait until it is on the disk. Raises OSError; FileExistsError if there is one."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def move_without_overwriting(source: Path, target: Path) -> None:
    """Give source the name target. Raises FileExistsError if that name is taken, OSError.

    Killed halfway, the file has both names, or, where there are no hard links, target is empty and source whole.
    """
    if os.name == "nt":
        source.rename(target)  # Windows never overwrites on a rename
        return
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        target.open("xb").close()  # takes the name, so that nobody else can, until the picture replaces it
        try:
            source.replace(target)
        except OSError:
            target.unlink(missing_ok=True)
            raise
    else:
        source.unlink()


def copy_durably(source: Path, target: Path) -> None:
    """Copy the bytes, mode, times and extended attributes to a new file, and wait until the disk has them.

    Raises FileExistsError if target's name is taken, OSError.
    """
    with source.open("rb") as original, target.open("xb") as copy:
        shutil.copyfileobj(original, copy, _CHUNK)
        copy.flush()
        os.fsync(copy.fileno())
    shutil.copystat(source, target)


def same_bytes(one: Path, other: Path) -> bool:
    """Whether two files hold the same. Raises OSError."""
    if one.samefile(other):
        return True
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as first, other.open("rb") as second:
        while chunk := first.read(_CHUNK):
            if chunk != second.read(_CHUNK):
                return False
    return True


def sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a name beside path to write to; at the end the file there takes path's place, in one step.

    What was at path lends its mode, times and extended attributes; where the block fails, it stays as it was.
    """
    # Always the same name, so that what a killed run leaves is swept up by the next.
    beside = path.with_name(f".livecam-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:12]}.tmp")
    beside.unlink(missing_ok=True)
    try:
        yield beside
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        if path.exists():
            shutil.copystat(path, beside)
        beside.replace(path)
        sync_folder(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def explain(doing: str, folder: Path, error: OSError) -> str:
    """Return one line: that doing ("save pictures") in folder failed, why, and what to do."""
    known = {
        errno.ENOSPC: "the disk is full: free some space, or choose another folder with --out",
        errno.EDQUOT: "your quota is used up: free some space, or choose another folder with --out",
        errno.EROFS: "the disk is read-only: choose another folder with --out",
        errno.EACCES: "you may not write there: choose another folder with --out",
        errno.EPERM: "you may not write there: choose another folder with --out",
        errno.ENOENT: "the folder is gone: make it again, or choose another with --out",
        errno.EEXIST: "there is a file of that name: choose another folder with --out",
        errno.ENOTDIR: "part of that path is a file: choose another folder with --out",
    }
    otherwise = f"{error.strerror or error}: check the disk, or choose another folder with --out"
    return f"cannot {doing} in {folder}: {known.get(error.errno or 0, otherwise)}"


def why(error: OSError) -> str:
    """Say what the system refused, and what to do about it: the end of a line about a path."""
    known = {
        errno.ENOSPC: "the disk is full: free some space, or choose another folder",
        errno.EDQUOT: "your quota is used up: free some space, or choose another folder",
        errno.EROFS: "the disk is read-only: choose another folder",
        errno.EACCES: "you may not write there: change its permissions, or choose another folder",
        errno.EPERM: "you may not write there: change its permissions, or choose another folder",
        errno.ENOENT: "it is not there any more: check the path",
        errno.EEXIST: "there is a file of that name: choose another name",
        errno.ENOTDIR: "part of that path is a file: choose another folder",
        errno.EISDIR: "that is a folder: choose another name",
        errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
    }
    return known.get(error.errno or 0, f"{error.strerror or error}: check the disk")
