"""Which XMP sidecars a photo has.

Adobe's programs name a sidecar NAME.xmp and use it for raw photos only; darktable and digiKam name it NAME.EXT.xmp.
Of IMG_1.CR3 and IMG_1.JPG, IMG_1.xmp is the raw photo's.
"""

from __future__ import annotations

from pathlib import Path

from livecam.photos.folder_names import FolderNames
from livecam.photos.read import RAW_SUFFIXES


def sidecars(photo: Path, names: FolderNames | None = None) -> tuple[Path, ...]:
    """Return the sidecars that photo has, the one that names its type first.

    names: of many photos, so that each folder is listed once instead of asking the disk for every name; of no use once
    something was written.
    """
    by_stem = (photo.stem + ".xmp", photo.stem + ".XMP")
    wanted = [photo.name + ".xmp", photo.name + ".XMP", *by_stem]
    if names is None:
        found = _existing(photo, wanted)
    else:
        found = tuple(path for path in map(photo.with_name, wanted) if names.has(path))
    if _is_raw(photo) or not any(path.name in by_stem for path in found):
        return found  # most photos have none, and to look for the raw file takes forty looks at the disk
    return tuple(path for path in found if path.name not in by_stem) if _has_raw_twin(photo, names) else found


def new_sidecar(photo: Path) -> Path:
    """Return where a sidecar goes for a photo that has none: where the most programs look for it."""
    return photo.with_suffix(".xmp") if _is_raw(photo) else photo.with_name(photo.name + ".xmp")


def _is_raw(photo: Path) -> bool:
    return photo.suffix.lower() in RAW_SUFFIXES


def _has_raw_twin(photo: Path, names: FolderNames | None) -> bool:
    if names is not None:
        beside = map(photo.with_name, names.beginning(photo.parent, photo.stem))
        return any(_is_raw(other) and other.stem == photo.stem for other in beside)
    return any(photo.with_suffix(cased).exists() for suffix in RAW_SUFFIXES for cased in (suffix, suffix.upper()))


def _existing(photo: Path, names: list[str]) -> tuple[Path, ...]:
    found: list[Path] = []
    for path in map(photo.with_name, names):
        # Where case does not count, both spellings are one file.
        if path.is_file() and not any(path.samefile(other) for other in found):
            found.append(path)
    return tuple(found)
