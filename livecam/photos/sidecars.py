"""Which XMP sidecars a photo has.

Adobe's programs name a sidecar NAME.xmp and use it for raw photos only; darktable and digiKam name it NAME.EXT.xmp.
Of IMG_1.CR3 and IMG_1.JPG, IMG_1.xmp is the raw photo's. Case, and how accents are spelled, do not count where no other
picture is spelled as the sidecar is: systems and disks change both.
"""

from __future__ import annotations

from pathlib import Path

from livecam.photos.capture_names import folded
from livecam.photos.folder_names import FolderNames
from livecam.photos.on_disk import is_file
from livecam.photos.read import PHOTO_SUFFIXES, RAW_SUFFIXES

_XMP = ".xmp"


def sidecars(photo: Path, names: FolderNames | None = None) -> tuple[Path, ...]:
    """Return the sidecars that photo has, the one that names its type first.

    names: of many photos, so that each folder is listed once; it must be told what is written meanwhile.
    """
    names = names or FolderNames()
    of_file = [name for name in names.spelled(photo.with_name(photo.name + _XMP)) if _is_of_file(photo, name, names)]
    of_stem = [name for name in names.spelled(photo.with_name(photo.stem + _XMP)) if _is_of_stem(photo, name, names)]
    return tuple(dict.fromkeys(map(photo.with_name, (*of_file, *of_stem))))


def new_sidecar(photo: Path) -> Path:
    """Return where a sidecar goes for a photo that has none: where the most programs look for it."""
    return photo.with_suffix(_XMP) if _is_raw(photo) else photo.with_name(photo.name + _XMP)


def look_again(photo: Path, names: FolderNames) -> None:
    """Let names know of sidecars that other programs have written, or removed, since photo's folder was listed."""
    for path in sidecars(photo, names):
        if not is_file(path):
            names.forget(path)
    for stem in (photo.name, photo.stem):
        for path in (photo.with_name(stem + _XMP), photo.with_name(stem + _XMP.upper())):
            if not names.has(path) and is_file(path) and not any(map(path.samefile, sidecars(photo, names))):
                names.add(path)  # where case does not count, both spellings are one file


def _is_of_file(photo: Path, name: str, names: FolderNames) -> bool:
    """Whether NAME.EXT.xmp is photo's: of IMG_1.JPG and img_1.jpg each has its own."""
    own = name[: -len(_XMP)]
    return own == photo.name or not names.has(photo.with_name(own))


def _is_of_stem(photo: Path, name: str, names: FolderNames) -> bool:
    """Whether NAME.xmp is photo's: of the pictures that are spelled as it is, else of all, a raw file has it."""
    stem = name[: -len(_XMP)]
    pictures = [
        path
        for path in map(Path, names.beginning(photo.parent, stem))
        if path.suffix.lower() in PHOTO_SUFFIXES and folded(path.stem) == folded(stem)
    ]
    alike = [path for path in pictures if path.stem == stem]
    if alike and photo.stem != stem:
        return False
    return _is_raw(photo) or not any(map(_is_raw, alike or pictures))


def _is_raw(photo: Path) -> bool:
    return photo.suffix.lower() in RAW_SUFFIXES
