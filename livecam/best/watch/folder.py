"""A folder as a watcher sees it: what is in it, when to look again, and whether it is there at all."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import watchfiles

from livecam.best.watch.settle import Stamp, stamp_of

# How often it is looked whether the folder is there, seconds, and how often through all of it, whatever events say:
# file systems and programs exist that tell nothing. Both set by hand.
_TICK_S = 1.0
_SURELY_S = 30.0
# Where the changes of other computers give no events here.
_NETWORKS = frozenset(("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "virtiofs", "vboxsf", "davfs"))


def is_there(folder: Path, disk: int | None = None) -> bool:
    """Whether the folder is there and can be read. disk: its device before; empty elsewhere, nothing is mounted."""
    try:
        with os.scandir(folder) as entries:
            empty = next(entries, None) is None
        return not (empty and disk is not None and folder.stat().st_dev != disk)
    except OSError:
        return False


def files_in(folder: Path, outside: Sequence[Path], *, recursive: bool) -> dict[Path, Stamp]:
    """All files but hidden ones and what lies outside. outside: folders and files that are not looked at."""
    left_out = {path.resolve() for path in outside}
    found: dict[Path, Stamp] = {}
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = [
            n for n in folders if recursive and not n.startswith(".") and (here / n).resolve() not in left_out
        ]
        for name in names:
            path = here / name
            if name.startswith(".") or (left_out and path.resolve() in left_out):
                continue
            with suppress(OSError):  # gone since, or a link to nowhere
                found[path] = stamp_of(path.stat())
    return found


def looks(folder: Path, disk: int, *, recursive: bool, poll: bool) -> Iterator[bool]:
    """Yield whenever there may be something to do, at least once a second: whether to look through the folder.

    Ends when the folder is gone; nothing is used meanwhile but what the system's events cost.
    """
    last_s = float("-inf")
    try:
        for changes in watchfiles.watch(
            folder,
            watch_filter=None,
            debounce=1000,
            step=100,
            rust_timeout=int(_TICK_S * 1000),
            yield_on_timeout=True,
            force_polling=poll or None,
            poll_delay_ms=1000,
            recursive=recursive,
            ignore_permission_denied=True,
        ):
            if not is_there(folder, disk):
                return
            now_s = time.monotonic()
            if surely := bool(changes) or now_s - last_s > _SURELY_S:
                last_s = now_s
            yield surely
    except (FileNotFoundError, OSError):
        return


def tells_nothing(folder: Path) -> bool:
    """Whether the folder lies where other computers write without events here; so far as Linux says."""
    try:
        mounts = Path("/proc/mounts").read_text(errors="replace").splitlines()
    except OSError:
        return False
    whole, best, kind = str(folder.resolve()), "", ""
    for line in mounts:
        _, place, found, *_ = line.split(" ")
        place = place.replace("\\040", " ")  # how it writes a space
        if (whole == place or whole.startswith(place.rstrip("/") + "/")) and len(place) >= len(best):
            best, kind = place, found
    return kind in _NETWORKS or kind.startswith("fuse.")
