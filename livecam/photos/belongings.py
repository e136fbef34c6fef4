"""Which files go where a photo goes: marks, edits and settings of programs, what a camera puts beside it, a live clip.

Programs name them NAME.EXT.* (darktable, digiKam, RawTherapee, DxO, Capture One, NX Studio, Google Takeout) or NAME.*
(Adobe, ON1, Canon, Apple), and darktable those of a duplicate NAME_01.EXT.xmp. NAME.EXT.* is the photo's whatever it
is, of NAME.* what is known. Of photos of one name that are not one, NAME.* is the raw file's, Apple's .AAE never.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from livecam.photos.capture_header import photo_header
from livecam.photos.capture_names import MOTION_SUFFIXES, folded, live_stems, rest_behind, root_of
from livecam.photos.discover import CLIP_SUFFIXES
from livecam.photos.folder_names import FolderNames
from livecam.photos.live_clips import LIVE_CLIP_SUFFIXES, LIVE_PHOTO_SUFFIXES, is_live_clip
from livecam.photos.live_pairs import clips_by_id
from livecam.photos.read import HEIC_SUFFIXES, PHOTO_SUFFIXES, RAW_SUFFIXES
from livecam.photos.takeout import takeout_files

PICTURE_SUFFIXES = PHOTO_SUFFIXES | CLIP_SUFFIXES | MOTION_SUFFIXES
# .acr: Adobe's masks; .afphoto, .kra, .xcf: edits; .arp: ART; .comask, .cos, .lcc: Capture One; .dop: DxO; .dr4, .vrd:
# Canon; .exv: exiv2; .mie: ExifTool; .nksc: Nikon; .photo-edit: Pixelmator; .rpp: Rawtherapee's old; .spd: SILKYPIX;
# .thm, .wav: a camera's thumbnail and voice memo.
_KINDS = frozenset((
    ".aae", ".acr", ".afphoto", ".arp", ".comask", ".cos", ".dop", ".dr4", ".exv", ".json", ".kra", ".lcc", ".md5",
    ".mie", ".nksc", ".on1", ".onphoto", ".photo-edit", ".pp3", ".rpp", ".sha256", ".spd", ".thm", ".ufraw",
    ".vrd", ".wav", ".xcf", ".xmp",
))  # fmt: skip
# NAME.EXT.* of these is not yet a file, or a gallery's page.
_OF_NO_PHOTO = frozenset(
    (".crdownload", ".download", ".filepart", ".htm", ".html", ".lock", ".part", ".partial", ".tmp")
)
_BACKUP = "_original"  # what ExifTool keeps of a file that it changes
_DUPLICATE = re.compile(r"_\d{2,3}(?=\.)")  # darktable's number of a duplicate
_APPLE = re.compile(r"(IMG_)(E?)(\d{4,}.*)", re.IGNORECASE)
_COUNTED = re.compile(r"(.+)(\(\d{1,3}\))")  # IMG_1234(1).HEIC, whose clip Google Takeout names IMG_1234.HEIC(1).MP4


def belongings(photo: Path, names: FolderNames | None = None) -> tuple[Path, ...]:
    """Return the files that go where photo goes, as far as they lie in its folder or a program's folder in that.

    names: of many photos, so that each folder is listed once. Other pictures of the same exposure are not among them.
    """
    names = names or FolderNames()
    folder = photo.parent
    found = [folder / name for name in names.beginning(folder, photo.stem) if _is_settings_of(photo, name, names)]
    found += [folder / name for name in _of_apple(photo, names)]
    for inner in names.settings_folders(folder):
        found += [inner / name for name in names.beginning(inner, photo.stem) if _is_of_file(photo, name, names)]
    found += takeout_files(photo, names)
    found += _live_clip(photo, names)
    return tuple(dict.fromkeys(found))


def settings_rest(photo: Path, name: str, names: FolderNames) -> str | None:
    """Return what follows photo's stem in the name of a file that holds its marks or settings, however it is named.

    None if name is no such file; whether another photo of that stem is its owner is not asked.
    """
    rest = rest_behind(name, photo.stem)
    if rest is None:
        return None
    suffix = folded(photo.suffix)
    if folded(rest).startswith(suffix + "."):
        return rest
    duplicate = _DUPLICATE.match(rest)
    if duplicate and folded(rest[duplicate.end() :]) == suffix + ".xmp" and not names.has(photo.with_name(name[:-4])):
        return rest
    # IMG_1.CR3.xmp beside IMG_1.JPG is settings of IMG_1.CR3, wherever that is.
    return rest if rest.startswith(".") and not is_picture(Path(name).stem) else None


def is_picture(name: str) -> bool:
    """Tell by its name whether a file is a photo or a clip."""
    return Path(name).suffix.lower() in PICTURE_SUFFIXES


def _is_settings_of(photo: Path, name: str, names: FolderNames) -> bool:
    """Whether name, in photo's folder, is a file of a known kind that is photo's, and not another photo's."""
    rest = settings_rest(photo, name, names)
    if rest is None:
        return False
    if folded(rest).startswith((folded(photo.suffix) + ".", folded(photo.suffix) + _BACKUP)):
        return _is_of_file(photo, name, names)
    if Path(name).suffix.lower() not in _KINDS or not rest.startswith("."):
        return Path(name).suffix.lower() in _KINDS
    return rest.count(".") == 1 and _is_owner(photo, name, names)


