"""The pictures that a browser may see: those of this run, by name, and nothing else that lies on the disk."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livecam.live.recent_shots import ActionResult, RecentShot
from livecam.serve.picture_thread import PictureSettings, encode
from livecam.storage.album import Shot

LISTED = 60  # set by hand: more than fit on a screen
_LARGEST = 200_000_000  # bytes
_THUMBNAIL = PictureSettings(longest=480, quality=80)


@dataclass(slots=True, eq=False)
class ServedShot:
    """A picture. shown: where it is now, and its rating.  thumbnail: JPEG, b"" once newer ones have pushed it out."""

    name: str
    shown: RecentShot
    thumbnail: bytes
    score: float | None
    eyes_closed: tuple[float, float] | None
    t_ms: float
    by_hand: bool
    deleted: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return what is told of it."""
        return {
            "name": self.name,
            "url": f"/shots/{self.name}",
            "thumbnail": f"/shots/{self.name}/thumbnail",
            "score": self.score,
            "eyes_closed": self.eyes_closed,
            "t_ms": self.t_ms,
            "by_hand": self.by_hand,
            "rating": self.shown.rating,
            "deleted": self.deleted,
        }


class LiveShots:
    """Those of this run. One thread adds and changes, any may read.

    folders: the only ones that a file is read from.
    """

    def __init__(self, folders: tuple[Path, ...]) -> None:
        """No picture was taken yet."""
        self._folders = folders
        self._shots: dict[str, ServedShot] = {}  # the oldest first

    def add(self, shot: Shot, shown: RecentShot) -> ServedShot:
        """Add the newest."""
        worst = shot.peak.worst
        score = round(worst.score.value, 3) if worst else None
        eyes = (
            (round(float(worst.score.eyes_closed[0]), 3), round(float(worst.score.eyes_closed[1]), 3))
            if worst
            else None
        )
        name = self._free_name(shot.path)
        thumbnail = encode(shot.peak.frame.image, _THUMBNAIL)
        added = ServedShot(name, shown, thumbnail, score, eyes, round(shot.peak.t_ms, 3), shot.manual)
        self._shots = {**self._shots, name: added}
        for old in list(self._shots.values())[:-LISTED]:
            old.thumbnail = b""
        return added

    def apply(self, result: ActionResult) -> ServedShot | None:
        """Take in what a person's action came to; None for a picture that is not of this run."""
        served = next((shot for shot in self._shots.values() if shot.shown is result.shot), None)
        if served is not None and result.event in {"deleted", "restored"}:
            served.deleted = result.event == "deleted"
        return served

    def find(self, name: str) -> ServedShot | None:
        """Return the picture of that name."""
        return self._shots.get(name)

    def listed(self) -> list[ServedShot]:
        """Return the newest that were not deleted, newest first."""
        return [shot for shot in reversed(self._shots.values()) if not shot.deleted][:LISTED]

    @property
    def deleted(self) -> int:
        """How many were deleted and not brought back."""
        return sum(shot.deleted for shot in self._shots.values())

    def read(self, shot: ServedShot) -> bytes | None:
        """Return the picture's file; None if there is none any more, or another thing has taken its place.

        A link is not followed, and what lies outside the folders is not read, whatever has been done to them since.
        """
        path = shot.shown.path
        folder = path.parent
        if not any(_inside(folder, root) for root in self._folders):
            return None
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            if path.is_symlink():
                return None
            descriptor = os.open(path, flags)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode) or about.st_size > _LARGEST:
                return None
            try:
                return file.read(_LARGEST)
            except OSError:
                return None

    def _free_name(self, path: Path) -> str:
        """The file's name; numbered where the spare folder has one of the same."""
        name, number = path.name, 1
        while name in self._shots:
            number += 1
            name = f"{path.stem}~{number}{path.suffix}"
        return name


def _inside(folder: Path, root: Path) -> bool:
    try:
        return folder.resolve(strict=True).is_relative_to(root.resolve(strict=True))
    except (OSError, RuntimeError):
        return False
