"""Brings one file to a new place, in steps that may be cut off anywhere and begun again.

A copy gets its name only when it is whole and on the disk. A moved file has both names, or a copy that was compared
with it, before the old name goes. A link is a hard link; a symbolic one, to the absolute path, on another disk.
"""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from livecam.storage.durable import NO_LINKS, copy_durably, move_without_overwriting, same_bytes, sync_folder
from livecam.storage.journal import Action
from livecam.storage.write_through import Seen, seen


def transfer_file(action: Action, source: Path, here: Path, temporary: Path, *, resumed: bool) -> None:
    """Copy, link or move the file source to the name here, which is free.

    temporary: a name beside here to work at, the same at each try.  resumed: it may have been begun before and been cut
    off anywhere; then what is there already is taken into account. Raises OSError, and then source is as it was.
    """
    before = seen(source)
    there = os.path.lexists(here) and resumed
    if there and not os.path.lexists(source):
        return
    if there and here.stat().st_size == 0 < source.stat().st_size:
        here.unlink()  # cut off between taking the name and filling it, where there are no hard links
        there = False
    if there and not same_bytes(source, here):
        raise FileExistsError(errno.EEXIST, "another file has its name")
    temporary.unlink(missing_ok=True)
    if not there:
        make = {Action.COPY: _copy, Action.LINK: _link, Action.MOVE: _name_anew}[action]
        make(source, here, temporary)
    sync_folder(here.parent)
    if action is Action.MOVE:
        _remove(source, here, before)


def make_folders(top: Path, folder: Path) -> None:
    """Make folder, which is the folder top or lies below it; it lasts through a power cut. Raises OSError."""
    if folder != top and not folder.is_dir():
        make_folders(top, folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def remove_empty_folders(top: Path, folder: Path) -> None:
    """Remove folder and those above it, below top, as far as nothing is in them."""
    with contextlib.suppress(OSError):  # not empty
        while folder != top:
            folder.rmdir()
            folder = folder.parent


def _copy(source: Path, here: Path, temporary: Path) -> None:
    try:
        copy_durably(source, temporary)
        move_without_overwriting(temporary, here)
    finally:
        temporary.unlink(missing_ok=True)


def _link(source: Path, here: Path, temporary: Path) -> None:  # noqa: ARG001  one of three
    original = source.resolve()
    try:
        os.link(original, here)
    except OSError as error:
        if error.errno != errno.EXDEV and error.errno not in NO_LINKS:
            raise
        here.symlink_to(original)


def _name_anew(source: Path, here: Path, temporary: Path) -> None:
    """Give the file a second name; where there can be none, a copy on another disk, or the new name only."""
    try:
        os.link(source, here)
    except OSError as error:
        if error.errno in NO_LINKS:
            move_without_overwriting(source, here)
        elif error.errno == errno.EXDEV:
            if not os.access(source.parent, os.W_OK):  # a locked card: known before all of it is copied for nothing
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from error
            _copy(source, here, temporary)
            if not same_bytes(source, here):
                here.unlink()
                raise OSError(errno.EIO, "the copy differs from it: check the disk") from error
        else:
            raise


def _remove(source: Path, here: Path, before: Seen | None) -> None:
    """Take the old name away, unless another program has written to it since it was as before."""
    if (now := seen(source)) is not None and now != before:
        here.unlink()
        raise OSError(
            errno.EBUSY, "another program has just changed it, so it stays: run this again, or bring it yourself"
        )
    try:
        source.unlink(missing_ok=True)
    except OSError:
        if os.path.lexists(source):  # else a network has lost the answer, and here is all that is left
            here.unlink()
        raise
