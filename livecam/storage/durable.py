"""Writing that lasts: a file exists whole or not at all, and none is ever overwritten by accident.

What is being written has a temporary name beside its own, ``.livecam-….tmp``, until all of it is on the disk. A run
that is killed leaves that file behind; the next write of the same thing removes it, an hour later at the earliest, for
it might be another process's that is still at work.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

# What a file system says when it knows no hard links (FAT, exFAT, some shares), or cannot sync a folder.
NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}
_CHUNK = 1 << 20
_NEW = ".livecam-new.tmp"
_NUMBERING = "-{}"  # what a number, from 2, looks like between stem and suffix
# A temporary file that nobody has written to for so long is a killed run's. Set by hand: far above the minute or two
# that livecam works on one without writing to it.
ABANDONED_S = 3600.0


def require_writable(folder: Path) -> None:
    """Make folder, with its parents, and prove that a file can be written there. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    with _temporary(folder / _NEW, _make_file) as probe:
        _fill(probe, b"livecam")
        probe.unlink()


def require_file_or_nothing(path: Path) -> None:
    """Raise OSError if something else is at path: to open a pipe would wait for ever."""
    if not path.name or path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        raise OSError(errno.ESPIPE, "it is no file", str(path))


def write_new(path: Path, data: bytes, *, numbering: str = _NUMBERING, temporary: Path | None = None) -> Path:
    """Write data to a new file at path or, if that name is taken, at the first free one with a number; return where.

    numbering: what a number, from 2, looks like between stem and suffix.  temporary: a name in path's folder that no
    other process uses, for those who keep others out of it.  Raises OSError, and then no new file is there.
    """
    with _temporary(temporary or path.with_name(_NEW), _make_file) as beside:
        _fill(beside, data)
        for name in _numbered(path, numbering):
            try:
                move_without_overwriting(beside, name)
            except FileExistsError:
                continue
            break
    try:
        sync_folder(path.parent)
    except OSError:
        name.unlink(missing_ok=True)
        raise
    return name


def find_written(path: Path, data: bytes) -> Path | None:
    """Return where ``write_new`` has written the same data before; None if nowhere. Raises OSError."""
    taken = itertools.takewhile(os.path.lexists, _numbered(path))
    return next((name for name in taken if name.is_file() and name.read_bytes() == data), None)


@contextlib.contextmanager
def replacing(path: Path, *, keep_times: bool = False, at_last: Callable[[], None] = lambda: None) -> Iterator[Path]:
    """Give an empty file beside path to write to; at the end it takes path's place, in one step.

    It gets the mode and extended attributes of the file that was there; keep_times: its times too. at_last: called when
    only that step is left. Where the block fails, or at_last, path stays as it was. Of two processes at once, the later
    one's file stays. Raises OSError, and then path is whole: as it was, or new where only the folder could not be
    synced. A device or a pipe is never replaced: root could take ``/dev/null`` from everybody.
    """
    require_file_or_nothing(path)
    with _temporary(_beside(path), _make_file) as beside:
        yield beside
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        if path.exists():
            shutil.copystat(path, beside)
            if not keep_times:
                os.utime(beside)
        at_last()
        beside.replace(path)
    sync_folder(path.parent)


def replace_file(
    path: Path, data: bytes, *, keep_times: bool = False, at_last: Callable[[], None] = lambda: None
) -> None:
    """Write data to path, whole or not at all, in place of what is there; see ``replacing``. Raises OSError."""
    with replacing(path, keep_times=keep_times, at_last=at_last) as beside:
        beside.write_bytes(data)


@contextlib.contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder beside path to fill; at the end it takes the place of path and of all that is in it.

    One process at a time. Where the block fails, path stays as it was. Killed between the two renames that this
    takes, nothing is at path, and the next call puts back what was there. Raises OSError.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    old = _beside(path).with_suffix(".old.tmp")
    if old.exists() and not path.exists():
        old.rename(path)
    shutil.rmtree(old, ignore_errors=True)
    with _temporary(_beside(path), Path.mkdir) as beside:
        yield beside
        for folder, _, names in os.walk(beside):
            for name in names:
                with Path(folder, name).open("rb+") as file:
                    os.fsync(file.fileno())
            sync_folder(Path(folder))
        if path.exists():
            path.rename(old)
        try:
            beside.rename(path)
        except OSError:
            if old.exists():
                old.rename(path)
            raise
    sync_folder(path.parent)
    shutil.rmtree(old, ignore_errors=True)


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
        _make_file(target)  # takes the name, so that nobody else can, until the file itself replaces it
        try:
            source.replace(target)
        except OSError:
            target.unlink(missing_ok=True)
            raise
    else:
        try:
            source.unlink()
        except OSError:
            target.unlink(missing_ok=True)
            raise


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
    """Make the new name last through a power cut, where the system can. Raises OSError."""
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


def _numbered(path: Path, numbering: str = _NUMBERING) -> Iterator[Path]:
    yield path
    for number in itertools.count(2):
        yield path.with_name(f"{path.stem}{numbering.format(number)}{path.suffix}")


def _beside(path: Path) -> Path:
    # Of a length of its own, so that no name is too long; always the same, so that a killed run's is found again.
    return path.with_name(f".livecam-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:12]}.tmp")


def _make_file(path: Path) -> None:
    with path.open("xb"):
        pass


def _fill(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def _temporary(usual: Path, make: Callable[[Path], None]) -> Iterator[Path]:
    """Make a temporary file or folder, for the block to move away; where the block fails, it is removed.

    At usual; or, while another process is at work there, under a name that nobody else has.
    """
    with contextlib.suppress(OSError):
        status = usual.stat()
        if time.time() - max(status.st_ctime, status.st_mtime) > ABANDONED_S:
            _remove(usual)
    path = usual
    try:
        make(path)
    except FileExistsError:
        path = usual.with_name(f"{usual.stem}-{secrets.token_hex(8)}.tmp")
        make(path)
    try:
        yield path
    except BaseException:
        with contextlib.suppress(OSError):  # moved already, or its folder is gone and it too
            _remove(path)
        raise


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
