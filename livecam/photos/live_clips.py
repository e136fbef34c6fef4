"""Whether a clip is the moving part of a live photo: Apple's identifier must fit, else name, length and time.

A film that happens to bear a photo's name is a clip of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from livecam.photos.capture_header import ClipHeader, PhotoHeader, clip_header, photo_header
from livecam.photos.read import HEIC_SUFFIXES

LIVE_CLIP_SUFFIXES = frozenset((".mov", ".mp4", ".mp", ".mv"))
LIVE_PHOTO_SUFFIXES = HEIC_SUFFIXES | {".jpg", ".jpeg", ".dng"}


@dataclass(frozen=True, slots=True)
class LiveClipSettings:
    """What is taken for a live photo's clip. All set by hand."""

    # A longer clip is a film, milliseconds. Phones record 3 s.
    max_ms: float = 6000.0
    # The clip begins before the picture and its header may be written after it, seconds.
    max_apart_s: float = 30.0
    # A file cannot be older than what it shows; clocks and zones differ by less than this, seconds.
    older_s: float = 86_400.0


_SETTINGS = LiveClipSettings()
_ZONES_S = (-12.5 * 3600, 14.5 * 3600)  # how far local time is from UTC, seconds
_ZONE_STEP_S, _HOUR_S = 900, 3600


def is_live_clip(
    clip: Path,
    photo: Path,
    *,
    header: PhotoHeader | None = None,
    surely: bool = False,
) -> bool:
    """Whether clip, whose name fits, can be the moving part of photo. header: of photo, where it is known already.

    Where both bear Apple's identifier, that alone decides. What is not known speaks for it: many programs write neither
    length nor time. surely: then it speaks against it.
    """
    of_clip = clip_header(clip)
    if of_clip.content_id:
        header = header or photo_header(photo)
        if header.content_id:
            return of_clip.content_id == header.content_id
    if of_clip.length_ms is not None and of_clip.length_ms > _SETTINGS.max_ms:
        return False
    captured = (header or photo_header(photo)).captured
    if surely and (captured is None or of_clip.created is None or of_clip.length_ms is None):
        return False
    step_s = _HOUR_S if surely else _ZONE_STEP_S
    return captured is None or _time_fits(clip, of_clip, photo, captured, step_s)


def _time_fits(clip: Path, of_clip: ClipHeader, photo: Path, captured: datetime, step_s: float) -> bool:
    if of_clip.created is not None:
        # Some cameras write their own clock's time where UTC should stand, and a photo's time may be without its zone.
        clocks_s = [(_as_utc(captured) - of_clip.created).total_seconds()]
        if captured.tzinfo is not None:
            clocks_s.append((captured.replace(tzinfo=UTC) - of_clip.created).total_seconds())
        elif _ZONES_S[0] <= clocks_s[0] <= _ZONES_S[1]:
            clocks_s.append(clocks_s[0] - round(clocks_s[0] / step_s) * step_s)
        return any(abs(apart_s) <= _SETTINGS.max_apart_s for apart_s in clocks_s)
    written, of_photo = _written(clip), _written(photo)
    if written is None or of_photo is None:
        return True
    older = timedelta(seconds=_SETTINGS.older_s)
    if written - _as_utc(captured) < -older:
        return False
    # Where the photo still has the time at which it was taken, so would its clip.
    return abs(of_photo - _as_utc(captured)) > older or abs(written - of_photo) <= older


def _written(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return None


def _as_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