def _is_of_file(photo: Path, name: str, names: FolderNames) -> bool:
    """Whether name is NAME.EXT.* of just this photo: of IMG_1.jpg and img_1.jpg each has its own."""
    rest = rest_behind(name, photo.name)
    if rest is None or not (rest.startswith(".") or rest == _BACKUP):
        return False
    if is_picture(name) or Path(name).suffix.lower() in _OF_NO_PHOTO:
        return False
    own = name[: -len(rest)]
    return own == photo.name or not names.has(photo.with_name(own))


def _is_owner(photo: Path, name: str, names: FolderNames) -> bool:
    """Whether no picture beside photo has a better claim to NAME.*."""
    kind, stem = Path(name).suffix.lower(), Path(name).stem
    beside = names.beginning(photo.parent, photo.stem)
    rivals = [Path(other) for other in beside if is_picture(other) and folded(Path(other).stem) == folded(photo.stem)]
    claims = [_claim(rival, kind, stem) for rival in rivals]
    return _claim(photo, kind, stem) <= min(claims, default=(True, len(RAW_SUFFIXES)))


def _claim(picture: Path, kind: str, stem: str) -> tuple[bool, int]:
    """The smaller, the better is a picture's claim to stem + kind."""
    suffix = picture.suffix.lower()
    is_clip, order = suffix not in PHOTO_SUFFIXES, [True]
    if kind == ".aae":
        order = [suffix in HEIC_SUFFIXES, suffix not in RAW_SUFFIXES and not is_clip, not is_clip, True]
    elif kind == ".thm":
        order = [suffix in RAW_SUFFIXES, is_clip, True]
    else:
        order = [suffix in RAW_SUFFIXES, not is_clip, True]
    return picture.stem != stem, order.index(True)


def _of_apple(photo: Path, names: FolderNames) -> Iterator[str]:
    """The edits of IMG_1234: IMG_O1234.AAE; also of IMG_E1234, and IMG_1234.AAE, where only the edited one is left."""
    match = _APPLE.fullmatch(photo.stem)
    if match is None or photo.suffix.lower() in RAW_SUFFIXES - {".dng"} or is_clip_name(photo.name):
        return
    plain = match[1] + match[3]
    wanted = [f"{match[1]}O{match[3]}"]
    if match[2]:
        if any(is_picture(name) and folded(Path(name).stem) == folded(plain)
               for name in names.beginning(photo.parent, plain)):  # fmt: skip
            return
        wanted.append(plain)
    for stem in wanted:
        yield from (name for name in names.beginning(photo.parent, stem) if folded(name) == folded(stem + ".aae"))


def is_clip_name(name: str) -> bool:
    """Tell by its name whether a file is a clip."""
    return Path(name).suffix.lower() in CLIP_SUFFIXES | MOTION_SUFFIXES


def _live_clip(photo: Path, names: FolderNames) -> list[Path]:
    """The clip of a live photo, if photo is one; of a HEIC and a JPEG of one name the HEIC is."""
    suffix = photo.suffix.lower()
    if suffix not in LIVE_PHOTO_SUFFIXES:
        return []
    own = {folded(photo.stem), folded(root_of(photo.stem))}
    base = root_of(photo.stem)
    if match := _COUNTED.fullmatch(base):
        base = match[1]
    beside = names.beginning(photo.parent, base)
    if suffix not in HEIC_SUFFIXES and any(
        Path(name).suffix.lower() in HEIC_SUFFIXES and folded(Path(name).stem) in own for name in beside
    ):
        return []
    clips = [Path(name) for name in beside if Path(name).suffix.lower() in LIVE_CLIP_SUFFIXES]
    named = [photo.with_name(clip.name) for clip in clips if own.intersection(live_stems(clip))]
    for clip in sorted(named, key=lambda clip: len(clip.name)):
        if is_live_clip(clip, photo):
            return [clip]
    by_id = names.once(photo.parent, clips_by_id)
    clip_of_id = by_id.get(photo_header(photo).content_id) if by_id else None
    return [] if clip_of_id is None else [clip_of_id]
