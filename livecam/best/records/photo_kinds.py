"""Says which files a photo consists of: "raw + JPEG", "JPEG + live"."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from livecam.best.records.frame import FrameRecord
from livecam.photos.read import HEIC_SUFFIXES, PHOTO_SUFFIXES, RAW_SUFFIXES

_NAMES = {".jpg": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".jfif": "JPEG", ".tif": "TIFF", ".webp": "WebP"}


def kinds_of(record: FrameRecord) -> str:
    """Return the kinds of a photo's files, raw first, a live photo's clip last; "" for one file or a clip's frame."""
    if record.path is None or record.t_ms is not None or not record.companions:
        return ""
    own = _kind(record.path)
    kinds = Counter((own, *map(_kind, record.companions)))
    told = sorted(kinds, key=lambda kind: (kind != "raw", kind == "live", kind != own, kind))
    return " + ".join(kind if kinds[kind] == 1 else f"{kinds[kind]} {kind}" for kind in told)


def _kind(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix in RAW_SUFFIXES:
        return "raw"
    if suffix in HEIC_SUFFIXES:
        return "HEIC"
    return _NAMES.get(suffix, suffix[1:].upper()) if suffix in PHOTO_SUFFIXES else "live"
