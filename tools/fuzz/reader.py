"""What a reader is: a function of bytes, whole inputs for it, and what of it counts as a crash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from livecam.errors import LivecamError

Read = Callable[[bytes, Path], None]
Seeds = Callable[[Path], list[bytes]]


@dataclass(frozen=True, slots=True)
class Reader:
    """seeds: whole inputs, made in a folder.  read: reads one, may write in that folder alone.

    It may raise ``LivecamError``, one line for a person; anything else is a crash.
    """

    seeds: Seeds
    read: Read


def is_crash(read: Read, data: bytes, folder: Path) -> Exception | None:
    """Read data; what was raised if it is a crash."""
    try:
        read(data, folder)
    except LivecamError:
        return None
    except Exception as error:  # noqa: BLE001  that is what is looked for
        return error
    return None


def written(path: Path, data: bytes) -> Path:
    """Write data to path, and return path."""
    path.write_bytes(data)
    return path
