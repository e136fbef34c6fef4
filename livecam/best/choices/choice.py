"""What a person has chosen on the page of ``livecam best``, or in a list: data, from wherever it was read."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path

from livecam.best.choices.photo_identity import PhotoIdentity

FORMAT = 1  # of the page's choices file, see docs/architecture.md


class Flag(enum.Enum):
    """Whether a photo is wanted."""

    KEEP = "keep"
    REJECT = "reject"
    NEITHER = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is said of one photo, or of one frame of a clip.

    path: of the photo or clip.  t_ms: media time of the frame, None for a photo.  by_person: the flag is a person's;
    else livecam's, which the person left.  stars: by a person, 1..5, 0 none.  eyes_forgiven: closed eyes are meant to
    be.  live_photo: whose clip it is a frame of.  files: further files of the photo, as far as they were known.
    identity: what the photo is known again by; None in lists.
    """

    path: Path
    t_ms: float | None = None
    flag: Flag = Flag.NEITHER
    by_person: bool = False
    stars: int = 0
    eyes_forgiven: bool = False
    live_photo: Path | None = None
    files: tuple[Path, ...] = ()
    identity: PhotoIdentity | None = None


class Source(enum.Enum):
    """Where choices come from, in words."""

    PAGE = "choices"
    KEEPERS = "list of keepers"
    RATINGS = "list of ratings"


@dataclass(frozen=True, slots=True)
class Choices:
    """All choices of one file. file: which.  source: what it is; lists know the files of a photo by its name alone."""

    file: Path
    source: Source
    photos: tuple[Choice, ...]
