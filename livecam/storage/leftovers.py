"""What a run that was killed has left of the picture that it was writing: recovered when whole, else cleared away.

While a picture is written its file is called ``.livecam-shot-HOST-PID.tmp``, so that the next run can tell whether
whoever wrote it is still at work. Where that cannot be told (another computer's, Windows), an hour must have passed.
"""

from __future__ import annotations

import io
import os
import platform
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image

from livecam.storage.durable import ABANDONED_S, move_without_overwriting

_NAME = re.compile(r"\.livecam-shot-(?P<host>[0-9A-Za-z_]*)-(?P<pid>\d{1,9})(-[0-9a-f]+)?\.tmp")
_LOADED_S = time.time()  # this process has written nothing before


@dataclass(frozen=True, slots=True)
class Leftovers:
    """recovered: whole pictures, where they are now.  cleared: how many torn ones were removed."""

    recovered: tuple[Path, ...] = ()
    cleared: int = 0


def temporary_name() -> str:
    """Return the name of the file that this process writes."""
    return f".livecam-shot-{_host()}-{os.getpid()}.tmp"


def picture_name(local: str, milliseconds: str) -> str:
    """Return a picture's name. local: its time as in EXIF, "2026:03:01 15:50:28".  milliseconds: "206"."""
    return f"livecam_{local.replace(':', '').replace(' ', '-')}-{milliseconds}.jpg"


def recover(folder: Path) -> Leftovers:
    """Look after what dead runs have left in folder. What cannot be read or removed is left alone."""
    recovered, cleared = [], 0
    for path in sorted(folder.glob(".livecam-shot-*.tmp")):
        match = _NAME.fullmatch(path.name)
        with suppress(OSError):
            if match is None or not _is_abandoned(path, match["host"], int(match["pid"])):
                continue
            name = _name_inside(path)
            if name is None:
                path.unlink()
                cleared += 1
            elif path.stat().st_nlink > 1:  # killed when the picture had its name already
                path.unlink()
            else:
                recovered.append(_move(path, folder / name))
    return Leftovers(tuple(recovered), cleared)


def _host() -> str:
    return re.sub(r"\W", "_", platform.node(), flags=re.ASCII)[:40]


def _is_abandoned(path: Path, host: str, pid: int) -> bool:
    if host == _host() and pid == os.getpid() and path.stat().st_ctime < _LOADED_S:
        return True  # of one that had the same number: in a container it is 1 again and again
    if os.name != "nt" and host == _host():
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        except OSError:  # somebody else's process
            pass
    status = path.stat()
    return time.time() - max(status.st_mtime, status.st_ctime) > ABANDONED_S


def _name_inside(path: Path) -> str | None:
    """Return the name that a whole picture was to get; None if it is torn."""
    data = path.read_bytes()
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            exif = image.getexif().get_ifd(ExifTags.IFD.Exif)
        tag = ExifTags.Base
        whole = data.endswith(b"\xff\xd9")
        return picture_name(exif[tag.DateTimeOriginal], exif[tag.SubsecTimeOriginal]) if whole else None
    except (OSError, SyntaxError, ValueError, KeyError):  # what Pillow raises of torn files
        return None


def _move(path: Path, wanted: Path) -> Path:
    target, number = wanted, 2
    while True:
        try:
            move_without_overwriting(path, target)
        except FileExistsError:
            target, number = wanted.with_stem(f"{wanted.stem}_{number:02d}"), number + 1
        else:
            return target
