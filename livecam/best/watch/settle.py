"""When the files of a folder are whole: pure bookkeeping, whose only clock is the time that it is told.

A file is whole once its size and times have stood still for a while, and with it all files of its family, those that
share the beginning of a name in one folder (raw, JPEG, sidecars, and what a download is called until it is done).
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

Stamp = tuple[int, int, int]  # size in bytes, time of the last change in ns, inode
_UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".download", ".filepart", "~")


def stamp_of(status: os.stat_result) -> Stamp:
    """Return what tells a file from another in its place."""
    return status.st_size, status.st_mtime_ns, status.st_ino


@dataclass(frozen=True, slots=True)
class SettleSettings:
    """Set by hand: cameras and networks pause within a file for some tenths of a second, programs make room first."""

    still_s: float = 2.0
    # An empty file may be a name that was taken before the bytes come; one that stays empty is a broken photo.
    empty_s: float = 30.0


class Settler:
    """Which files are whole."""

    def __init__(self, settings: SettleSettings | None = None) -> None:
        """Nothing was seen yet."""
        self._settings = settings or SettleSettings()
        self._seen: dict[Path, tuple[Stamp, float]] = {}
        self._whole: dict[Path, Stamp] = {}
        self._moving = False

    @property
    def whole(self) -> Mapping[Path, Stamp]:
        """The files that are whole, without those that are called unfinished."""
        return self._whole

    @property
    def moving(self) -> bool:
        """Whether any file is not whole yet: look again soon."""
        return self._moving

    def see(self, files: Mapping[Path, Stamp], now_s: float) -> None:
        """These files are there now. now_s: seconds of a clock that never goes back."""
        seen: dict[Path, tuple[Stamp, float]] = {}
        families: dict[Path, list[Path]] = defaultdict(list)
        for path, stamp in files.items():
            before = self._seen.get(path)
            seen[path] = before if before is not None and before[0] == stamp else (stamp, now_s)
            families[path.with_name(path.name.split(".", 1)[0])].append(path)
        self._seen, self._whole, self._moving = seen, {}, False
        for family in families.values():
            if all(self._stands_still(path, now_s) for path in family):
                self._whole |= {path: files[path] for path in family if not is_unfinished(path.name)}
            else:
                self._moving = True

    def _stands_still(self, path: Path, now_s: float) -> bool:
        stamp, since_s = self._seen[path]
        least_s = self._settings.still_s if stamp[0] or is_unfinished(path.name) else self._settings.empty_s
        return now_s - since_s >= least_s


def is_unfinished(name: str) -> bool:
    """Whether programs call a file so until it is whole."""
    return name.lower().endswith(_UNFINISHED) or name.startswith((".~", "~"))
